import { JSONObject } from '@lumino/coreutils';

import { POINTS } from '../chart';

/** Learning curves: a line for each series, zoomed with the wheel, moved by dragging. */
export function curves(title: string, legend: string, step: string, height: number): JSONObject {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    width: 'container',
    height,
    autosize: { type: 'fit', contains: 'padding' },
    background: 'transparent',
    data: { name: POINTS },
    params: [{ name: 'zoom', select: 'interval', bind: 'scales' }],
    mark: { type: 'line', point: { size: 12 }, tooltip: true, clip: true },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: step, axis: { grid: false, tickMinStep: 1, format: '~s' } },
      y: { field: 'value', type: 'quantitative', title, scale: { zero: false } },
      color: {
        field: 'series',
        type: 'nominal',
        title: legend || null,
        legend: { orient: 'top', labelLimit: 320, columns: 2 }
      },
      order: { field: 'step' },
      tooltip: [
        { field: 'series', type: 'nominal', title: ' ' },
        { field: 'step', type: 'quantitative', title: step },
        { field: 'value', type: 'quantitative', title, format: '.5~g' }
      ]
    }
  };
}

const MOST = 1000; // points of a line; more cannot be told apart

/** At most as many points as can be seen, the first and the last among them. */
export function thinned<T>(points: readonly T[], most = MOST): readonly T[] {
  if (points.length <= most) {
    return points;
  }
  const stride = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => points[Math.round(index * stride)]);
}
