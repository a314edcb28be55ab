import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';

import { CommandIDs } from '../commands';
import { addRunCommand } from '../run/command';
import { RunPage } from '../run/page';
import { IPages, IStudio } from '../tokens';

/** Notebooks as jobs. */
export const run: JupyterFrontEndPlugin<void> = {
  id: 'studio-ext:run',
  description: 'Runs a notebook as a job, with its parameters in a form.',
  autoStart: true,
  requires: [IStudio, IPages],
  optional: [IFileBrowserFactory, INotebookTracker, IDocumentManager, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    studio: IStudio,
    pages: IPages,
    browsers: IFileBrowserFactory | null,
    notebooks: INotebookTracker | null,
    manager: IDocumentManager | null,
    palette: ICommandPalette | null
  ) => {
    const { trans } = studio;
    pages.register('run', ({ path }) => ({
      content: new RunPage({
        studio,
        commands: app.commands,
        kernels: () => app.serviceManager.kernelspecs.specs,
        path: String(path)
      }),
      label: trans.__('Run %1', PathExt.basename(String(path))),
      caption: trans.__('Run %1 as a job', String(path))
    }));
    addRunCommand(app, studio, pages, { browsers, notebooks, manager });
    palette?.addItem({ command: CommandIDs.runNotebook, category: trans.__('Studio') });
  }
};
