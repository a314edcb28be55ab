import { JSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { Chart, POINTS } from '../chart';
import { IDesk } from '../desk';
import { number } from '../format';
import { curves, thinned } from '../resource/chartspec';
import { Section } from '../resource/section';
import { CompareModel, Line } from './model';

const HEIGHT = 260;
const MOST_AXES = 10;

/** Learning curves over each other. */
export function Curves({ desk, model }: { desk: IDesk; model: CompareModel }): JSX.Element | null {
  const { trans } = desk.studio;
  const { jobs } = model;
  const names = [...new Set(jobs.flatMap(job => job.series.map(series => series.name)))];
  const [chosen, choose] = React.useState('');
  const usual = names.find(name => /^valid|^test/.test(name)) ?? names[0] ?? '';
  const shown = names.includes(chosen) ? chosen : names.includes(model.sortedBy) ? model.sortedBy : usual;
  const points = React.useMemo(
    () =>
      jobs.flatMap(job => {
        const found = job.series.find(series => series.name === shown)?.points ?? [];
        return thinned(found).map(point => ({ ...point, series: job.name }));
      }),
    [jobs, shown]
  );
  const spec = React.useMemo(() => curves(shown, '', trans.__('iteration'), HEIGHT), [shown]);
  if (!names.length || !desk.rendermime) {
    return null;
  }
  return (
    <Section
      title={trans.__('Learning curves')}
      aside={
        <select
          className="jp-Studio-select"
          aria-label={trans.__('Metric')}
          value={shown}
          onChange={event => choose(event.target.value)}
        >
          {names.map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
      }
    >
      <Chart
        rendermime={desk.rendermime}
        spec={spec}
        points={points}
        label={trans.__('%1 of each job by iteration', shown)}
      />
    </Section>
  );
}

/** What differs in numbers: a line for each job across the axes, or bars when there is one. */
export function Differences(props: {
  desk: IDesk;
  model: CompareModel;
  lines: readonly Line[];
}): JSX.Element | null {
  const { desk, model, lines } = props;
  const { trans } = desk.studio;
  const { jobs } = model;
  const axes = lines
    .filter(line => line.differs && line.numbers.some(value => !Number.isNaN(value)))
    .filter(line => line.values.every((value, place) => value === '' || !Number.isNaN(line.numbers[place])))
    .slice(-MOST_AXES);
  const many = axes.length > 1;
  const points = React.useMemo(
    () => axes.flatMap(axis => (many ? scaled(axis, model) : raw(axis, model))),
    [jobs, lines]
  );
  const spec = React.useMemo(
    () => (many ? parallel(axes.map(axis => axis.name)) : bars(axes[0]?.name ?? '')),
    [axes.map(axis => axis.name).join('\n')]
  );
  if (!axes.length || jobs.length < 2 || !desk.rendermime) {
    return null;
  }
  return (
    <Section title={trans.__('Differences')}>
      <Chart
        rendermime={desk.rendermime}
        spec={spec}
        points={points}
        label={trans.__('The numbers in which the jobs differ')}
      />
    </Section>
  );
}

function scaled({ name, numbers }: Line, { jobs }: CompareModel): object[] {
  const known = numbers.filter(value => !Number.isNaN(value));
  const low = Math.min(...known);
  const room = Math.max(...known) - low || 1;
  // Of the values only the ends of an axis are written, each once; the pointer tells the others.
  const ends = new Set([low, Math.max(...known)].map(value => numbers.indexOf(value)));
  return jobs
    .map((job, place) => ({
      series: job.name,
      axis: name,
      height: (numbers[place] - low) / room,
      value: number(numbers[place]),
      end: ends.has(place) ? number(numbers[place]) : ''
    }))
    .filter(({ height }) => !Number.isNaN(height));
}

function raw({ numbers }: Line, { jobs }: CompareModel): object[] {
  return jobs
    .map((job, place) => ({ series: job.name, value: numbers[place] }))
    .filter(({ value }) => !Number.isNaN(value));
}

const FRAME = {
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  width: 'container',
  height: HEIGHT,
  autosize: { type: 'fit', contains: 'padding' },
  background: 'transparent',
  data: { name: POINTS }
};
const COLOR = {
  field: 'series',
  type: 'nominal',
  title: null,
  legend: { orient: 'top', labelLimit: 320, columns: 2 }
};

function parallel(axes: string[]): JSONObject {
  return {
    ...FRAME,
    encoding: {
      x: { field: 'axis', type: 'nominal', sort: axes, title: null, scale: { type: 'point' }, axis: { grid: true, labelAngle: -20, labelLimit: 160 } },
      y: { field: 'height', type: 'quantitative', axis: null, scale: { domain: [0, 1.08] } },
      color: COLOR,
      detail: { field: 'series' }
    },
    layer: [
      { mark: { type: 'line' } },
      {
        mark: { type: 'point', filled: true, size: 60, tooltip: true },
        encoding: {
          tooltip: [
            { field: 'series', title: ' ' },
            { field: 'axis', title: '  ' },
            { field: 'value', title: '   ' }
          ]
        }
      },
      {
        mark: { type: 'text', dx: 6, dy: -7, align: 'left', fontSize: 10 },
        encoding: { text: { field: 'end' }, color: { value: 'gray' } }
      }
    ]
  } as unknown as JSONObject;
}

function bars(title: string): JSONObject {
  return {
    ...FRAME,
    mark: { type: 'bar', tooltip: true },
    encoding: {
      y: { field: 'series', type: 'nominal', title: null, sort: null, axis: { labelLimit: 220 } },
      x: { field: 'value', type: 'quantitative', title },
      color: { ...COLOR, legend: null }
    }
  } as unknown as JSONObject;
}
