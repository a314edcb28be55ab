import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { isOver } from '../feed';
import { ago, size, when } from '../format';
import { Status } from '../status';
import { Bar } from './bars';
import { Clearing, JobOnDisk, bytesOf, ended, jobKey } from './clearing';

const ROWS = 100;

/** What jobs have left, the largest first, and which of it is chosen to go. */
export function Jobs(props: { model: Clearing; jobs: JobOnDisk[]; commands: CommandRegistry }): JSX.Element {
  const { model, jobs, commands } = props;
  const { studio } = model;
  const { trans } = studio;
  const [days, setDays] = React.useState('30');
  const [rows, setRows] = React.useState(ROWS);
  const sorted = [...jobs].sort((a, b) => b.bytes - a.bytes);
  const most = Math.max(1, ...jobs.map(({ bytes }) => bytes));
  const number = Number(days);
  return (
    <section>
      <h2>
        {trans.__('Jobs')} <span className="jp-StudioForm-count">{size(bytesOf(jobs))}</span>
      </h2>
      {jobs.length === 0 && <p>{trans.__('No job has left anything.')}</p>}
      {jobs.length > 0 && (
        <>
          <div className="jp-StudioDisk-choose" role="group" aria-label={trans.__('Choose jobs')}>
            <label className="jp-StudioForm-inline">
              {trans.__('Ended more than')}
              <input
                type="number"
                min={0}
                value={days}
                aria-label={trans.__('Days')}
                onChange={event => setDays(event.target.value)}
              />
              {trans.__('days ago')}
            </label>
            <button
              type="button"
              className="jp-mod-styled"
              disabled={!(number >= 0) || days === ''}
              onClick={() => model.chooseOnly(ended(jobs, { days: number }))}
            >
              {trans.__('Choose these')}
            </button>
            <button type="button" className="jp-mod-styled" onClick={() => model.chooseOnly(ended(jobs, { failed: true }))}>
              {trans.__('Choose the failed')}
            </button>
            <button type="button" className="jp-mod-styled" onClick={() => model.chooseOnly([])}>
              {trans.__('Choose none')}
            </button>
          </div>
          <table className="jp-StudioDisk-table">
            <thead>
              <tr>
                <th scope="col">
                  <span className="jp-Studio-hidden">{trans.__('Chosen')}</span>
                </th>
                <th scope="col">{trans.__('Name')}</th>
                <th scope="col">{trans.__('Status')}</th>
                <th scope="col">{trans.__('Ended')}</th>
                <th scope="col" colSpan={2}>
                  {trans.__('Size')}
                </th>
              </tr>
            </thead>
            <tbody>
              {sorted.slice(0, rows).map(job => (
                <tr key={jobKey(job)}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={trans.__('Choose %1', job.name)}
                      disabled={!isOver(job.status)}
                      checked={model.isChosen(job)}
                      onChange={event => model.choose([job], event.target.checked)}
                    />
                  </td>
                  <th scope="row">
                    <button
                      type="button"
                      className="jp-StudioDisk-link"
                      onClick={() => void commands.execute(CommandIDs.openResource, { kind: job.kind, name: job.name })}
                    >
                      {job.name}
                    </button>
                    {job.region !== studio.region && <span className="jp-StudioForm-count"> {job.region}</span>}
                  </th>
                  <td>
                    <Status status={job.status} trans={trans} word />
                  </td>
                  <td title={job.ended ? when(job.ended, studio.locale) : ''}>
                    {job.ended ? ago(job.ended, studio.locale) : '–'}
                  </td>
                  <td className="jp-StudioDisk-size">{size(job.bytes)}</td>
                  <td className="jp-StudioDisk-bar">
                    <Bar part={job.bytes / most} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {sorted.length > rows && (
            <button type="button" className="jp-mod-styled" onClick={() => setRows(rows + ROWS)}>
              {trans.__('Show %1 more', Math.min(ROWS, sorted.length - rows))}
            </button>
          )}
        </>
      )}
    </section>
  );
}
