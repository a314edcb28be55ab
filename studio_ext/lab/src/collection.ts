import { JSONObject } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Change, isOver } from './feed';
import { Kind } from './model';
import { Resource, toResource } from './resources';
import { Throttle } from './throttle';
import { IStudio } from './tokens';

export interface Wanted {
  /** Part of the name. */
  name: string;
  status: string;
  sortBy: string;
  ascending: boolean;
}

/** What filters by name take; the API refuses anything else, and nothing has such a name. */
const CAN_BE_IN_NAMES = /^[a-zA-Z0-9-]*$/;

const PAUSE = 500; // milliseconds between two questions when what is wanted comes to be elsewhere

const BY_CREATION = /^creat/i;

/**
 * The resources of one kind, page by page, the newest first unless something else is wanted, kept
 * up to date by what happens.
 *
 * A change of a resource that is loaded is shown at once, without asking the API; one that is new
 * is put on top when the order is that of creation. What changes while a page is on its way may or
 * may not be in it, and is therefore done again when it has come.
 */
export class Collection implements IDisposable {
  constructor(
    private readonly _studio: IStudio,
    readonly kind: Kind,
    private readonly _pageSize = 50
  ) {
    const sortBy = kind.sortBy.find(each => BY_CREATION.test(each)) ?? '';
    this._wanted = { name: '', status: '', sortBy, ascending: false };
    _studio.feed.changed.connect(this._onChanged, this);
    _studio.feed.refreshed.connect(this._onRefreshed, this);
    _studio.regionChanged.connect(this._onRefreshed, this);
  }

  /** Something that is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get items(): readonly Resource[] {
    return this._items;
  }

  /** Whether there are more on the server. */
  get more(): boolean {
    return this._token !== '';
  }

  get loading(): boolean {
    return this._loading;
  }

  /** Whether the first page has been asked for. */
  get loaded(): boolean {
    return this._loaded;
  }

  get error(): Error | null {
    return this._error;
  }

  get wanted(): Wanted {
    return this._wanted;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._again.dispose();
    Signal.disconnectReceiver(this);
    Signal.clearData(this);
  }

  /** Asks for the first page of what is wanted. */
  async load(wanted: Partial<Wanted> = {}): Promise<void> {
    this._wanted = { ...this._wanted, ...wanted };
    await this._fetch(true);
  }

  /** Asks for the next page. */
  async loadMore(): Promise<void> {
    if (this.more && !this._loading) {
      await this._fetch(false);
    }
  }

  private async _fetch(fresh: boolean): Promise<void> {
    const turn = (this._turn += 1);
    if (!this._loading) {
      this._meanwhile = [];
    }
    this._loading = true;
    this._loaded = true;
    this._changed.emit();
    try {
      const input = this._input(fresh ? Math.max(this._pageSize, Math.min(100, this._items.length)) : this._pageSize);
      if (!fresh) {
        input.NextToken = this._token;
      }
      const answer: JSONObject = CAN_BE_IN_NAMES.test(this._wanted.name)
        ? await this._studio.aws.call(this.kind.operations.list!, input)
        : {};
      if (turn !== this._turn || this._isDisposed) {
        return; // a later question has been asked meanwhile
      }
      const entries = (answer[this.kind.listKey] as JSONObject[] | undefined) ?? [];
      const found = entries.map(entry => toResource(this.kind, entry));
      this._items = fresh ? found : [...this._items, ...found];
      this._token = String(answer.NextToken ?? '');
      this._error = null;
      this._meanwhile.forEach(change => this._apply(change));
    } catch (error) {
      if (turn === this._turn) {
        this._error = error as Error;
      }
    }
    if (turn === this._turn && !this._isDisposed) {
      this._loading = false;
      this._changed.emit();
    }
  }

  private _input(count: number): JSONObject {
    const { kind, _wanted: wanted } = this;
    const input: JSONObject = { MaxResults: Math.min(100, count) };
    const filter = (name: string) => kind.filters.find(each => each === name);
    const byName = filter('NameContains') ?? kind.filters.find(each => each.endsWith('NameContains'));
    if (wanted.name && byName) {
      input[byName] = wanted.name;
    }
    const byStatus = filter('StatusEquals') ?? kind.filters.find(each => /Status(Equals)?$/.test(each));
    if (wanted.status && byStatus) {
      input[byStatus] = wanted.status;
    }
    if (wanted.sortBy && kind.sortBy.includes(wanted.sortBy)) {
      input.SortBy = wanted.sortBy;
      input.SortOrder = wanted.ascending ? 'Ascending' : 'Descending';
    }
    return input;
  }

  private _onRefreshed(): void {
    if (this._loaded) {
      void this._fetch(true);
    }
  }

  private _onChanged(_: unknown, change: Change): void {
    if (!this._loaded || change.kind !== this.kind.noun || change.region !== this._studio.region) {
      return;
    }
    if (this._loading) {
      this._meanwhile.push(change);
    }
    if (this._apply(change)) {
      this._changed.emit();
    }
  }

  /** Shows a change; returns whether it is of anything shown. */
  private _apply(change: Change): boolean {
    const place = this._items.findIndex(item => item.name === change.name);
    const only = this._wanted.status;
    if (change.action === 'deleted' || (only && change.status !== only && isOver(change.status))) {
      if (place < 0) {
        return false;
      }
      this._items = this._items.filter((_, index) => index !== place);
    } else if (place >= 0) {
      this._items = this._items.slice();
      this._items[place] = patched(this._items[place], change);
    } else if (change.action === 'created' && this._belongsOnTop(change)) {
      const fields: JSONObject = { [this.kind.title || this.kind.ids[0]]: change.name, CreationTime: change.at };
      this._items = [patched(toResource(this.kind, fields), change), ...this._items];
    } else {
      if (only && change.status === only) {
        this._again.ask(); // its place among the others is the server's to say
      }
      return false;
    }
    return true;
  }

  private _belongsOnTop({ name, status }: Change): boolean {
    const { sortBy, ascending, name: part, status: only } = this._wanted;
    const newestFirst = !ascending && (!sortBy || BY_CREATION.test(sortBy));
    return newestFirst && name.toLowerCase().includes(part.toLowerCase()) && (!only || status === only);
  }

  private _again = new Throttle(() => this._fetch(true), PAUSE);
  private _items: Resource[] = [];
  private _meanwhile: Change[] = [];
  private _wanted: Wanted;
  private _token = '';
  private _turn = 0;
  private _loading = false;
  private _loaded = false;
  private _error: Error | null = null;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

function patched(item: Resource, change: Change): Resource {
  const fields: JSONObject = { ...item.fields, LastModifiedTime: change.at };
  if (item.kind.status) {
    fields[item.kind.status] = change.status;
  }
  return { ...item, status: change.status, modified: change.at, fields };
}
