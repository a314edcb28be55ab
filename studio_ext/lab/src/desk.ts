import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Contents } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';

import { IStudio } from './tokens';

/** What the pages of the main area work with. */
export interface IDesk {
  studio: IStudio;
  commands: CommandRegistry;
  contents: Contents.IManager;
  /** Draws charts; null where JupyterLab has none. */
  rendermime: IRenderMimeRegistry | null;
  notebooks: INotebookTracker | null;
}
