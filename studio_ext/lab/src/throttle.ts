import { IDisposable } from '@lumino/disposable';

/**
 * A task that is asked for more often than it should run.
 *
 * It runs at once, then at most every `pause` milliseconds, never twice at a time, and once more
 * after the last time it was asked for.
 */
export class Throttle implements IDisposable {
  constructor(
    private readonly _task: () => Promise<void> | void,
    private readonly _pause: number
  ) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearTimeout(this._timer);
  }

  ask(): void {
    this._asked = true;
    if (!this._busy && !this._timer) {
      void this._run();
    }
  }

  private async _run(): Promise<void> {
    this._asked = false;
    this._busy = true;
    try {
      await this._task();
    } finally {
      this._busy = false;
    }
    if (!this._isDisposed) {
      this._timer = window.setTimeout(() => {
        this._timer = 0;
        if (this._asked) {
          void this._run();
        }
      }, this._pause);
    }
  }

  private _asked = false;
  private _busy = false;
  private _timer = 0;
  private _isDisposed = false;
}
