import * as React from 'react';

import { parseUri } from '../s3';
import { Algorithm } from '../model';
import { Prepared, isReady, likelyTarget, parse, prepare, taskOf } from './csv';
import { Draft } from './draft';
import { Drop } from './drop';
import { Field } from './field';
import { Preview, Source } from './preview';
import { S3Input, defaultBucket, ensureBucket } from './s3input';
import { CHANNELS, channelIndex, channelUri, contentType, hasTarget, setChannel, setTask } from './training';

const LARGEST = 100_000_000; // bytes of a table that is looked at in the browser
const FEWEST = 40; // rows from which some are held out

/** The data of a training job: a file of one's own, or a place in S3. */
export function DataField(props: { draft: Draft; algorithm?: Algorithm; id: string }): JSX.Element {
  const { draft, algorithm, id } = props;
  const { studio } = draft;
  const { trans, s3 } = studio;
  const [source, setSource] = React.useState<Source | null>(null);
  const [target, setTarget] = React.useState(0);
  const [holdOut, setHoldOut] = React.useState(true);
  const [prepared, setPrepared] = React.useState<Prepared | null>(null);
  const [progress, setProgress] = React.useState<number | null>(null);
  const [problem, setProblem] = React.useState('');
  const types = algorithm?.contentTypes ?? ['text/csv'];
  const uri = channelUri(draft, 'train');
  const index = channelIndex(draft, 'train');

  const put = async (key: string, body: Blob, channel: string) => {
    const bucket = await defaultBucket(studio);
    await ensureBucket(studio, `s3://${bucket}/`);
    await s3.upload(bucket, key, body, setProgress);
    setChannel(draft, channel, `s3://${bucket}/${key}`, contentType(key, types));
  };
  const attempt = async (work: () => Promise<void>) => {
    setProblem('');
    setProgress(0);
    try {
      await work();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setProgress(null);
  };
  const folder = () => `datasets/${draft.text([draft.nameField]) || 'data'}`;

  /** Sends the table as the algorithm reads it. */
  const send = ({ name, table }: Source, column: number, hold: boolean) =>
    attempt(async () => {
      const found = prepare(table, column, hold && table.rows.length >= FEWEST, trans);
      const csv = (text: string) => new Blob([text], { type: 'text/csv' });
      const stem = name.replace(/\.[^.]*$/, '');
      await put(`${folder()}/train/${stem}.csv`, csv(found.train), 'train');
      if (found.validation) {
        await put(`${folder()}/validation/${stem}.csv`, csv(found.validation), 'validation');
      } else if (channelUri(draft, 'validation').includes(folder())) {
        setChannel(draft, 'validation', '');
      }
      setPrepared(found);
      if (algorithm) {
        setTask(draft, algorithm, found.classes);
      }
    });

  const look = async (name: string, body: Blob, upload: boolean) => {
    setPrepared(null);
    setSource(null);
    const known = algorithm && hasTarget(algorithm) && /\.(csv|tsv|txt)$/i.test(name) && body.size <= LARGEST;
    const table = known ? parse(await body.text()) : null;
    if (table && table.rows.length && table.rows[0].length > 1) {
      const found = { name, table };
      const column = likelyTarget(table);
      setSource(found);
      setTarget(column);
      if (upload || !isReady(table, column)) {
        await send(found, column, holdOut);
      } else {
        setTask(draft, algorithm!, taskOf(table, column).classes);
      }
    } else if (upload) {
      await attempt(() => put(`${folder()}/train/${name}`, body, 'train'));
    }
  };
  const lookInS3 = async (chosen: string) => {
    const place = parseUri(chosen);
    setSource(null);
    setPrepared(null);
    setChannel(draft, 'train', chosen, contentType(chosen, types));
    if (place && algorithm && /\.csv$/i.test(place.key)) {
      await attempt(async () => {
        const body = await s3.get(place.bucket, place.key);
        await look(place.key.replace(/^.*\//, ''), body, false);
      });
    }
  };
  const again = (column: number, hold: boolean) => {
    setTarget(column);
    setHoldOut(hold);
    if (source) {
      void send(source, column, hold);
    }
  };

  return (
    <Field
      id={id}
      label={trans.__('Training data')}
      required={Boolean(algorithm)}
      problem={problem || draft.problem([CHANNELS, index]) || (index < 0 ? draft.problem([CHANNELS]) : '')}
      help={uri ? '' : trans.__('A CSV with one row for each example. Names in the first row are fine.')}
    >
      {control => (
        <>
          <Drop trans={trans} take={taken => void look(taken.name, taken, true)} />
          <S3Input
            studio={studio}
            {...control}
            value={uri}
            onChange={value =>
              /\.csv$/i.test(value) && value !== uri
                ? void lookInS3(value)
                : setChannel(draft, 'train', value, contentType(value, types))
            }
          />
          {uri && (
            <label className="jp-StudioForm-inline">
              {trans.__('Content type')}
              <select
                className="jp-mod-styled"
                value={draft.text([CHANNELS, index, 'ContentType'])}
                onChange={event => setChannel(draft, 'train', uri, event.target.value)}
              >
                {[...new Set([...types, draft.text([CHANNELS, index, 'ContentType'])])].filter(Boolean).map(type => (
                  <option key={type}>{type}</option>
                ))}
              </select>
            </label>
          )}
          {progress !== null && <progress value={progress} aria-label={trans.__('Upload')} />}
          {source && (
            <Preview
              draft={draft}
              source={source}
              target={target}
              holdOut={holdOut}
              prepared={prepared}
              onChange={again}
            />
          )}
        </>
      )}
    </Field>
  );
}
