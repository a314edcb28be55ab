import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { isOver } from '../feed';
import { useNow } from '../hooks';
import { Resource, keyOf } from '../resources';
import { Column, columnsOf } from './columns';
import { ListModel } from './model';

const ROW = 28; // pixels, as in the style sheet
const SPARE = 10; // rows beyond what is seen, and those before the end at which more are asked for
const AHEAD = 60;

/** The rows that are seen, of as many as there are. */
export function Table({ model, commands }: { model: ListModel; commands: CommandRegistry }): JSX.Element {
  const { studio, items, collection } = model;
  const kind = model.kind!;
  const { trans } = studio;
  const id = React.useId();
  const scroller = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState({ first: 0, count: 40 });
  const columns = React.useMemo(() => columnsOf(kind, studio), [kind]);
  const look = React.useCallback(() => {
    const { scrollTop, clientHeight } = scroller.current!;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const count = Math.ceil(clientHeight / ROW) + 2 * SPARE;
    setView(old => (old.first === first && old.count === count ? old : { first, count }));
  }, []);
  React.useEffect(() => {
    const watcher = new ResizeObserver(look);
    watcher.observe(scroller.current!);
    return () => watcher.disconnect();
  }, []);
  const last = Math.min(items.length, view.first + view.count);
  React.useEffect(() => {
    if (last > items.length - AHEAD && collection!.more && !collection!.loading) {
      void collection!.loadMore();
    }
  });
  const shown = items.slice(view.first, last);
  const now = useNow(true);
  const open = React.useCallback(
    (item: Resource) =>
      void commands.execute(CommandIDs.openResource, { kind: kind.noun, name: keyOf(item) }),
    [kind]
  );

  /** Moves to a row, and the scroll with it. */
  const go = (index: number) => {
    model.activate(index);
    const node = scroller.current!;
    const top = model.active * ROW;
    const room = node.clientHeight - 2 * ROW; // the heading covers one
    if (top < node.scrollTop) {
      node.scrollTop = top;
    } else if (top > node.scrollTop + room) {
      node.scrollTop = top - room;
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget) {
      return; // a heading's key
    }
    const page = Math.max(1, Math.floor(scroller.current!.clientHeight / ROW) - 2);
    const { active } = model;
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: items.length - 1
    };
    if (event.key in moves) {
      const from = active;
      go(moves[event.key]);
      if (event.shiftKey) {
        const [low, high] = [Math.min(from, model.active), Math.max(from, model.active)];
        model.select([...model.selection, ...items.slice(low, high + 1)]);
      }
    } else if (event.key === ' ' && items[active]) {
      model.toggle(items[active]);
    } else if (event.key === 'Enter' && items[active]) {
      open(items[active]);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) {
      model.select(items);
    } else if (event.key === 'Escape') {
      model.select([]);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="jp-StudioList-scroll" ref={scroller} onScroll={look}>
      <table
        role="grid"
        tabIndex={0}
        aria-label={kind.plural}
        aria-multiselectable="true"
        aria-rowcount={collection!.more ? (model.total ?? -1) : items.length + 1}
        aria-activedescendant={items[model.active] ? `${id}-${model.active}` : undefined}
        onKeyDown={onKeyDown}
      >
        <colgroup>
          <col style={{ width: '36px' }} />
          {columns.map(column => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th>
              <input
                type="checkbox"
                aria-label={trans.__('Select all that are loaded')}
                checked={items.length > 0 && model.selected.size >= items.length}
                onChange={event => model.select(event.target.checked ? items : [])}
              />
            </th>
            {columns.map(column => (
              <Heading key={column.id} column={column} model={model} />
            ))}
          </tr>
        </thead>
        <tbody>
          <tr aria-hidden="true" style={{ height: view.first * ROW }} />
          {shown.map((item, index) => (
            <Row
              key={keyOf(item)}
              id={`${id}-${view.first + index}`}
              index={view.first + index}
              item={item}
              columns={columns}
              // Only what runs, and what is young, looks different a second later.
              now={isOver(item.status) && now - item.created > 60 ? Math.floor(now / 60) * 60 : now}
              isActive={view.first + index === model.active}
              isSelected={model.selected.has(keyOf(item))}
              model={model}
              open={open}
            />
          ))}
          <tr aria-hidden="true" style={{ height: Math.max(0, items.length - last) * ROW }} />
        </tbody>
      </table>
    </div>
  );
}

function Heading({ column, model }: { column: Column; model: ListModel }): JSX.Element {
  const { wanted } = model.collection!;
  const key = column.sort ? model.sortKey(column.sort) : '';
  if (!key) {
    return <th scope="col">{column.title}</th>;
  }
  const sorted = wanted.sortBy === key;
  const order = wanted.ascending ? 'ascending' : 'descending';
  // The youngest has the lowest age, and is the last that was created.
  const arrow = wanted.ascending === (column.id !== 'created') ? '▲' : '▼';
  return (
    <th scope="col" aria-sort={sorted ? order : 'none'}>
      <button className="jp-StudioList-sort" onClick={() => model.sort(key)}>
        {column.title}
        <span aria-hidden="true">{sorted ? arrow : ''}</span>
      </button>
    </th>
  );
}

interface RowProps {
  id: string;
  index: number;
  item: Resource;
  columns: Column[];
  now: number;
  isActive: boolean;
  isSelected: boolean;
  model: ListModel;
  open: (item: Resource) => void;
}

const Row = React.memo(function Row(props: RowProps): JSX.Element {
  const { item, model, index, isActive, isSelected } = props;
  return (
    <tr
      id={props.id}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className={`jp-StudioList-row${isActive ? ' jp-mod-active' : ''}`}
      data-studio-name={item.name}
      onClick={() => model.activate(index)}
      onDoubleClick={() => props.open(item)}
    >
      <td>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={model.studio.trans.__('Select %1', item.name)}
          checked={isSelected}
          onChange={() => model.toggle(item)}
        />
      </td>
      {props.columns.map(column => (
        <td key={column.id}>
          {column.id === 'name' ? (
            <button className="jp-Studio-link" tabIndex={-1} title={item.name} onClick={() => props.open(item)}>
              {item.name}
            </button>
          ) : (
            column.cell(item, props.now)
          )}
        </td>
      ))}
    </tr>
  );
});
