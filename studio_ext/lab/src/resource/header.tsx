import { MenuSvg, ellipsesIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { offers } from '../actions';
import { CommandIDs } from '../commands';
import { IDesk } from '../desk';
import { ago, duration, when } from '../format';
import { useNow } from '../hooks';
import { Status, statusWords } from '../status';
import { ResourceModel } from './model';

/** Name, status and what can be done. */
export function Header({ desk, model }: { desk: IDesk; model: ResourceModel }): JSX.Element {
  const { studio, commands } = desk;
  const { trans, locale } = studio;
  const resource = model.resource!;
  const { kind, status, created, fields } = resource;
  const place = { kind: kind.noun, name: model.name };
  const stopping = React.useRef(false);
  const second = String(fields.SecondaryStatus ?? '');
  const canStop = kind.runs && offers(resource, 'stop') && !model.gone;
  return (
    <header className="jp-StudioPage-header">
      <h1 title={resource.arn}>{resource.name}</h1>
      {status && !model.gone ? <Status status={status} trans={trans} word /> : null}
      {model.gone ? <span className="jp-StudioPage-gone">{trans.__('deleted')}</span> : null}
      {second && second !== status && !model.gone ? (
        <span className="jp-StudioPage-second">{statusWords(second, trans)}</span>
      ) : null}
      <Elapsed model={model} />
      <span className="jp-StudioPage-kind">{kind.words}</span>
      {created ? (
        <span className="jp-StudioPage-kind" title={when(created, locale)}>
          {ago(created, locale)}
        </span>
      ) : null}
      <span className="jp-StudioPage-actions">
        {canStop ? (
          <button
            className="jp-Studio-button jp-mod-warn"
            onClick={async () => {
              if (!stopping.current) {
                stopping.current = true;
                await commands.execute(CommandIDs.stop, place);
                stopping.current = false;
              }
            }}
          >
            {trans.__('Stop')}
          </button>
        ) : null}
        {kind.operations.create ? (
          <button className="jp-Studio-button" onClick={() => void commands.execute(CommandIDs.clone, place)}>
            {trans.__('Clone')}
          </button>
        ) : null}
        <button
          className="jp-Studio-button jp-mod-icon"
          aria-haspopup="menu"
          aria-label={trans.__('More actions')}
          title={trans.__('More actions')}
          onClick={event => openMenu(desk, model, event.currentTarget)}
        >
          <ellipsesIcon.react tag="span" aria-hidden="true" />
        </button>
      </span>
    </header>
  );
}

function openMenu({ commands }: IDesk, model: ResourceModel, button: HTMLElement): void {
  const menu = new MenuSvg({ commands });
  const { kind } = model.resource!;
  const args = { kind: kind.noun, name: model.name };
  if (kind.runs) {
    menu.addItem({ command: CommandIDs.openNotebook, args });
    menu.addItem({ command: CommandIDs.reopen, args });
    menu.addItem({ command: CommandIDs.openDirectory, args });
    if (!model.isOver) {
      menu.addItem({ command: CommandIDs.attachConsole, args });
    }
    menu.addItem({ type: 'separator' });
  }
  menu.addItem({ command: CommandIDs.copyArn, args: { ...args, arn: model.resource!.arn } });
  if (offers(model.resource!, 'delete')) {
    menu.addItem({ type: 'separator' });
    menu.addItem({ command: CommandIDs.remove, args });
  }
  menu.aboutToClose.connect(() => {
    button.focus();
    window.setTimeout(() => menu.dispose());
  });
  const { left, bottom } = button.getBoundingClientRect();
  menu.open(left, bottom);
}

/** How long a job has been at it, or was. */
function Elapsed({ model }: { model: ResourceModel }): JSX.Element | null {
  const running = !model.isOver && !model.gone;
  const now = useNow(running);
  const { trans } = model.studio;
  const { kind, created, fields } = model.resource!;
  if (!kind.runs) {
    return null;
  }
  const passed = (fields.SecondaryStatusTransitions ?? []) as { EndTime?: number }[];
  const end = running ? now : (passed.at(-1)?.EndTime ?? Number(fields.TrainingEndTime ?? created));
  const progress = model.progress;
  const cell = progress
    ? trans.__('cell %1 of %2', Math.max(1, progress.cell), progress.of) + ' · '
    : '';
  return (
    <span className="jp-StudioPage-elapsed">
      {cell}
      {duration(end - created, trans)}
    </span>
  );
}
