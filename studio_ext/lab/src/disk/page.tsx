import { ReactWidget } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { size } from '../format';
import { useSignal } from '../hooks';
import { IStudio } from '../tokens';
import { Waiting } from '../waiting';
import { Bars } from './bars';
import { Buckets } from './buckets';
import { Clearing, bytesOf } from './clearing';
import { Jobs } from './jobs';
import { Preview } from './preview';

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
