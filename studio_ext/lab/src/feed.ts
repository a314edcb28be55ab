import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

/** Which resource is meant. */
export interface Place {
  kind: string;
  region: string;
  name: string;
}

export interface Change extends Place {
  type: 'change';
  key: string;
  action: 'created' | 'changed' | 'deleted';
  status: string;
  message: string;
  /** Epoch seconds. */
  at: number;
  seq: number;
}

/** The cell that a running job is at; 0 before the first. */
export interface Progress extends Place {
  type: 'progress';
  cell: number;
  of: number;
  /** Epoch seconds. */
  started: number;
}

export interface Hello {
  type: 'hello';
  version: string;
  url: string;
  /** Cores that jobs may take, those that are taken, and how many jobs wait for some. */
  cores: number;
  busy: number;
  waiting: number;
  running: Progress[];
  /** How many there are, by kind and region. */
  counts: Record<string, Record<string, number>>;
}

type Message =
  | Hello
  | Change
  | Progress
  | (Place & { type: 'news' })
  | { type: 'load'; cores: number; busy: number; waiting: number }
  | { type: 'offline'; since: number; reason: string };

export type FeedState = 'connecting' | 'online' | 'offline';

const FIRST_PAUSE = 500; // milliseconds before the first new attempt; doubled up to the longest
const LONGEST_PAUSE = 10_000;

/** A resource's key in maps. */
export function placeKey({ kind, region, name }: Place): string {
  return `${kind}/${region}/${name}`;
}

/**
 * What happens in Studio, as it happens.
 *
 * The socket is our own and not JupyterLab's event stream, because that one does not tell when it
 * was interrupted, and after an interruption everything shown has to be asked for again.
 */
export class Feed implements IDisposable {
  constructor(private readonly _settings: ServerConnection.ISettings) {
    this._connect();
  }

  /** A resource was created, changed or deleted. */
  get changed(): ISignal<this, Change> {
    return this._changed;
  }

  /** A running job reached another cell. */
  get progressed(): ISignal<this, Progress> {
    return this._progressed;
  }

  /** A running job printed something: its log and metrics have grown. */
  get printed(): ISignal<this, Place> {
    return this._printed;
  }

  /** More or fewer cores are taken. */
  get loaded(): ISignal<this, void> {
    return this._loaded;
  }

  /** Connected anew: what is shown may be out of date. */
  get refreshed(): ISignal<this, Hello> {
    return this._refreshed;
  }

  get stateChanged(): ISignal<this, FeedState> {
    return this._stateChanged;
  }

  get state(): FeedState {
    return this._state;
  }

  /** When the connection was lost, epoch milliseconds. */
  get since(): number {
    return this._since;
  }

  get hello(): Hello | null {
    return this._hello;
  }

  /** Running jobs by `placeKey`. */
  get running(): ReadonlyMap<string, Progress> {
    return this._running;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    this._socket?.close();
    Signal.clearData(this);
  }

  /** How many resources of a kind there are in a region. */
  count(kind: string, region: string): number {
    return this._hello?.counts?.[kind]?.[region] ?? 0;
  }

  private _connect(): void {
    const { wsUrl, token, appendToken, WebSocket } = this._settings;
    let url = URLExt.join(wsUrl, 'studio', 'events');
    if (appendToken && token) {
      url += `?token=${encodeURIComponent(token)}`;
    }
    const socket = new WebSocket(url);
    this._socket = socket;
    socket.onmessage = ({ data }) => this._hear(JSON.parse(data) as Message);
    socket.onclose = () => {
      if (!this._isDisposed) {
        this._setState('offline');
        this._timer = window.setTimeout(() => this._connect(), this._pause);
        this._pause = Math.min(2 * this._pause, LONGEST_PAUSE);
      }
    };
  }

  private _hear(message: Message): void {
    switch (message.type) {
      case 'hello':
        this._hello = message;
        this._pause = FIRST_PAUSE;
        this._running.clear();
        for (const each of message.running) {
          this._running.set(placeKey(each), each);
        }
        this._setState('online');
        this._refreshed.emit(message);
        break;
      case 'change':
        this._count(message);
        if (message.action === 'deleted' || isOver(message.status)) {
          this._running.delete(placeKey(message));
        }
        this._changed.emit(message);
        break;
      case 'progress':
        this._running.set(placeKey(message), message);
        this._progressed.emit(message);
        break;
      case 'news':
        this._printed.emit(message);
        break;
      case 'load':
        if (this._hello) {
          Object.assign(this._hello, { cores: message.cores, busy: message.busy, waiting: message.waiting });
          this._loaded.emit();
        }
        break;
      case 'offline':
        this._setState('offline');
        break;
    }
  }

  private _count({ kind, region, action }: Change): void {
    const step = action === 'created' ? 1 : action === 'deleted' ? -1 : 0;
    if (this._hello && step) {
      const counts = ((this._hello.counts ??= {})[kind] ??= {});
      counts[region] = Math.max(0, (counts[region] ?? 0) + step);
    }
  }

  private _setState(state: FeedState): void {
    if (state !== this._state) {
      this._state = state;
      this._since = Date.now();
      this._stateChanged.emit(state);
    }
  }

  private _socket: WebSocket | null = null;
  private _state: FeedState = 'connecting';
  private _since = Date.now();
  private _hello: Hello | null = null;
  private _running = new Map<string, Progress>();
  private _pause = FIRST_PAUSE;
  private _timer = 0;
  private _isDisposed = false;
  private _changed = new Signal<this, Change>(this);
  private _progressed = new Signal<this, Progress>(this);
  private _printed = new Signal<this, Place>(this);
  private _loaded = new Signal<this, void>(this);
  private _refreshed = new Signal<this, Hello>(this);
  private _stateChanged = new Signal<this, FeedState>(this);
}

/** Whether a job with this status has ended. */
export function isOver(status: string): boolean {
  return /^(Completed|Failed|Stopped|Deleted)$/i.test(status);
}
