import { JSONObject } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { isOver } from '../feed';
import { number } from '../format';
import { Resource, describe, identity } from '../resources';
import { IStudio } from '../tokens';

const AT_ONCE = 2;
const KEPT = 500;

interface Metric {
  MetricName: string;
  Value: number;
}

/** How jobs that have ended came out, in a few words. Asked for once, and only for rows on view. */
export class Details implements IDisposable {
  constructor(private readonly _studio: IStudio) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** The reason of a failure or the metric of a success; `''` while it is not known. */
  of(resource: Resource): string {
    if (!resource.kind.runs || !isOver(resource.status)) {
      return '';
    }
    const key = `${resource.kind.noun}/${resource.name}/${resource.status}/${this._studio.region}`;
    const found = this._found.get(key);
    if (found === undefined) {
      this._found.set(key, '');
      if (this._found.size > KEPT) {
        this._found.delete(this._found.keys().next().value!);
      }
      this._waiting.push([key, resource]);
      void this._work();
    }
    return found ?? '';
  }

  private async _work(): Promise<void> {
    if (this._busy >= AT_ONCE) {
      return;
    }
    this._busy += 1;
    for (let next = this._waiting.pop(); next && !this._isDisposed; next = this._waiting.pop()) {
      const [key, resource] = next;
      try {
        const found = await describe(this._studio.aws, resource.kind, identity(resource));
        this._found.set(key, summary(found.fields));
        this._changed.emit();
      } catch {
        this._found.delete(key); // it may be gone; the list will say so
      }
    }
    this._busy -= 1;
  }

  private _found = new Map<string, string>();
  private _waiting: [string, Resource][] = [];
  private _busy = 0;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

function summary(fields: JSONObject): string {
  if (fields.FailureReason) {
    return String(fields.FailureReason);
  }
  const metrics = (fields.FinalMetricDataList ?? []) as unknown as Metric[];
  const chosen = metrics.find(each => each.MetricName.startsWith('validation:')) ?? metrics.at(-1);
  return chosen ? `${chosen.MetricName.replace(/^.*:/, '')} ${number(chosen.Value)}` : '';
}
