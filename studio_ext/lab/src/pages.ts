import { JupyterFrontEnd, ILayoutRestorer } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { LabIcon } from '@jupyterlab/ui-components';
import { JSONExt, ReadonlyJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';

import { studioIcon } from './icons';

/** A page of the main area: what it shows and how its tab is labelled. */
export interface Page {
  content: Widget;
  label: string;
  caption?: string;
  icon?: LabIcon;
}

/** Makes a page from the arguments that name it; the same arguments are the same page. */
export type PageFactory = (args: ReadonlyJSONObject) => Page;

/**
 * The pages of the main area.
 *
 * Every kind of page is a factory under a name. `open` shows the page of these arguments, once;
 * the layout keeps name and arguments, so that pages come back with a reload.
 */
export class Pages {
  constructor(
    private readonly _app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    command: string
  ) {
    void restorer?.restore(this.tracker, {
      command,
      args: ({ content }) => this._opened.get(content)!,
      name: ({ content }) => JSON.stringify(this._opened.get(content))
    });
  }

  readonly tracker = new WidgetTracker<MainAreaWidget>({ namespace: 'studio' });

  register(name: string, factory: PageFactory): void {
    this._factories.set(name, factory);
  }

  /** Shows a page. @throws Error when there is no page of that name. */
  open(name: string, args: ReadonlyJSONObject): MainAreaWidget {
    const found = this.find(name, args);
    if (found) {
      this._app.shell.activateById(found.id);
      return found;
    }
    const factory = this._factories.get(name);
    if (!factory) {
      throw new Error(`page '${name}': expected one of ${[...this._factories.keys()].join(', ')}`);
    }
    const page = factory(args);
    const widget = new MainAreaWidget({ content: page.content });
    page.content.node.setAttribute('aria-label', page.label); // JupyterLab calls all alike
    widget.id = `studio-page-${(this._count += 1)}`;
    widget.title.label = page.label;
    widget.title.caption = page.caption ?? page.label;
    widget.title.icon = page.icon ?? studioIcon;
    widget.title.closable = true;
    widget.toolbar.hide();
    this._opened.set(page.content, { page: name, args });
    page.content.disposed.connect(() => this._opened.delete(page.content));
    this._app.shell.add(widget, 'main', { type: 'Studio' });
    void this.tracker.add(widget);
    return widget;
  }

  /** The open page of these arguments. */
  find(name: string, args: ReadonlyJSONObject): MainAreaWidget | undefined {
    const wanted = { page: name, args };
    return this.tracker.find(({ content }) =>
      JSONExt.deepEqual(this._opened.get(content) ?? null, wanted)
    );
  }

  private _factories = new Map<string, PageFactory>();
  private _opened = new Map<Widget, ReadonlyJSONObject>();
  private _count = 0;
}
