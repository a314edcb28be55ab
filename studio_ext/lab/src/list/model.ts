import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Collection } from '../collection';
import { Kind } from '../model';
import { Resource, keyOf } from '../resources';
import { IStudio } from '../tokens';

const PAGE = 100; // the most that the API gives at once

/** A list of one kind with what is selected in it. */
export class ListModel implements IDisposable {
  constructor(
    readonly studio: IStudio,
    readonly noun: string
  ) {
    void this._load();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get kind(): Kind | null {
    return this._collection?.kind ?? null;
  }

  get error(): Error | null {
    return this._error ?? this._collection?.error ?? null;
  }

  get collection(): Collection | null {
    return this._collection;
  }

  /** What is loaded and fits the filter. */
  get items(): readonly Resource[] {
    const all = this._collection?.items ?? [];
    if (this._shownOf !== all || this._shownFor !== this._text) {
      const part = this._text.toLowerCase();
      this._shown = part ? all.filter(({ name }) => name.toLowerCase().includes(part)) : all;
      this._shownOf = all;
      this._shownFor = this._text;
    }
    return this._shown;
  }

  get text(): string {
    return this._text;
  }

  get status(): string {
    return this._collection?.wanted.status ?? '';
  }

  /** How many there are; null when a filter makes that unknown. */
  get total(): number | null {
    return this.kind && !this._text && !this.status
      ? this.studio.feed.count(this.kind.noun, this.studio.region)
      : null;
  }

  /** Keys of what is selected. */
  get selected(): ReadonlySet<string> {
    return this._selected;
  }

  get selection(): Resource[] {
    return this.items.filter(item => this._selected.has(keyOf(item)));
  }

  /** The row that keys act on. */
  active = 0;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._collection?.dispose();
    Signal.disconnectReceiver(this);
    Signal.clearData(this);
  }

  /** Filters by name: on the server where it can, and what is loaded at once. */
  setText(text: string): void {
    this._text = text;
    this.active = 0;
    this._emit();
    window.clearTimeout(this._timer);
    if (this.kind?.filters.some(each => each.endsWith('NameContains'))) {
      this._timer = window.setTimeout(() => void this._collection?.load({ name: text.trim() }), 200);
    }
  }

  setStatus(status: string): void {
    this.active = 0;
    void this._collection?.load({ status });
  }

  /** The name that the API sorts by for one of our columns; `''` when it cannot. */
  sortKey(column: 'name' | 'status' | 'created' | 'modified'): string {
    const pattern = { name: /^name$/i, status: /^status$/i, created: /^creat/i, modified: /modified/i }[column];
    return this.kind?.sortBy.find(each => pattern.test(each)) ?? '';
  }

  sort(sortBy: string): void {
    const { wanted } = this._collection!;
    const again = wanted.sortBy === sortBy;
    this.active = 0;
    void this._collection!.load({ sortBy, ascending: again ? !wanted.ascending : /name|status/i.test(sortBy) });
  }

  toggle(item: Resource): void {
    const key = keyOf(item);
    if (!this._selected.delete(key)) {
      this._selected.add(key);
    }
    this._emit();
  }

  select(items: readonly Resource[]): void {
    this._selected = new Set(items.map(keyOf));
    this._emit();
  }

  /** Makes a row the one that keys act on. */
  activate(index: number): void {
    this.active = Math.max(0, Math.min(this.items.length - 1, index));
    this._emit();
  }

  private async _load(): Promise<void> {
    try {
      const kind = (await this.studio.server.model()).kinds[this.noun];
      if (this._isDisposed) {
        return;
      }
      if (!kind) {
        throw new Error(this.studio.trans.__('There is no kind “%1”.', this.noun));
      }
      this._collection = new Collection(this.studio, kind, PAGE);
      this._collection.changed.connect(this._emit, this);
      await this._collection.load();
    } catch (error) {
      this._error = error as Error;
    }
    this._emit();
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _collection: Collection | null = null;
  private _error: Error | null = null;
  private _text = '';
  private _selected = new Set<string>();
  private _shown: readonly Resource[] = [];
  private _shownOf: readonly Resource[] | null = null;
  private _shownFor = '';
  private _timer = 0;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}
