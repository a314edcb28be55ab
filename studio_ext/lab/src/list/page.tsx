import { ReactWidget } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { offers } from '../actions';
import { CommandIDs } from '../commands';
import { IDesk } from '../desk';
import { useSignal } from '../hooks';
import { PageFactory } from '../pages';
import { statusWords } from '../status';
import { askOfAll } from './bulk';
import { ListModel } from './model';
import { Table } from './table';

/** Pages with all resources of one kind. */
export function listPage(desk: IDesk): PageFactory {
  return args => {
    const noun = String(args.kind);
    const content = new ListPage(desk, noun);
    void desk.studio.server.model().then(({ kinds }) => {
      const parent = content.parent;
      if (parent && kinds[noun]) {
        const { plural } = kinds[noun];
        parent.title.label = plural.charAt(0).toUpperCase() + plural.slice(1);
      }
    });
    return { content, label: noun };
  };
}

/** All resources of one kind: found, sorted, selected and acted on. */
class ListPage extends ReactWidget {
  constructor(
    private readonly _desk: IDesk,
    noun: string
  ) {
    super();
    this.addClass('jp-StudioList');
    this._model = new ListModel(_desk.studio, noun);
  }

  override dispose(): void {
    this._model.dispose();
    super.dispose();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.querySelector<HTMLElement>('table, input')?.focus();
  }

  protected override render(): JSX.Element {
    return <View desk={this._desk} model={this._model} />;
  }

  private readonly _model: ListModel;
}

function View({ desk, model }: { desk: IDesk; model: ListModel }): JSX.Element {
  const { studio, commands } = desk;
  const { trans } = studio;
  useSignal(model.changed, studio.feed.refreshed);
  const { kind, collection, items } = model;
  if (!kind || !collection) {
    return (
      <p className="jp-StudioPage-message" role="status">
        {model.error?.message ?? trans.__('Loading…')}
      </p>
    );
  }
  const filtered = !!model.text || !!model.status;
  const create = () => void commands.execute(CommandIDs.create, { kind: kind.noun });
  return (
    <div className="jp-StudioList-body">
      <Toolbar desk={desk} model={model} create={create} />
      {model.error ? (
        <p className="jp-StudioList-error" role="alert">
          {model.error.message}
        </p>
      ) : null}
      {items.length || filtered || !collection.loaded || collection.loading || model.error ? (
        <Table model={model} commands={commands} />
      ) : (
        <div className="jp-StudioList-empty">
          <p>{trans.__('There are no %1 yet.', kind.plural)}</p>
          <button className="jp-Studio-button jp-mod-primary" onClick={create}>
            {trans.__('Create %1', kind.words)}
          </button>
        </div>
      )}
      {filtered && !items.length && !collection.loading && !collection.more ? (
        <p className="jp-StudioList-none">{trans.__('None fits the filter.')}</p>
      ) : null}
    </div>
  );
}

function Toolbar(props: { desk: IDesk; model: ListModel; create: () => void }): JSX.Element {
  const { desk, model } = props;
  const { studio, commands } = desk;
  const { trans, locale } = studio;
  const kind = model.kind!;
  const selection = model.selected.size ? model.selection : [];
  const stoppable = selection.filter(item => offers(item, 'stop'));
  const deletable = selection.filter(item => offers(item, 'delete'));
  const loaded = model.items.length.toLocaleString(locale);
  const total = Math.max(model.total ?? 0, model.items.length).toLocaleString(locale);
  const bulk = async (verb: 'stop' | 'delete') => {
    const left = await askOfAll(studio, verb === 'stop' ? stoppable : deletable, verb);
    model.select(left);
  };
  return (
    <div className="jp-StudioList-toolbar" role="toolbar" aria-label={trans.__('List')}>
      <input
        className="jp-Studio-input"
        type="search"
        placeholder={trans.__('Filter by name')}
        aria-label={trans.__('Filter by name')}
        value={model.text}
        onChange={event => model.setText(event.target.value)}
      />
      {kind.statuses.length ? (
        <select
          className="jp-Studio-select"
          aria-label={trans.__('Status')}
          value={model.status}
          onChange={event => model.setStatus(event.target.value)}
        >
          <option value="">{trans.__('Any status')}</option>
          {kind.statuses.map(status => (
            <option key={status} value={status}>
              {statusWords(status, trans)}
            </option>
          ))}
        </select>
      ) : null}
      <span className="jp-StudioPage-count" role="status">
        {model.collection!.more
          ? model.total === null
            ? trans.__('%1 and more', loaded)
            : trans.__('%1 of %2', loaded, total)
          : loaded}
      </span>
      <span className="jp-StudioList-actions">
        {selection.length ? (
          <>
            <span role="status">{trans.__('%1 selected', selection.length)}</span>
            {kind.runs ? (
              <button
                className="jp-Studio-button"
                disabled={selection.length < 2}
                onClick={() =>
                  void commands.execute(CommandIDs.compare, {
                    kind: kind.noun,
                    names: selection.map(({ name }) => name)
                  })
                }
              >
                {trans.__('Compare')}
              </button>
            ) : null}
            {kind.operations.stop ? (
              <button className="jp-Studio-button" disabled={!stoppable.length} onClick={() => void bulk('stop')}>
                {trans.__('Stop')}
              </button>
            ) : null}
            {kind.operations.delete ? (
              <button
                className="jp-Studio-button jp-mod-warn"
                disabled={!deletable.length}
                onClick={() => void bulk('delete')}
              >
                {trans.__('Delete')}
              </button>
            ) : null}
          </>
        ) : null}
        {kind.operations.create ? (
          <button className="jp-Studio-button jp-mod-primary" onClick={props.create}>
            {trans.__('Create')}
          </button>
        ) : null}
      </span>
    </div>
  );
}
