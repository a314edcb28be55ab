import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Change, Progress, isOver, placeKey } from '../feed';
import { Kind, Model } from '../model';
import { Resource, describe, isMissing, namedIds } from '../resources';
import { Throttle } from '../throttle';
import { IStudio } from '../tokens';

const PAUSE = 200; // milliseconds between two Describes
const KEPT = 100; // changes that a page remembers

/** One resource, kept up to date by what happens. */
export class ResourceModel implements IDisposable {
  constructor(
    readonly studio: IStudio,
    readonly noun: string,
    readonly name: string
  ) {
    const { feed } = studio;
    feed.changed.connect(this._onChanged, this);
    feed.progressed.connect(this._onProgressed, this);
    feed.printed.connect(this._onPrinted, this);
    feed.refreshed.connect(this._load.ask, this._load);
    studio.regionChanged.connect(this._load.ask, this._load);
    this._load.ask();
  }

  /** What is shown has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The job's log and metrics may have grown. */
  get printed(): ISignal<this, void> {
    return this._printed;
  }

  /** Everything that is built; null until it is known. */
  get model(): Model | null {
    return this._model;
  }

  get kind(): Kind | null {
    return this._model?.kinds[this.noun] ?? null;
  }

  get resource(): Resource | null {
    return this._resource;
  }

  get error(): Error | null {
    return this._error;
  }

  /** Whether it was deleted, or never there. */
  get gone(): boolean {
    return this._gone;
  }

  /** What happened to it while this page was open, the latest first. */
  get changes(): readonly Change[] {
    return this._changes;
  }

  /** The cell that it is at, while it runs. */
  get progress(): Progress | undefined {
    return this.studio.feed.running.get(this._key);
  }

  get isOver(): boolean {
    return !this._resource?.kind.runs || isOver(this._resource.status);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._load.dispose();
    Signal.disconnectReceiver(this);
    Signal.disconnectReceiver(this._load);
    Signal.clearData(this);
  }

  refresh(): void {
    this._load.ask();
  }

  private get _key(): string {
    return placeKey({ kind: this.noun, region: this.studio.region, name: this.name });
  }

  private _load = new Throttle(async () => {
    try {
      this._model = await this.studio.server.model();
      const kind = this.kind;
      if (!kind) {
        throw new Error(this.studio.trans.__('There is no kind “%1”.', this.noun));
      }
      this._resource = await describe(this.studio.aws, kind, namedIds(kind, this.name));
      this._error = null;
      this._gone = false;
    } catch (error) {
      this._gone = isMissing(error);
      this._error = error as Error;
    }
    this._emit();
  }, PAUSE);

  private _isMine(change: { kind: string; region: string; name: string; key?: string }): boolean {
    const { noun, studio, name } = this;
    return (
      change.kind === noun &&
      change.region === studio.region &&
      (change.name === name || (!!change.key && name.endsWith(`/${change.key}`)))
    );
  }

  private _onChanged(_: unknown, change: Change): void {
    if (!this._isMine(change)) {
      return;
    }
    this._changes = [change, ...this._changes].slice(0, KEPT);
    if (change.action === 'deleted') {
      this._gone = true;
    } else {
      this._load.ask(); // the rest of what changed
      if (this._resource) {
        this._resource = { ...this._resource, status: change.status };
      }
    }
    this._emit();
    this._printed.emit();
  }

  private _onProgressed(_: unknown, progress: Progress): void {
    if (this._isMine(progress)) {
      this._emit();
    }
  }

  private _onPrinted(_: unknown, place: { kind: string; region: string; name: string }): void {
    if (this._isMine(place)) {
      this._printed.emit();
    }
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _model: Model | null = null;
  private _resource: Resource | null = null;
  private _error: Error | null = null;
  private _gone = false;
  private _changes: Change[] = [];
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
  private _printed = new Signal<this, void>(this);
}
