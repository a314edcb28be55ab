import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import { comparePage } from '../compare/page';
import { IDesk } from '../desk';
import { listPage } from '../list/page';
import { addResourceCommands } from '../resource/commands';
import { resourcePage } from '../resource/page';
import { IPages, IStudio } from '../tokens';

/** The pages of what exists: one resource, a list, a comparison. */
export const desk: JupyterFrontEndPlugin<void> = {
  id: 'studio-ext:desk',
  description: 'Pages of resources, of lists of them, and of jobs side by side.',
  autoStart: true,
  requires: [IStudio, IPages],
  optional: [IRenderMimeRegistry, INotebookTracker],
  activate: (
    app: JupyterFrontEnd,
    studio: IStudio,
    pages: IPages,
    rendermime: IRenderMimeRegistry | null,
    notebooks: INotebookTracker | null
  ) => {
    const { commands, serviceManager } = app;
    const { contents, kernels } = serviceManager;
    const found: IDesk = { studio, commands, contents, kernels, rendermime, notebooks };
    addResourceCommands(found);
    pages.register('resource', resourcePage(found));
    pages.register('compare', comparePage(found));
    pages.register('list', listPage(found));
  }
};
