import { ReactWidget, Toolbar, ToolbarButton, addIcon, ellipsesIcon, refreshIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Menu, Panel } from '@lumino/widgets';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { useSignal } from '../hooks';
import { studioIcon } from '../icons';
import { Footer } from './footer';
import { SidebarModel } from './model';
import { ActiveRow } from './rows';
import { Heading, SectionView, sectionTitle } from './section';
import { Welcome } from './welcome';

/** The sidebar: what runs, what there is, and what can be made. */
export class StudioSidebar extends Panel {
  constructor(model: SidebarModel, commands: CommandRegistry) {
    super();
    const { trans } = model.studio;
    this.id = 'studio-sidebar';
    this.addClass('jp-StudioSidebar');
    this.title.icon = studioIcon;
    this.title.caption = trans.__('Studio');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Studio'));

    const create = new Menu({ commands });
    const more = new Menu({ commands });
    more.addItem({ command: CommandIDs.disk });
    more.addItem({ command: CommandIDs.compare });
    more.addItem({ command: 'settingeditor:open', args: { query: 'Studio' } });
    const toolbar = new Toolbar();
    toolbar.node.setAttribute('aria-label', trans.__('Studio'));
    toolbar.addItem('refresh', new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Look again'),
      onClick: () => model.refresh()
    }));
    const add = new ToolbarButton({
      icon: addIcon,
      tooltip: trans.__('Create…'),
      onClick: () => {
        fill(create, model);
        openBelow(create, add.node);
      }
    });
    toolbar.addItem('create', add);
    const others = new ToolbarButton({
      icon: ellipsesIcon,
      tooltip: trans.__('More'),
      onClick: () => openBelow(more, others.node)
    });
    toolbar.addItem('more', others);
    this.addWidget(toolbar);
    this.addWidget(ReactWidget.create(<Contents model={model} commands={commands} />));
    this.disposed.connect(() => {
      create.dispose();
      more.dispose();
      model.dispose();
    });
  }
}

/** Puts every kind that can be made into the menu, by section. */
function fill(menu: Menu, model: SidebarModel): void {
  menu.clearItems();
  const { trans } = model.studio;
  for (const { id, kinds } of model.sections) {
    const made = model.kindsOf(kinds).filter(kind => kind.operations.create);
    const items = made.map(kind => ({
      command: CommandIDs.create,
      args: { kind: kind.noun, words: kind.words }
    }));
    if (items.length === 1) {
      menu.addItem(items[0]);
    } else if (items.length) {
      const submenu = new Menu({ commands: menu.commands });
      submenu.title.label = sectionTitle(id, trans);
      items.forEach(item => submenu.addItem(item));
      menu.addItem({ type: 'submenu', submenu });
    }
  }
}

function openBelow(menu: Menu, node: HTMLElement): void {
  const { left, bottom } = node.getBoundingClientRect();
  menu.open(left, bottom);
}

function Contents(props: { model: SidebarModel; commands: CommandRegistry }): JSX.Element {
  const { model, commands } = props;
  const { studio } = model;
  const { trans } = studio;
  useSignal(model.changed);
  const active = model.active;
  return (
    <div className="jp-StudioSidebar-contents" onKeyDown={moveFocus}>
      <div className="jp-StudioSidebar-filter">
        <input
          type="search"
          className="jp-mod-styled"
          placeholder={trans.__('Filter by name or status')}
          aria-label={trans.__('Filter by name or status')}
          value={model.filter}
          onChange={event => model.setFilter(event.target.value)}
        />
      </div>
      <div className="jp-StudioSidebar-scroll">
        {model.error ? (
          <p className="jp-StudioSidebar-error" role="alert">
            {model.error.message}
          </p>
        ) : null}
        {active.length ? (
          <section className="jp-StudioSidebar-section">
            <Heading id="running" title={trans.__('Running')} count={active.length} open />
            <ul id="jp-Studio-running" aria-label={trans.__('Running')} aria-live="polite">
              {active.map(resource => (
                <ActiveRow
                  key={`${resource.kind.noun}/${resource.name}`}
                  resource={resource}
                  studio={studio}
                  commands={commands}
                />
              ))}
            </ul>
          </section>
        ) : null}
        {model.isEmpty && !model.filter ? <Welcome studio={studio} commands={commands} /> : null}
        {model.sections.map(({ id, kinds }) => (
          <SectionView key={id} id={id} kinds={model.kindsOf(kinds)} model={model} commands={commands} />
        ))}
      </div>
      <Footer studio={studio} />
    </div>
  );
}

/** Arrow keys go from the filter to the first button and from button to button, as in a tree. */
function moveFocus(event: React.KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) {
    return;
  }
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
  all[all.indexOf(document.activeElement as HTMLElement) + step]?.focus();
  event.preventDefault();
}
