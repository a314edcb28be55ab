import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Contents, Kernel } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';

import { IStudio } from './tokens';

/** What the pages of the main area work with. */
export interface IDesk {
  studio: IStudio;
  commands: CommandRegistry;
  contents: Contents.IManager;
  kernels: Kernel.IManager;
  /** Draws charts; null where JupyterLab has none. */
  rendermime: IRenderMimeRegistry | null;
  notebooks: INotebookTracker | null;
}
