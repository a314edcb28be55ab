import { JupyterFrontEnd } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { INotebookTracker } from '@jupyterlab/notebook';

import { CommandIDs } from '../commands';
import { studioIcon } from '../icons';
import { IPages, IStudio } from '../tokens';
import { chooseNotebook } from './choose';

/** Where the command finds the notebook that is meant. */
export interface Sources {
  browsers: IFileBrowserFactory | null;
  notebooks: INotebookTracker | null;
  manager: IDocumentManager | null;
}

/** The command that runs a notebook as a job: the one given, selected, open, or chosen. */
export function addRunCommand(app: JupyterFrontEnd, studio: IStudio, pages: IPages, sources: Sources): void {
  const { trans } = studio;
  const { browsers, notebooks, manager } = sources;

  const find = async (from: unknown): Promise<string | null> => {
    const selected = [...(browsers?.tracker.currentWidget?.selectedItems() ?? [])].find(
      ({ type }) => type === 'notebook'
    );
    const current = notebooks?.currentWidget;
    if (from === 'browser') {
      return selected?.path ?? null;
    }
    if (current && (from === 'notebook' || current === app.shell.currentWidget)) {
      return current.context.path;
    }
    return manager && chooseNotebook(manager, trans);
  };

  app.commands.addCommand(CommandIDs.runNotebook, {
    label: ({ from }) => (from === 'notebook' ? '' : trans.__('Run as Job…')),
    caption: trans.__('Run this notebook as a Studio job, with its parameters in a form'),
    icon: studioIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          path: { type: 'string', description: trans.__('The notebook; the selected or open one without it') },
          from: { type: 'string', enum: ['browser', 'notebook'] }
        }
      }
    },
    execute: async ({ path, from }) => {
      const found = path === undefined ? await find(from) : String(path);
      if (!found) {
        return;
      }
      const context = manager && openContext(manager, found);
      if (context?.model.dirty) {
        await context.save(); // the job runs what is on the disk
      }
      return pages.open('run', { path: found });
    }
  });
}

function openContext(manager: IDocumentManager, path: string) {
  const widget = manager.findWidget(path, null);
  return widget ? manager.contextForWidget(widget) : undefined;
}
