import { JSONObject, JSONValue } from '@lumino/coreutils';

import { Algorithm } from '../model';
import { Draft } from './draft';
import { Path } from './request';

/** Members of CreateTrainingJob that the first screen shows; the rest of the form leaves them out. */
export const IMAGE: Path = ['AlgorithmSpecification', 'TrainingImage'];
export const OUTPUT: Path = ['OutputDataConfig', 'S3OutputPath'];
export const CHANNELS = 'InputDataConfig';
export const HYPERPARAMETERS = 'HyperParameters';

const BEGIN: Record<string, string> = { num_round: '100', predictor_type: 'regressor' };

const TYPES: [RegExp, RegExp][] = [
  [/\.csv(\.gz)?$/i, /csv/],
  [/\.(libsvm|svm|svmlight)$/i, /libsvm/],
  [/\.(parquet|pq)$/i, /parquet/],
  [/\.(pbr|rec|recordio|protobuf)$/i, /protobuf/],
  [/\.(png|jpe?g)$/i, /image/]
];

/** The content type that a file's name stands for, among those the algorithm reads. */
export function contentType(name: string, types: string[]): string {
  const meant = TYPES.find(([pattern]) => pattern.test(name));
  return (meant && types.find(type => meant[1].test(type))) ?? types[0] ?? 'text/csv';
}

/** The algorithm of an image, whatever its region and tag; undefined for a notebook. */
export function algorithmOf(image: string, algorithms: Algorithm[]): Algorithm | undefined {
  const repository = (uri: string) => uri.replace(/[:@][^/]*$/, '').replace(/^.*\//, '');
  return image.endsWith('.ipynb')
    ? undefined
    : algorithms.find(each => each.image === image || repository(each.image) === repository(image));
}

/** Takes an algorithm; hyperparameters that it does not know go. */
export function takeAlgorithm(draft: Draft, algorithm: Algorithm): void {
  const kept: JSONObject = {};
  for (const { name, required, default: initial } of algorithm.hyperparameters) {
    const given = draft.text([HYPERPARAMETERS, name]);
    const begin = required ? (BEGIN[name] ?? String(initial ?? '')) : '';
    if (given || begin) {
      kept[name] = given || begin;
    }
  }
  const request: JSONObject = { ...draft.request, [HYPERPARAMETERS]: kept };
  const specification = (request.AlgorithmSpecification ?? {}) as JSONObject;
  request.AlgorithmSpecification = { TrainingInputMode: 'File', ...specification, TrainingImage: algorithm.image };
  draft.replace(request);
}

/** Where a channel is in the request; -1 when it is not. */
export function channelIndex(draft: Draft, name: string): number {
  const channels = draft.at([CHANNELS]);
  return Array.isArray(channels)
    ? channels.findIndex(each => (each as JSONObject).ChannelName === name)
    : -1;
}

export function channelUri(draft: Draft, name: string): string {
  const index = channelIndex(draft, name);
  return index < 0 ? '' : draft.text([CHANNELS, index, 'DataSource', 'S3DataSource', 'S3Uri']);
}

/** Puts a channel's data in; an empty place takes the channel out. */
export function setChannel(draft: Draft, name: string, uri: string, type?: string): void {
  const channels = ((draft.at([CHANNELS]) ?? []) as JSONObject[]).slice();
  const index = channelIndex(draft, name);
  if (!uri) {
    if (index >= 0) {
      channels.splice(index, 1);
    }
  } else {
    const old = channels[index] ?? {};
    const channel: JSONObject = {
      ...old,
      ChannelName: name,
      ...(type ? { ContentType: type } : {}),
      DataSource: {
        S3DataSource: { S3DataType: 'S3Prefix', S3DataDistributionType: 'FullyReplicated', S3Uri: uri }
      }
    };
    if (index < 0) {
      channels.push(channel);
    } else {
      channels[index] = channel;
    }
  }
  draft.set([CHANNELS], channels.length ? (channels as JSONValue) : undefined);
}

/** Whether an algorithm learns one column from the others, so that a table begins with it. */
export function hasTarget(algorithm: Algorithm): boolean {
  return algorithm.hyperparameters.some(({ name }) => name === 'objective' || name === 'predictor_type');
}

/** Chooses what is learnt: numbers or classes, as the algorithm calls it. */
export function setTask(draft: Draft, algorithm: Algorithm, classes: string[] | null): void {
  const knows = (name: string) => algorithm.hyperparameters.some(each => each.name === name);
  const given = { ...((draft.at([HYPERPARAMETERS]) ?? {}) as JSONObject) };
  const put = (name: string, value: string) => {
    if (knows(name)) {
      if (value) {
        given[name] = value;
      } else {
        delete given[name];
      }
    }
  };
  const count = classes?.length ?? 0;
  put('objective', count > 2 ? 'multi:softmax' : count ? 'binary:logistic' : 'reg:squarederror');
  put('num_class', count > 2 ? String(count) : '');
  const kinds = count ? [count > 2 ? 'multiclass_classifier' : 'binary_classifier', 'classifier'] : ['regressor'];
  const known = algorithm.hyperparameters.find(({ name }) => name === 'predictor_type')?.enum ?? [];
  put('predictor_type', kinds.find(each => known.includes(each)) ?? '');
  put('num_classes', count > 2 ? String(count) : '');
  draft.set([HYPERPARAMETERS], given);
}
