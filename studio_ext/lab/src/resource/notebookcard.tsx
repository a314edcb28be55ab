import * as React from 'react';

import { CommandIDs } from '../commands';
import { IDesk } from '../desk';
import { JobNotebook } from './notebook';
import { ResourceModel } from './model';
import { Section } from './section';

/** How far the notebook is, a way into it, and its first picture. */
export function NotebookCard(props: {
  desk: IDesk;
  model: ResourceModel;
  notebook: JobNotebook;
}): JSX.Element {
  const { desk, model, notebook } = props;
  const { trans } = desk.studio;
  const { progress } = model;
  const open = () =>
    void desk.commands.execute(CommandIDs.openNotebook, { kind: model.noun, name: model.name });
  return (
    <Section title={trans.__('Notebook')}>
      {progress && !model.isOver ? (
        <p className="jp-StudioPage-cell" aria-live="polite">
          {trans.__('cell %1 of %2 running', Math.max(1, progress.cell), progress.of)}
          <progress max={progress.of} value={progress.cell} aria-label={trans.__('Cells')} />
        </p>
      ) : null}
      {notebook.path ? (
        <p className="jp-StudioPage-buttons">
          <button className="jp-Studio-button jp-mod-primary" onClick={open}>
            {trans.__('Open notebook')}
          </button>
        </p>
      ) : (
        <p className="jp-StudioPage-empty">
          {model.isOver ? trans.__('It left no notebook.') : trans.__('Not begun yet.')}
        </p>
      )}
      {notebook.picture ? (
        <button className="jp-StudioPage-picture" onClick={open} title={trans.__('Open notebook')}>
          <img src={notebook.picture} alt={trans.__('The first picture in the notebook')} />
        </button>
      ) : null}
    </Section>
  );
}
