import { Aws, AwsError } from '../aws';
import { Resource } from '../resources';
import { Reading } from './reading';

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
export class Metrics extends Reading {
  constructor(
    private readonly _aws: Aws,
    private readonly _resource: () => Resource | null
  ) {
    super(PAUSE);
  }

  get series(): readonly Series[] {
    return this._series;
  }

  protected override async read(): Promise<void> {
    const resource = this._resource();
    if (!resource?.arn) {
      return;
    }
    try {
      const found = await learningCurves(this._aws, resource);
      if (found.length || this._series.length) {
        this._series = found;
        this.emitChanged();
      }
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw error;
      }
      // What happens next asks again.
    }
  }

  private _series: readonly Series[] = [];
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
