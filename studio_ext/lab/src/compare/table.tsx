import { CommandRegistry } from '@lumino/commands';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { number } from '../format';
import { Status } from '../status';
import { CompareModel, Line, best } from './model';

/** A column for each job, a row for each parameter and metric; what differs is marked. */
export function CompareTable(props: {
  model: CompareModel;
  commands: CommandRegistry;
  lines: readonly Line[];
  onlyDifferences: boolean;
}): JSX.Element {
  const { model, commands, lines, onlyDifferences } = props;
  const { trans } = model.studio;
  const { jobs } = model;
  const wanted = (line: Line) => line.isMetric || line.differs || !onlyDifferences || jobs.length < 2;
  const parameters = lines.filter(line => !line.isMetric && wanted(line));
  const metrics = lines.filter(line => line.isMetric);
  return (
    <div className="jp-StudioCompare-scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{trans.__('Job')}</th>
            {jobs.map(({ name }) => (
              <th key={name} scope="col">
                <span className="jp-StudioCompare-job">
                  <button
                    className="jp-Studio-link"
                    onClick={() => void commands.execute(CommandIDs.openResource, { kind: model.noun, name })}
                  >
                    {name}
                  </button>
                  <button
                    className="jp-StudioCompare-remove"
                    aria-label={trans.__('Take %1 out of the comparison', name)}
                    title={trans.__('Take %1 out of the comparison', name)}
                    onClick={() => model.remove(name)}
                  >
                    <closeIcon.react tag="span" aria-hidden="true" />
                  </button>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{trans.__('Status')}</th>
            {jobs.map(({ name, resource, error }) => (
              <td key={name} title={error}>
                {resource ? <Status status={resource.status} trans={trans} word /> : error || '…'}
              </td>
            ))}
          </tr>
        </tbody>
        {parameters.length ? (
          <tbody>
            <tr>
              <th scope="rowgroup" colSpan={jobs.length + 1}>
                {trans.__('Parameters')}
              </th>
            </tr>
            {parameters.map(line => (
              <tr key={line.name} className={line.differs ? 'jp-mod-differs' : ''}>
                <th scope="row">
                  {line.name}
                  <Different line={line} words={trans.__('differs')} />
                </th>
                {line.values.map((value, place) => (
                  <td key={jobs[place].name}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        ) : null}
        {metrics.length ? (
          <tbody>
            <tr>
              <th scope="rowgroup" colSpan={jobs.length + 1}>
                {trans.__('Metrics')}
              </th>
            </tr>
            {metrics.map(line => (
              <MetricRow key={line.name} line={line} model={model} />
            ))}
          </tbody>
        ) : null}
      </table>
    </div>
  );
}

function MetricRow({ line, model }: { line: Line; model: CompareModel }): JSX.Element {
  const { trans } = model.studio;
  const winner = best(line);
  const sorted = model.sortedBy === line.name;
  return (
    <tr className={line.differs ? 'jp-mod-differs' : ''}>
      <th scope="row">
        <button
          className="jp-StudioList-sort"
          aria-pressed={sorted}
          title={trans.__('Sort the jobs by %1', line.name)}
          onClick={() => model.sort(line.name)}
        >
          {line.name}
          <span aria-hidden="true">{sorted ? '▸' : ''}</span>
        </button>
        <Different line={line} words={trans.__('differs')} />
      </th>
      {line.numbers.map((value, at) => (
        <td
          key={model.jobs[at].name}
          className={value === winner ? 'jp-mod-best' : ''}
          title={value === winner ? trans.__('best') : undefined}
        >
          {Number.isNaN(value) ? '' : number(value)}
          {value === winner ? <span className="jp-Studio-hidden">{trans.__('best')}</span> : null}
        </td>
      ))}
    </tr>
  );
}

function Different({ line, words }: { line: Line; words: string }): JSX.Element | null {
  return line.differs ? (
    <span className="jp-StudioCompare-differs" title={words}>
      <span aria-hidden="true">≠</span>
      <span className="jp-Studio-hidden"> {words}</span>
    </span>
  ) : null;
}
