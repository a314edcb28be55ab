import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Aws, AwsError } from '../aws';
import { Resource } from '../resources';
import { Throttle } from '../throttle';

const PAUSE = 1000; // milliseconds between two questions
const AT_ONCE = 100; // what the API answers in one call

export interface Point {
  step: number;
  value: number;
}

/** The values of one metric, by iteration. */
export interface Series {
  name: string;
  points: Point[];
}

/** What a job measured so far, and goes on to measure. */
export class Metrics implements IDisposable {
  constructor(
    private readonly _aws: Aws,
    private readonly _resource: () => Resource | null
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get series(): readonly Series[] {
    return this._series;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._read.dispose();
    Signal.clearData(this);
  }

  refresh(): void {
    this._read.ask();
  }

  private _read = new Throttle(async () => {
    const resource = this._resource();
    if (!resource?.arn) {
      return;
    }
    try {
      const found = await learningCurves(this._aws, resource);
      if (!this._isDisposed && (found.length || this._series.length)) {
        this._series = found;
        this._changed.emit();
      }
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw error;
      }
      // What happens next asks again.
    }
  }, PAUSE);

  private _series: readonly Series[] = [];
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

/** Every value that a training job has measured. */
export async function learningCurves(aws: Aws, job: Resource): Promise<Series[]> {
  const { Metrics: known } = await aws.call<{ Metrics: { MetricName: string }[] }>(
    'ListMetrics',
    {
      Namespace: '/aws/sagemaker/TrainingJobs',
      Dimensions: [{ Name: 'TrainingJobName', Value: job.name }]
    },
    'cloudwatch'
  );
  const names = known.map(each => each.MetricName).slice(0, AT_ONCE);
  if (!names.length) {
    return [];
  }
  const answer = await aws.call<{
    MetricQueryResults: { XAxisValues: number[]; MetricValues: number[] }[];
  }>(
    'BatchGetMetrics',
    {
      MetricQueries: names.map(name => ({
        MetricName: name,
        ResourceArn: job.arn,
        MetricStat: 'Last',
        Period: 'IterationNumber',
        XAxisType: 'IterationNumber'
      }))
    },
    'sagemaker-metrics'
  );
  return answer.MetricQueryResults.map(({ XAxisValues, MetricValues }, index) => ({
    name: names[index],
    points: MetricValues.map((value, place) => ({ step: XAxisValues[place], value }))
  }));
}

/** What a metric measures, whatever the data: `mlogloss` of `validation:mlogloss`. */
export function measure(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** Names of metrics by what they measure, those of one chart together. */
export function charts(names: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of names) {
    found.set(measure(name), [...(found.get(measure(name)) ?? []), name]);
  }
  return found;
}

/** Whether less of a metric is better, as far as its name tells. */
export function isLoss(name: string): boolean {
  return /loss|error|err\b|rmse|mse|mae|mape|deviance|nloglik|perplexity|wer\b|latency|duration/i.test(name);
}
