import { NotificationManager } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { CommandRegistry } from '@lumino/commands';

import { CommandIDs } from '../commands';
import { Change, isOver, placeKey } from '../feed';
import { statusWords } from '../status';
import { IStudio } from '../tokens';

const LONGEST = 140; // characters of a notification

/** Notes the ends of jobs at JupyterLab's bell; the settings say which, and whether they show. */
export function notifyEnds(
  studio: IStudio,
  commands: CommandRegistry,
  registry: ISettingRegistry | null,
  manager: NotificationManager
): void {
  let which = 'silent';
  void registry?.load('studio-ext:plugin').then(settings => {
    const read = () => {
      which = settings.get('notify').composite as string;
    };
    read();
    settings.changed.connect(read);
  });
  const active = new Set<string>();
  const { feed, trans } = studio;
  feed.refreshed.connect((_, { running }) => running.forEach(job => active.add(placeKey(job))));
  feed.progressed.connect((_, job) => active.add(placeKey(job)));
  feed.changed.connect((_: unknown, change: Change) => {
    if (!isOver(change.status) || !active.delete(placeKey(change)) || which === 'none') {
      return;
    }
    const failed = change.status === 'Failed';
    const shown = which === 'all' || (which === 'failures' && failed);
    const text = `${change.name}: ${change.message || statusWords(change.status, trans)}`;
    manager.notify(text.slice(0, LONGEST), failed ? 'error' : 'success', {
      autoClose: shown ? 5000 : 0,
      actions: [
        {
          label: trans.__('Open'),
          callback: () =>
            void commands.execute(CommandIDs.openResource, { kind: change.kind, name: change.name })
        }
      ]
    });
  });
}
