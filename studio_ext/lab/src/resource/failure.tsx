import * as React from 'react';

import { CommandIDs } from '../commands';
import { IDesk } from '../desk';
import { advice } from './advice';
import { ResourceModel } from './model';
import { JobNotebook } from './notebook';

const SOURCE = 12; // lines of the cell, and of its traceback, that are shown
const TRACE = 8;

/** Why a job failed: the reason, the cell, and what to change. */
export function FailureCard(props: { desk: IDesk; model: ResourceModel; notebook: JobNotebook }): JSX.Element {
  const { desk, model, notebook } = props;
  const { trans } = desk.studio;
  const reason = String(model.resource!.fields.FailureReason ?? '');
  const { failure } = notebook;
  const place = { kind: model.noun, name: model.name };
  const run = (command: string) => () => void desk.commands.execute(command, place);
  return (
    <section className="jp-StudioPage-failure" aria-label={trans.__('Why it failed')}>
      <p className="jp-StudioPage-reason">{reason || failure?.error || trans.__('It failed without a reason.')}</p>
      <p>{advice(reason, trans)}</p>
      {failure ? (
        <>
          <h2>{trans.__('Cell %1', failure.index + 1)}</h2>
          <pre>{clipped(failure.source.split('\n'), SOURCE).join('\n')}</pre>
          <pre className="jp-StudioPage-traceback">{failure.traceback.slice(-TRACE).join('\n')}</pre>
        </>
      ) : null}
      <p className="jp-StudioPage-buttons">
        {notebook.path ? (
          <button className="jp-Studio-button jp-mod-primary" onClick={run(CommandIDs.openNotebook)}>
            {failure ? trans.__('Open at the failing cell') : trans.__('Open notebook')}
          </button>
        ) : null}
        {notebook.path ? (
          <button className="jp-Studio-button" onClick={run(CommandIDs.reopen)}>
            {trans.__('Mend in a copy')}
          </button>
        ) : null}
        <button className="jp-Studio-button" onClick={run(CommandIDs.clone)}>
          {trans.__('Clone with changes')}
        </button>
      </p>
    </section>
  );
}

function clipped(lines: string[], most: number): string[] {
  return lines.length > most ? [...lines.slice(0, most), '…'] : lines;
}
