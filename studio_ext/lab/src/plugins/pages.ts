import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';

import { CommandIDs, addCommands } from '../commands';
import { Pages } from '../pages';
import { IPages, IStudio } from '../tokens';

/** The pages of the main area, and the commands that open them. */
export const pages: JupyterFrontEndPlugin<IPages> = {
  id: 'studio-ext:pages',
  description: 'A page for each resource, and forms to create them.',
  autoStart: true,
  provides: IPages,
  requires: [IStudio],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    studio: IStudio,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): IPages => {
    const found = new Pages(app, restorer, CommandIDs.openPage);
    addCommands(app, studio, found, palette);
    return found;
  }
};
