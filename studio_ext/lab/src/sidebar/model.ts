import { IStateDB } from '@jupyterlab/statedb';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Collection } from '../collection';
import { isOver } from '../feed';
import { Kind, Model, Section } from '../model';
import { Resource } from '../resources';
import { IStudio } from '../tokens';
import { Details } from './details';

const STATE = 'studio:sidebar';
const PAUSE = 200; // milliseconds of silence after which a filter is asked for

/** What the sidebar shows: the model, the lists that are open, the filter. */
export class SidebarModel implements IDisposable {
  constructor(
    readonly studio: IStudio,
    private readonly _state: IStateDB | null
  ) {
    this.details = new Details(studio);
    studio.feed.refreshed.connect(() => void (this._model ?? this._load()), this);
    studio.feed.stateChanged.connect(this._emit, this);
    studio.feed.progressed.connect(this._emit, this);
    studio.feed.changed.connect(this._emit, this);
    studio.regionChanged.connect(this._emit, this);
    this.details.changed.connect(this._emit, this);
    void this._load();
  }

  readonly details: Details;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get model(): Model | null {
    return this._model;
  }

  get error(): Error | null {
    return this._error;
  }

  get filter(): string {
    return this._filter;
  }

  /** How many rows a list shows before it offers more. */
  rows = 5;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._lists.forEach(list => list.dispose());
    this._active.forEach(list => list.dispose());
    this.details.dispose();
    Signal.disconnectReceiver(this);
    Signal.clearData(this);
  }

  /** Sections with something built. */
  get sections(): Section[] {
    return (this._model?.sections ?? []).filter(({ kinds }) => this.kindsOf(kinds).length > 0);
  }

  kindsOf(nouns: string[]): Kind[] {
    const kinds = this._model?.kinds ?? {};
    return nouns.map(noun => kinds[noun]).filter(kind => kind?.operations.list);
  }

  count(kind: Kind): number {
    return this.studio.feed.count(kind.noun, this.studio.region);
  }

  /** Whether nothing was ever made here. */
  get isEmpty(): boolean {
    const counts = this.studio.feed.hello?.counts;
    const kinds = Object.keys(this._model?.kinds ?? {});
    return !!counts && !kinds.some(kind => Object.values(counts[kind] ?? {}).some(Boolean));
  }

  isOpen(section: string): boolean {
    return this._open.has(section);
  }

  toggle(section: string): void {
    if (!this._open.delete(section)) {
      this._open.add(section);
    }
    void this._state?.save(STATE, { open: [...this._open] });
    this._changed.emit();
  }

  /** The list of a kind, asked for when it is first looked at. */
  list(kind: Kind): Collection {
    let list = this._lists.get(kind.noun);
    if (!list) {
      list = new Collection(this.studio, kind);
      list.changed.connect(this._emit, this);
      this._lists.set(kind.noun, list);
      void list.load(this._wanted(kind));
    }
    return list;
  }

  /** Jobs that wait or run, the latest first. */
  get active(): Resource[] {
    return [...this._active.values()]
      .flatMap(list => list.items)
      .filter(item => !isOver(item.status))
      .sort((one, other) => other.created - one.created);
  }

  setFilter(text: string): void {
    this._filter = text;
    this._changed.emit();
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => {
      for (const list of this._lists.values()) {
        void list.load(this._wanted(list.kind));
      }
    }, PAUSE);
  }

  /** Asks for everything again. */
  refresh(): void {
    for (const list of [...this._lists.values(), ...this._active.values()]) {
      void list.load();
    }
  }

  /** A filter that is the beginning of a status means it; anything else is part of a name. */
  private _wanted(kind: Kind): { name: string; status: string } {
    const text = this._filter.trim().toLowerCase().replace(/ /g, '');
    const status = text.length > 3 ? kind.statuses.find(each => each.toLowerCase().startsWith(text)) : '';
    return status ? { name: '', status } : { name: this._filter.trim(), status: '' };
  }

  private async _load(): Promise<void> {
    if (this._loading) {
      return;
    }
    this._loading = true;
    try {
      if (!this._model) {
        const saved = (await this._state?.fetch(STATE)) as { open?: string[] } | undefined;
        this._model = await this.studio.server.model();
        this._open = new Set(saved?.open ?? ['training']);
        for (const kind of Object.values(this._model.kinds)) {
          if (kind.runs && !this._isDisposed) {
            const list = new Collection(this.studio, kind, 100);
            list.changed.connect(this._emit, this);
            this._active.set(kind.noun, list);
            void list.load({ status: 'InProgress' });
          }
        }
      }
      this._error = null;
    } catch (error) {
      this._error = error as Error;
    }
    this._loading = false;
    this._emit();
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _model: Model | null = null;
  private _error: Error | null = null;
  private _open = new Set<string>();
  private _lists = new Map<string, Collection>();
  private _active = new Map<string, Collection>();
  private _filter = '';
  private _timer = 0;
  private _loading = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}
