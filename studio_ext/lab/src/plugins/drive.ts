import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { FileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';

import { CommandIDs } from '../commands';
import { StudioFiles } from '../drive/browser';
import { StudioDrive } from '../drive/drive';
import { bucketIcon } from '../icons';
import { IStudio } from '../tokens';

const RANK = 502; // below the sidebar

/** Buckets and jobs as files: the drive `studio:`. */
export const drive: JupyterFrontEndPlugin<void> = {
  id: 'studio-ext:drive',
  description: 'Buckets and the folders of jobs in a file browser.',
  autoStart: true,
  requires: [IStudio],
  optional: [IFileBrowserFactory, ILayoutRestorer, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    studio: IStudio,
    factory: IFileBrowserFactory | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const { trans } = studio;
    const drive = new StudioDrive(app.serviceManager.serverSettings, studio.s3);
    app.serviceManager.contents.addDrive(drive);
    if (!factory) {
      return;
    }
    const files = new StudioFiles(factory, drive, studio, translator ?? undefined);
    app.shell.add(files, 'left', { rank: RANK, type: 'Studio' });
    restorer?.add(files, files.id);
    app.commands.addCommand(CommandIDs.openBucket, {
      label: trans.__('Studio Files'),
      caption: trans.__('Look into a bucket'),
      icon: bucketIcon,
      describedBy: {
        args: { type: 'object', properties: { bucket: { type: 'string' }, prefix: { type: 'string' }, path: { type: 'string' } } }
      },
      execute: async ({ bucket, prefix, path }) => {
        app.shell.activateById(files.id);
        const inside = path ?? ['buckets', bucket, prefix].filter(Boolean).join('/');
        await show(files.browser, String(inside));
      }
    });
    palette?.addItem({ command: CommandIDs.openBucket, category: trans.__('Studio') });
  }
};

/** Shows a folder, or the folder of a file with the file selected. */
async function show(browser: FileBrowser, path: string): Promise<void> {
  const [, folder, name] = /^(?:(.*)\/)?([^/]*)$/s.exec(path)!;
  const { model } = browser;
  await model.cd(`/${folder ?? ''}`);
  const found = [...model.items()].find(item => item.name === name);
  if (found?.type === 'directory') {
    await model.cd(`/${path}`);
  } else if (found) {
    await browser.selectItemByName(name);
  }
}
