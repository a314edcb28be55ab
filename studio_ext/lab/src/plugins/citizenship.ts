import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { IRunningSessionManagers } from '@jupyterlab/running';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';

import { RunningJobs } from '../citizenship/running';
import { StatusItem } from '../citizenship/statusbar';
import { notifyEnds } from '../citizenship/notify';
import { CommandIDs } from '../commands';
import { IStudio } from '../tokens';

/** Studio where JupyterLab's users look anyway: launcher, Running panel, status bar, bell. */
export const citizenship: JupyterFrontEndPlugin<void> = {
  id: 'studio-ext:citizenship',
  description: 'Studio in the launcher, the Running panel, the status bar and the notifications.',
  autoStart: true,
  requires: [IStudio],
  optional: [ILauncher, IRunningSessionManagers, IStatusBar, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    studio: IStudio,
    launcher: ILauncher | null,
    running: IRunningSessionManagers | null,
    statusBar: IStatusBar | null,
    registry: ISettingRegistry | null
  ) => {
    const { commands } = app;
    launcher?.add({
      command: CommandIDs.create,
      args: { kind: 'TrainingJob', isLauncher: true },
      category: studio.trans.__('Studio'),
      rank: 1
    });
    running?.add(new RunningJobs(studio, commands));
    statusBar?.registerStatusItem('studio-ext:status', {
      item: new StatusItem(studio, () => void commands.execute(CommandIDs.open)),
      align: 'left',
      rank: 10
    });
    notifyEnds(studio, commands, registry, Notification.manager);
    checkVersion(studio);
  }
};

/** Front end and server are one package; a tab may be older than the server. */
function checkVersion(studio: IStudio): void {
  let told = false;
  studio.feed.refreshed.connect((_, { version }) => {
    if (version !== VERSION && !told) {
      told = true;
      Notification.warning(
        studio.trans.__('Studio %1 runs, this page is of %2. Reload it; if that does not help: pip install -U studio-ext',
          version, VERSION), { autoClose: false });
    }
  });
}

declare const VERSION: string;
