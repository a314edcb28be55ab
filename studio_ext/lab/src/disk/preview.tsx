import { Dialog, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { complain } from '../complain';
import { size } from '../format';
import { Clearing } from './clearing';

const SHOWN = 500;
const SHOWN_IN_DIALOG = 20;

/** Exactly what goes, and the button that lets it go. */
export function Preview({ model }: { model: Clearing }): JSX.Element {
  const { trans } = model.studio;
  const { jobs, part, progress } = model;
  const names = [
    ...jobs.map(job => trans.__('%1 %2 (%3)', job.kind, job.name, size(job.bytes))),
    ...(part?.objects ?? []).map(({ key, size: bytes }) => `s3://${part!.bucket}/${key} (${size(bytes)})`)
  ];
  const clear = async () => {
    const answer = await showDialog({
      title: trans.__('Delete %1 things?', names.length),
      body: <Going names={names} bytes={model.bytes} model={model} />,
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })]
    });
    if (answer.button.accept) {
      const failures = await model.clear();
      if (failures.length) {
        complain(trans.__('%1 could not be deleted. %2', failures.length, failures[0]));
      }
    }
  };
  return (
    <footer className="jp-StudioForm-footer">
      <button
        type="button"
        className="jp-mod-styled jp-mod-warn"
        disabled={!names.length || progress !== null}
        onClick={() => void clear()}
      >
        {trans.__('Delete…')}
      </button>
      {progress !== null && <progress value={progress} aria-label={trans.__('Deleting')} />}
      <details className="jp-StudioDisk-preview">
        <summary>
          {names.length
            ? trans.__('%1 things, %2, would go', names.length, size(model.bytes))
            : part
              ? trans.__('Nothing is below s3://%1/%2', part.bucket, part.prefix)
              : trans.__('Nothing is chosen')}
        </summary>
        <ul>
          {names.slice(0, SHOWN).map(name => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      </details>
    </footer>
  );
}

function Going({ names, bytes, model }: { names: string[]; bytes: number; model: Clearing }): JSX.Element {
  const { trans } = model.studio;
  return (
    <div>
      <p>{trans.__('%1 are freed. This cannot be undone.', size(bytes))}</p>
      <ul className="jp-StudioDisk-going">
        {names.slice(0, SHOWN_IN_DIALOG).map(name => (
          <li key={name}>{name}</li>
        ))}
        {names.length > SHOWN_IN_DIALOG && <li>{trans.__('and %1 more', names.length - SHOWN_IN_DIALOG)}</li>}
      </ul>
    </div>
  );
}
