import { IDocumentManager } from '@jupyterlab/docmanager';
import * as React from 'react';

import { chooseNotebook } from '../run/choose';
import { Algorithm } from '../model';
import { DataField } from './data';
import { Draft } from './draft';
import { Field } from './field';
import { HyperparameterTable, RequiredHyperparameters } from './hyperparameters';
import { ParametersOf } from './parameters';
import { InstanceSelect } from './pickers';
import { S3Input } from './s3input';
import { HYPERPARAMETERS, IMAGE, OUTPUT, algorithmOf, channelUri, contentType, setChannel, takeAlgorithm } from './training';

const NOTEBOOK = 'notebook';

/** What a training job needs, in the order in which people think of it. */
export function TrainingFirst(props: { draft: Draft; manager: IDocumentManager | null }): JSX.Element {
  const { draft, manager } = props;
  const { studio, catalogue } = draft;
  const { trans } = studio;
  const image = draft.text(IMAGE);
  const algorithm = algorithmOf(image, catalogue.algorithms);
  const [own, setOwn] = React.useState(Boolean(image) && !algorithm);

  const choose = (name: string) => {
    const found = catalogue.algorithms.find(each => each.name === name);
    setOwn(!found);
    if (found) {
      takeAlgorithm(draft, found);
    } else {
      draft.replace({ ...draft.request, [HYPERPARAMETERS]: {}, AlgorithmSpecification: { TrainingInputMode: 'File' } });
    }
  };
  const browse = async () => {
    const path = manager && (await chooseNotebook(manager, trans));
    if (path) {
      draft.set(IMAGE, path);
    }
  };
  const also = ['objective', 'num_class', 'num_classes'].filter(name => draft.text([HYPERPARAMETERS, name]));
  return (
    <>
      <Field
        id="studio-algorithm"
        label={trans.__('Algorithm')}
        required
        problem={own ? '' : draft.problem(IMAGE)}
        help={own ? trans.__('Hyperparameters become the parameters of your notebook.') : algorithm && algorithm.words !== title(algorithm.name) ? algorithm.words : ''}
      >
        {control => (
          <select
            className="jp-mod-styled"
            value={own ? NOTEBOOK : (algorithm?.name ?? '')}
            onChange={event => choose(event.target.value)}
            {...control}
          >
            {catalogue.algorithms.map(({ name }) => (
              <option key={name} value={name}>
                {title(name)}
              </option>
            ))}
            <option value={NOTEBOOK}>{trans.__('A notebook of mine')}</option>
          </select>
        )}
      </Field>
      {own && (
        <Field id="studio-image" label={trans.__('Notebook')} required problem={draft.problem(IMAGE)}>
          {control => (
            <span className="jp-StudioForm-joined">
              <input
                type="text"
                className="jp-mod-styled"
                placeholder="folder/mine.ipynb"
                value={image}
                onChange={event => draft.set(IMAGE, event.target.value)}
                {...control}
              />
              <button type="button" className="jp-mod-styled" disabled={!manager} onClick={() => void browse()}>
                {trans.__('Browse…')}
              </button>
            </span>
          )}
        </Field>
      )}
      {own && <ParametersOf draft={draft} image={image} />}
      <DataField key={algorithm?.name ?? NOTEBOOK} draft={draft} algorithm={algorithm} id="studio-train" />
      {algorithm && <Validation draft={draft} algorithm={algorithm} />}
      {algorithm && <RequiredHyperparameters draft={draft} algorithm={algorithm} also={also} />}
      {algorithm && <HyperparameterTable draft={draft} algorithm={algorithm} />}
      <Field
        id="studio-output"
        label={trans.__('Output')}
        required
        problem={draft.problem(OUTPUT)}
        help={trans.__('Model and notebook go here. A bucket that does not exist yet is made.')}
      >
        {control => (
          <S3Input studio={studio} folder value={draft.text(OUTPUT)} onChange={uri => draft.set(OUTPUT, uri)} {...control} />
        )}
      </Field>
      <Field
        id="studio-instance"
        label={trans.__('Instance type')}
        problem={draft.problem(['ResourceConfig', 'InstanceType'])}
      >
        {control => (
          <InstanceSelect
            draft={draft}
            value={draft.text(['ResourceConfig', 'InstanceType'])}
            onChange={value => draft.set(['ResourceConfig', 'InstanceType'], value)}
            {...control}
          />
        )}
      </Field>
    </>
  );
}

function Validation({ draft, algorithm }: { draft: Draft; algorithm: Algorithm }): JSX.Element {
  const { trans } = draft.studio;
  const uri = channelUri(draft, 'validation');
  return (
    <Field
      id="studio-validation"
      label={trans.__('Validation data')}
      help={uri ? '' : trans.__('Optional: rows that are not learnt from, to measure how good the model is.')}
    >
      {control => (
        <S3Input
          studio={draft.studio}
          value={uri}
          onChange={value => setChannel(draft, 'validation', value, contentType(value, algorithm.contentTypes))}
          {...control}
        />
      )}
    </Field>
  );
}

/** An algorithm's name for people: `XGBoost`, `Linear learner`. */
function title(name: string): string {
  const plain = name.replace(/[-_]/g, ' ');
  return plain === 'xgboost' ? 'XGBoost' : plain.charAt(0).toUpperCase() + plain.slice(1);
}
