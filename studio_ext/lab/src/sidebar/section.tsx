import { addIcon, caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { Kind } from '../model';
import { Row } from './rows';
import { SidebarModel } from './model';

/** A heading that opens and closes what is below it. */
export function Heading(props: {
  id: string;
  title: string;
  count: number;
  open: boolean;
  onToggle?: () => void;
}): JSX.Element {
  const Caret = props.open ? caretDownIcon : caretRightIcon;
  return (
    <h3 className="jp-StudioSidebar-heading">
      <button aria-expanded={props.open} aria-controls={`jp-Studio-${props.id}`} onClick={props.onToggle}>
        <Caret.react tag="span" aria-hidden="true" />
        <span className="jp-StudioSidebar-title">{props.title}</span>
        <span className="jp-StudioSidebar-count">{props.count || ''}</span>
      </button>
    </h3>
  );
}

/** One of the console's sections, with the lists of its kinds. */
export function SectionView(props: {
  id: string;
  kinds: Kind[];
  model: SidebarModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { id, kinds, model, commands } = props;
  const open = model.isOpen(id);
  const count = kinds.reduce((sum, kind) => sum + model.count(kind), 0);
  return (
    <section className="jp-StudioSidebar-section">
      <Heading
        id={id}
        title={sectionTitle(id, model.studio.trans)}
        count={count}
        open={open}
        onToggle={() => model.toggle(id)}
      />
      {open ? (
        <div id={`jp-Studio-${id}`}>
          {kinds.map(kind => (
            <KindView key={kind.noun} kind={kind} alone={kinds.length === 1} model={model} commands={commands} />
          ))}
        </div>
      ) : null}
    </section>
  );
}

function KindView(props: {
  kind: Kind;
  alone: boolean;
  model: SidebarModel;
  commands: CommandRegistry;
}): JSX.Element {
  const { kind, model, commands } = props;
  const { trans } = model.studio;
  const key = `kind:${kind.noun}`;
  const open = props.alone || model.isOpen(key);
  const list = open ? model.list(kind) : null;
  const [shown, setShown] = React.useState(model.rows);
  const total = model.filter ? 0 : model.count(kind);
  const left = Math.max(total, list?.items.length ?? 0) - shown;
  const title = kind.plural.charAt(0).toUpperCase() + kind.plural.slice(1);
  const create = trans.__('Create %1', kind.words);
  return (
    <div className="jp-StudioSidebar-kind">
      {props.alone ? null : (
        <Heading id={key} title={title} count={model.count(kind)} open={open} onToggle={() => model.toggle(key)} />
      )}
      {list ? (
        <div id={`jp-Studio-${key}`}>
          <ul aria-label={title}>
            {list.items.slice(0, shown).map(item => (
              <Row
                key={item.name}
                resource={item}
                detail={model.details.of(item)}
                studio={model.studio}
                commands={commands}
              />
            ))}
          </ul>
          {list.error ? <p className="jp-StudioSidebar-error">{list.error.message}</p> : null}
          {!list.items.length && !list.error && list.loaded && !list.loading ? (
            <p className="jp-StudioSidebar-none">
              {model.filter ? trans.__('Nothing matches “%1”.', model.filter) : trans.__('None yet.')}
            </p>
          ) : null}
          <p className="jp-StudioSidebar-links">
            {left > 0 || list.more ? (
              <button
                onClick={() => {
                  setShown(shown + 20);
                  if (shown + 20 > list.items.length) {
                    void list.loadMore();
                  }
                }}
              >
                {left > 0 ? trans.__('Show %1 more', Math.min(left, 20)) : trans.__('Show more')}
              </button>
            ) : null}
            {list.items.length ? (
              <button onClick={() => void commands.execute(CommandIDs.openList, { kind: kind.noun })}>
                {total ? trans.__('See all %1', total) : trans.__('See all')}
              </button>
            ) : null}
            {kind.operations.create ? (
              <button
                title={create}
                aria-label={create}
                onClick={() => void commands.execute(CommandIDs.create, { kind: kind.noun })}
              >
                <addIcon.react tag="span" aria-hidden="true" />
                {trans.__('Create')}
              </button>
            ) : null}
          </p>
        </div>
      ) : null}
    </div>
  );
}

/** A section's name, as SageMaker's console has it. */
export function sectionTitle(id: string, trans: TranslationBundle): string {
  const titles: Record<string, string> = {
    'getting-started': trans.__('Getting started'),
    domains: trans.__('Domains'),
    notebook: trans.__('Notebook'),
    processing: trans.__('Processing'),
    training: trans.__('Training'),
    autopilot: trans.__('Autopilot'),
    inference: trans.__('Inference'),
    pipelines: trans.__('Pipelines'),
    'ground-truth': trans.__('Ground Truth'),
    'augmented-ai': trans.__('Augmented AI'),
    governance: trans.__('Governance'),
    experiments: trans.__('Experiments'),
    edge: trans.__('Edge'),
    marketplace: trans.__('Marketplace'),
    images: trans.__('Images'),
    'lifecycle-configurations': trans.__('Lifecycle configurations'),
    storage: trans.__('Storage'),
    search: trans.__('Search')
  };
  return titles[id] ?? id;
}
