import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Change, isOver } from '../feed';
import { Kind } from '../model';
import { Series, isLoss, learningCurves } from '../resource/metrics';
import { Resource, describe, namedIds } from '../resources';
import { Throttle } from '../throttle';
import { IStudio } from '../tokens';

const PAUSE = 1000; // milliseconds between two looks at jobs that run

/** A job beside others. */
export interface Compared {
  name: string;
  resource: Resource | null;
  series: readonly Series[];
  error: string;
}

/** A line of the comparison. */
export interface Line {
  name: string;
  isMetric: boolean;
  /** One for each job, in their order; `''` where a job has none. */
  values: string[];
  /** The same as numbers; NaN for what is none. */
  numbers: number[];
  differs: boolean;
}

/** Jobs side by side. */
export class CompareModel implements IDisposable {
  constructor(
    readonly studio: IStudio,
    readonly noun: string,
    names: readonly string[]
  ) {
    this._jobs = [...new Set(names)].map(fresh);
    studio.feed.changed.connect(this._onChanged, this);
    studio.feed.printed.connect(this._onPrinted, this);
    studio.feed.refreshed.connect(this._onRefreshed, this);
    this._jobs.forEach(({ name }) => this._stale.add(name));
    this._load.ask();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get kind(): Kind | null {
    return this._kind;
  }

  /** In the order in which they are shown. */
  get jobs(): readonly Compared[] {
    return this._jobs;
  }

  /** The metric that the jobs are sorted by. */
  get sortedBy(): string {
    return this._sortedBy;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._load.dispose();
    Signal.disconnectReceiver(this);
    Signal.clearData(this);
  }

  add(name: string): void {
    if (name && !this._jobs.some(job => job.name === name)) {
      this._jobs = [...this._jobs, fresh(name)];
      this._stale.add(name);
      this._load.ask();
      this._emit();
    }
  }

  remove(name: string): void {
    this._jobs = this._jobs.filter(job => job.name !== name);
    this._emit();
  }

  /** Sorts the jobs by a metric, the best first; again, the worst first. */
  sort(metric: string): void {
    this._worstFirst = this._sortedBy === metric && !this._worstFirst;
    this._sortedBy = metric;
    this._arrange();
    this._emit();
  }

  /** Parameters first, then metrics. */
  lines(): Line[] {
    const found = this._jobs.map(job => ({ parameters: parameters(job), metrics: metrics(job) }));
    const line = (name: string, isMetric: boolean): Line => {
      const each = found.map(one => (isMetric ? one.metrics : one.parameters).get(name));
      const values = each.map(value => (value === undefined ? '' : String(value)));
      const numbers = values.map(value => (value.trim() === '' ? NaN : Number(value)));
      return { name, isMetric, values, numbers, differs: new Set(values).size > 1 };
    };
    const names = (part: 'parameters' | 'metrics') => [...new Set(found.flatMap(one => [...one[part].keys()]))];
    return [
      ...names('parameters').map(name => line(name, false)),
      ...names('metrics').map(name => line(name, true))
    ];
  }

  private _load = new Throttle(async () => {
    try {
      this._kind ??= (await this.studio.server.model()).kinds[this.noun] ?? null;
    } catch {
      this._kind = null; // without a connection; the feed asks again
    }
    if (!this._kind) {
      return;
    }
    const names = [...this._stale];
    this._stale.clear();
    await Promise.all(names.map(name => this._read(name)));
    this._arrange();
    this._emit();
  }, PAUSE);

  private async _read(name: string): Promise<void> {
    const { aws } = this.studio;
    let read: Partial<Compared>;
    try {
      const resource = await describe(aws, this._kind!, namedIds(this._kind!, name));
      read = { resource, error: '' };
      const series = await learningCurves(aws, resource).catch(() => null);
      read = series ? { ...read, series } : read;
    } catch (error) {
      read = { error: (error as Error).message };
    }
    this._jobs = this._jobs.map(job => (job.name === name ? { ...job, ...read } : job));
  }

  private _arrange(): void {
    const metric = this._sortedBy;
    if (metric) {
      const sign = (isLoss(metric) ? 1 : -1) * (this._worstFirst ? -1 : 1);
      const value = (job: Compared) => metrics(job).get(metric) ?? NaN;
      const key = (job: Compared) => (Number.isNaN(value(job)) ? Infinity : sign * value(job));
      this._jobs = [...this._jobs].sort((one, other) => key(one) - key(other) || 0);
    }
  }

  private _onChanged(_: unknown, change: Change): void {
    this._look(change);
  }

  private _onPrinted(_: unknown, place: { kind: string; region: string; name: string }): void {
    this._look(place);
  }

  private _onRefreshed(): void {
    const open = this._jobs.filter(({ resource }) => !resource || !isOver(resource.status));
    open.forEach(({ name }) => this._stale.add(name));
    this._load.ask();
  }

  private _look({ kind, region, name }: { kind: string; region: string; name: string }): void {
    const mine = kind === this.noun && region === this.studio.region;
    if (mine && this._jobs.some(job => job.name === name)) {
      this._stale.add(name);
      this._load.ask();
    }
  }

  private _emit(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private _kind: Kind | null = null;
  private _jobs: Compared[];
  private _stale = new Set<string>();
  private _sortedBy = '';
  private _worstFirst = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

function fresh(name: string): Compared {
  return { name, resource: null, series: [], error: '' };
}

/** What a job was made of, as far as jobs differ in it. */
function parameters({ resource }: Compared): Map<string, string> {
  const found = new Map<string, string>();
  const fields = resource?.fields as any;
  if (!fields) {
    return found;
  }
  const put = (name: string, value: unknown) => value !== undefined && found.set(name, String(value));
  put('TrainingImage', fields.AlgorithmSpecification?.TrainingImage);
  put('InstanceType', fields.ResourceConfig?.InstanceType);
  for (const channel of fields.InputDataConfig ?? []) {
    put(channel.ChannelName, channel.DataSource?.S3DataSource?.S3Uri);
  }
  Object.entries(fields.HyperParameters ?? {}).forEach(([name, value]) => put(name, value));
  Object.entries(fields.Environment ?? {}).forEach(([name, value]) => put(`$${name}`, value));
  return found;
}

function metrics({ resource }: Compared): Map<string, number> {
  const fields = resource?.fields as any;
  const found = new Map<string, number>();
  for (const { MetricName, Value } of fields?.FinalMetricDataList ?? []) {
    found.set(MetricName, Value);
  }
  if (fields?.TrainingTimeInSeconds !== undefined) {
    found.set('TrainingTimeInSeconds', fields.TrainingTimeInSeconds);
  }
  return found;
}

/** The best value of a metric; NaN when there is nothing to choose. */
export function best({ name, numbers, differs }: Line): number {
  const known = numbers.filter(value => !Number.isNaN(value));
  if (!differs || known.length < 2) {
    return NaN;
  }
  return isLoss(name) || name === 'TrainingTimeInSeconds' ? Math.min(...known) : Math.max(...known);
}
