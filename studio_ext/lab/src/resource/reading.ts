import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Throttle } from '../throttle';

/** Something of a job that is read again when something happened: at most every `pause` milliseconds. */
export abstract class Reading implements IDisposable {
  constructor(pause: number) {
    this._throttle = new Throttle(() => this.read(), pause);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._throttle.isDisposed;
  }

  dispose(): void {
    this._throttle.dispose();
    Signal.clearData(this);
  }

  refresh(): void {
    this._throttle.ask();
  }

  protected abstract read(): Promise<void>;

  protected emitChanged(): void {
    if (!this.isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _throttle: Throttle;
  private _changed = new Signal<this, void>(this);
}
