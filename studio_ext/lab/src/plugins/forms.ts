import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { JSONObject } from '@lumino/coreutils';

import { CreatePage } from '../create/page';
import { DiskPage } from '../disk/page';
import { IPages, IStudio } from '../tokens';

/** Forms that create what Studio keeps. */
export const forms: JupyterFrontEndPlugin<void> = {
  id: 'studio-ext:forms',
  description: 'Forms to create resources.',
  autoStart: true,
  requires: [IStudio, IPages],
  optional: [IDocumentManager],
  activate: (app: JupyterFrontEnd, studio: IStudio, pages: IPages, manager: IDocumentManager | null) => {
    const { trans } = studio;
    pages.register('create', ({ kind, request, clone }) => ({
      content: new CreatePage({
        studio,
        commands: app.commands,
        manager,
        kind: String(kind),
        request: request as JSONObject | undefined,
        clone: clone === undefined ? undefined : String(clone)
      }),
      label: clone ? trans.__('Clone %1', String(clone)) : trans.__('New %1', String(kind))
    }));
    pages.register('disk', () => ({
      content: new DiskPage(studio, app.commands),
      label: trans.__('Disk usage')
    }));
  }
};
