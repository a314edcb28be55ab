import { Dialog, Notification, ReactWidget, showDialog } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { isOver } from '../feed';
import { ago, size, when } from '../format';
import { useSignal } from '../hooks';
import { Status } from '../status';
import { IStudio } from '../tokens';
import { Waiting } from '../waiting';
import { Clearing, JobOnDisk, bytesOf, ended, jobKey } from './clearing';

const ROWS = 100;
const SHOWN_IN_PREVIEW = 20;

/** What lies on the disk, and how to clear it. */
export class DiskPage extends ReactWidget {
  constructor(
    studio: IStudio,
    private readonly _commands: CommandRegistry
  ) {
    super();
    this._model = new Clearing(studio);
    this.addClass('jp-StudioForm');
    this.addClass('jp-StudioDisk');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', studio.trans.__('Disk usage'));
    void this._model.load();
  }

  protected override render(): JSX.Element {
    return <DiskView model={this._model} commands={this._commands} />;
  }

  private readonly _model: Clearing;
}

function DiskView({ model, commands }: { model: Clearing; commands: CommandRegistry }): JSX.Element {
  const { studio, disk } = model;
  const { trans } = studio;
  useSignal(model.changed);
  if (!disk) {
    return <Waiting trans={trans} problem={model.error} retry={() => void model.load()} />;
  }
  const studioBytes = bytesOf(disk.jobs) + bytesOf(disk.buckets) + bytesOf(disk.environments);
  const empty = !disk.jobs.length && !disk.buckets.length && !disk.environments.length;
  return (
    <>
      <div className="jp-StudioForm-body">
        <header className="jp-StudioForm-header">
          <h1>{trans.__('Disk usage')}</h1>
          <button type="button" className="jp-mod-styled" onClick={() => void model.load()}>
            {trans.__('Look again')}
          </button>
        </header>
        <p>
          {trans.__('Studio takes %1. %2 of %3 are free.', size(studioBytes), size(disk.free), size(disk.total))}
        </p>
        {model.error && (
          <p className="jp-StudioForm-problem" role="alert">
            {model.error}
          </p>
        )}
        {empty ? (
          <section>
            <p>{trans.__('There is nothing to clear: no jobs, buckets or environments yet.')}</p>
            <button
              type="button"
              className="jp-mod-styled jp-mod-accept"
              onClick={() => void commands.execute(CommandIDs.create, { kind: 'TrainingJob' })}
            >
              {trans.__('Train a model')}
            </button>
          </section>
        ) : (
          <>
            <Jobs model={model} jobs={disk.jobs} commands={commands} />
            <Buckets model={model} />
            {disk.environments.length > 0 && (
              <section>
                <h2>{trans.__('Environments')}</h2>
                <Bars rows={disk.environments.map(each => ({ label: each.name, bytes: each.bytes }))} />
              </section>
            )}
          </>
        )}
      </div>
      {!empty && <Preview model={model} />}
    </>
  );
}

function Jobs(props: { model: Clearing; jobs: JobOnDisk[]; commands: CommandRegistry }): JSX.Element {
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

function Buckets({ model }: { model: Clearing }): JSX.Element {
  const { trans } = model.studio;
  const buckets = model.disk!.buckets;
  const [bucket, setBucket] = React.useState('');
  const [prefix, setPrefix] = React.useState('');
  return (
    <section>
      <h2>
        {trans.__('Buckets')} <span className="jp-StudioForm-count">{size(bytesOf(buckets))}</span>
      </h2>
      {buckets.length === 0 ? (
        <p>{trans.__('There is no bucket.')}</p>
      ) : (
        <>
          <Bars
            rows={buckets.map(each => ({
              label: each.name,
              bytes: each.bytes,
              about: trans._n('%1 object', '%1 objects', each.objects)
            }))}
          />
          <div className="jp-StudioDisk-choose" role="group" aria-label={trans.__('Choose objects')}>
            <label className="jp-StudioForm-inline">
              {trans.__('Bucket')}
              <select
                className="jp-mod-styled"
                aria-label={trans.__('Bucket')}
                value={bucket}
                onChange={event => setBucket(event.target.value)}
              >
                <option value="">–</option>
                {buckets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label className="jp-StudioForm-inline">
              {trans.__('below')}
              <input
                type="text"
                className="jp-mod-styled"
                aria-label={trans.__('below')}
                placeholder="output/old-job/"
                spellCheck={false}
                value={prefix}
                onChange={event => setPrefix(event.target.value)}
              />
            </label>
            <button
              type="button"
              className="jp-mod-styled"
              disabled={!bucket && !model.part}
              onClick={() => void model.choosePart(bucket, prefix)}
            >
              {bucket ? trans.__('Choose these') : trans.__('Choose none')}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

/** Exactly what goes, and the button that lets it go. */
function Preview({ model }: { model: Clearing }): JSX.Element {
  const { trans } = model.studio;
  const { jobs, part, progress } = model;
  const names = [
    ...jobs.map(job => trans.__('%1 %2 (%3)', job.kind, job.name, size(job.bytes))),
    ...(part?.objects ?? []).map(({ key, size: bytes }) => `s3://${part!.bucket}/${key} (${size(bytes)})`)
  ];
  const clear = async () => {
    const answer = await showDialog({
      title: trans.__('Delete %1 things?', names.length),
      body: <Going names={names} bytes={model.bytes} model={model} />,
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })]
    });
    if (answer.button.accept) {
      const failures = await model.clear();
      if (failures.length) {
        Notification.error(trans.__('%1 could not be deleted. %2', failures.length, failures[0]).slice(0, 140));
      }
    }
  };
  return (
    <footer className="jp-StudioForm-footer">
      <button
        type="button"
        className="jp-mod-styled jp-mod-warn"
        disabled={!names.length || progress !== null}
        onClick={() => void clear()}
      >
        {trans.__('Delete…')}
      </button>
      {progress !== null && <progress value={progress} aria-label={trans.__('Deleting')} />}
      <details className="jp-StudioDisk-preview">
        <summary>
          {names.length
            ? trans.__('%1 things, %2, would go', names.length, size(model.bytes))
            : part
              ? trans.__('Nothing is below s3://%1/%2', part.bucket, part.prefix)
              : trans.__('Nothing is chosen')}
        </summary>
        <ul>
          {names.slice(0, 500).map(name => (
            <li key={name}>{name}</li>
          ))}
        </ul>
      </details>
    </footer>
  );
}

function Going({ names, bytes, model }: { names: string[]; bytes: number; model: Clearing }): JSX.Element {
  const { trans } = model.studio;
  return (
    <div>
      <p>{trans.__('%1 are freed. This cannot be undone.', size(bytes))}</p>
      <ul className="jp-StudioDisk-going">
        {names.slice(0, SHOWN_IN_PREVIEW).map(name => (
          <li key={name}>{name}</li>
        ))}
        {names.length > SHOWN_IN_PREVIEW && <li>{trans.__('and %1 more', names.length - SHOWN_IN_PREVIEW)}</li>}
      </ul>
    </div>
  );
}

function Bars({ rows }: { rows: { label: string; bytes: number; about?: string }[] }): JSX.Element {
  const sorted = [...rows].sort((a, b) => b.bytes - a.bytes);
  const most = Math.max(1, sorted[0]?.bytes ?? 1);
  return (
    <table className="jp-StudioDisk-table">
      <tbody>
        {sorted.map(({ label, bytes, about }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="jp-StudioForm-count">{about}</td>
            <td className="jp-StudioDisk-size">{size(bytes)}</td>
            <td className="jp-StudioDisk-bar">
              <Bar part={bytes / most} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Bar({ part }: { part: number }): JSX.Element {
  return (
    <span className="jp-Studio-bar" aria-hidden="true">
      <span style={{ width: `${Math.max(1, 100 * part)}%` }} />
    </span>
  );
}
