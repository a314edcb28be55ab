import * as React from 'react';

import { Chart } from '../chart';
import { IDesk } from '../desk';
import { number } from '../format';
import { useSignal } from '../hooks';
import { curves, thinned } from './chartspec';
import { Metrics, charts } from './metrics';
import { ResourceModel } from './model';
import { Section } from './section';

const HEIGHT = 230;

interface Final {
  MetricName: string;
  Value: number;
}

/** What a job measures, as it measures it. */
export function MetricsCard(props: { desk: IDesk; model: ResourceModel; metrics: Metrics }): JSX.Element {
  const { desk, model, metrics } = props;
  const { trans } = desk.studio;
  useSignal(metrics.changed);
  const { series } = metrics;
  const groups = React.useMemo(() => charts(series.map(each => each.name)), [series]);
  const [chosen, choose] = React.useState('');
  const shown = groups.has(chosen) ? chosen : (preferred(groups) ?? '');
  const points = React.useMemo(
    () =>
      series
        .filter(({ name }) => groups.get(shown)?.includes(name))
        .flatMap(({ name, points }) => thinned(points).map(point => ({ ...point, series: name }))),
    [series, shown]
  );
  const spec = React.useMemo(() => curves(shown, '', trans.__('iteration'), HEIGHT), [shown]);
  const final = (model.resource!.fields.FinalMetricDataList ?? []) as unknown as Final[];
  return (
    <Section
      title={trans.__('Metrics')}
      aside={
        groups.size > 1 ? (
          <select
            className="jp-Studio-select"
            aria-label={trans.__('Metric')}
            value={shown}
            onChange={event => choose(event.target.value)}
          >
            {[...groups.keys()].map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        ) : null
      }
    >
      {points.length && desk.rendermime ? (
        <Chart
          rendermime={desk.rendermime}
          spec={spec}
          points={points}
          label={trans.__('%1 by iteration', shown)}
        />
      ) : (
        <p className="jp-StudioPage-empty">
          {model.isOver ? trans.__('It measured nothing.') : trans.__('Nothing measured yet.')}
        </p>
      )}
      {final.length ? (
        <dl className="jp-StudioPage-finals">
          {final.map(({ MetricName, Value }) => (
            <div key={MetricName}>
              <dt>{MetricName}</dt>
              <dd>{number(Value)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </Section>
  );
}

/** The chart to begin with: the first with validation data, which say most. */
function preferred(groups: Map<string, string[]>): string | undefined {
  const names = [...groups.entries()];
  return (names.find(([, each]) => each.some(name => /valid|test/.test(name))) ?? names[0])?.[0];
}
