import { IRunningSessions } from '@jupyterlab/running';
import { CommandRegistry } from '@lumino/commands';
import { ISignal, Signal } from '@lumino/signaling';

import { CommandIDs } from '../commands';
import { Progress } from '../feed';
import { studioIcon } from '../icons';
import { IStudio } from '../tokens';

/** Studio's running jobs, for JupyterLab's Running panel. */
export class RunningJobs implements IRunningSessions.IManager {
  constructor(
    private readonly _studio: IStudio,
    private readonly _commands: CommandRegistry
  ) {
    const { feed } = _studio;
    for (const signal of [feed.changed, feed.progressed, feed.refreshed] as ISignal<unknown, unknown>[]) {
      signal.connect(() => this._changed.emit(), this);
    }
    const { trans } = _studio;
    this.name = trans.__('Studio Jobs');
    this.shutdownLabel = trans.__('Stop');
    this.shutdownAllLabel = trans.__('Stop All');
    this.shutdownAllConfirmationText = trans.__('Stop all jobs of Studio that run?');
  }

  readonly name: string;
  readonly supportsMultipleViews = false;
  readonly shutdownLabel: string;
  readonly shutdownAllLabel: string;
  readonly shutdownAllConfirmationText: string;

  get runningChanged(): ISignal<this, void> {
    return this._changed;
  }

  running(): IRunningSessions.IRunningItem[] {
    return [...this._studio.feed.running.values()].map(job => this._item(job));
  }

  shutdownAll(): void {
    this.running().forEach(item => item.shutdown?.());
  }

  refreshRunning(): void {
    this._changed.emit();
  }

  private _item(job: Progress): IRunningSessions.IRunningItem {
    const { trans } = this._studio;
    const place = { kind: job.kind, name: job.name };
    return {
      open: () => void this._commands.execute(CommandIDs.openResource, place),
      shutdown: () => void this._commands.execute(CommandIDs.stop, place),
      icon: () => studioIcon,
      label: () => job.name,
      labelTitle: () => trans.__('cell %1 of %2', job.cell, job.of),
      detail: () => `${job.cell}/${job.of}`
    };
  }

  private _changed = new Signal<this, void>(this);
}
