import * as React from 'react';

import { NotebookParameters } from '../model';
import { ParameterField } from '../run/field';
import { onWire, plain } from '../run/parameter';
import { Draft } from './draft';
import { HYPERPARAMETERS } from './training';

/** The parameters of the notebook that a training job runs, as it declares them. */
export function ParametersOf({ draft, image }: { draft: Draft; image: string }): JSX.Element | null {
  const { studio } = draft;
  const { trans } = studio;
  const [notebook, setNotebook] = React.useState<NotebookParameters | null>(null);
  React.useEffect(() => {
    let gone = false;
    setNotebook(null);
    if (image.endsWith('.ipynb')) {
      studio.server.notebook(image.replace(/^s3:\/\//, 'studio:buckets/')).then(
        found => !gone && setNotebook(found),
        () => undefined // while a path is typed it is often wrong; Create says why
      );
    }
    return () => {
      gone = true;
    };
  }, [image]);
  if (!notebook?.parameters.length) {
    return null;
  }
  return (
    <fieldset className="jp-StudioForm-set">
      <legend>{trans.__('Parameters')}</legend>
      {notebook.parameters.map(parameter => {
        const path = [HYPERPARAMETERS, parameter.name];
        const initial = plain(parameter);
        return (
          <ParameterField
            key={parameter.name}
            trans={trans}
            parameter={parameter}
            value={draft.at(path) === undefined ? initial : draft.text(path)}
            problem={draft.problem(path)}
            onChange={text => draft.set(path, text === initial ? undefined : onWire(parameter, text))}
          />
        );
      })}
    </fieldset>
  );
}
