import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';

import { CommandIDs } from '../commands';
import { studioIcon } from '../icons';
import { SidebarModel } from '../sidebar/model';
import { StudioSidebar } from '../sidebar/panel';
import { IStudio } from '../tokens';

const RANK = 501; // the first of those for extensions

/** The sidebar. */
export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'studio-ext:sidebar',
  description: 'Everything that exists and runs in Studio.',
  autoStart: true,
  requires: [IStudio],
  optional: [ILayoutRestorer, ICommandPalette, IStateDB, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    studio: IStudio,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    state: IStateDB | null,
    registry: ISettingRegistry | null
  ) => {
    const model = new SidebarModel(studio, state);
    const panel = new StudioSidebar(model, app.commands);
    app.shell.add(panel, 'left', { rank: RANK, type: 'Studio' });
    restorer?.add(panel, panel.id);
    void registry?.load('studio-ext:plugin').then(settings => {
      const read = () => {
        model.rows = settings.get('rows').composite as number;
      };
      read();
      settings.changed.connect(read);
    });
    const { trans } = studio;
    app.commands.addCommand(CommandIDs.open, {
      label: trans.__('Show Studio'),
      caption: trans.__('Everything that exists and runs in Studio'),
      icon: studioIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => app.shell.activateById(panel.id)
    });
    palette?.addItem({ command: CommandIDs.open, category: trans.__('Studio') });
  }
};
