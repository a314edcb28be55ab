import { ToolbarButton } from '@jupyterlab/apputils';
import { FileBrowser, IFileBrowserFactory, Uploader } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { newFolderIcon, refreshIcon } from '@jupyterlab/ui-components';
import { Message, MessageLoop } from '@lumino/messaging';

import { bucketIcon } from '../icons';
import { IStudio } from '../tokens';
import { NAME } from './drive';

const SELDOM = 300_000; // milliseconds; what happens in Studio refreshes it as well

/** The file browser of the drive, beside JupyterLab's own. */
export function createBrowser(
  factory: IFileBrowserFactory,
  studio: IStudio,
  translator: ITranslator | undefined
): FileBrowser {
  const { trans } = studio;
  const browser = factory.createFileBrowser('studio-files', {
    driveName: NAME,
    auto: false,
    restore: false,
    refreshInterval: SELDOM
  });
  browser.addClass('jp-StudioFiles');
  browser.title.icon = bucketIcon;
  browser.title.label = '';
  browser.title.caption = trans.__('Studio files: buckets and jobs');
  browser.node.setAttribute('role', 'region');
  browser.node.setAttribute('aria-label', trans.__('Studio files'));
  const { model, toolbar } = browser;
  toolbar.addItem(
    'new-folder',
    new ToolbarButton({
      icon: newFolderIcon,
      tooltip: trans.__('New folder; at the top of “buckets”: new bucket'),
      onClick: () => void browser.createNewDirectory()
    })
  );
  toolbar.addItem('upload', new Uploader({ model, translator }));
  toolbar.addItem(
    'refresh',
    new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Look again'),
      onClick: () => void model.refresh()
    })
  );
  const look = () => {
    if (browser.isVisible && !browser.isDisposed) {
      void model.refresh();
    }
  };
  // It asks for nothing until somebody looks.
  MessageLoop.installMessageHook(browser, (_, message: Message) => {
    if (message.type === 'after-show') {
      look();
    }
    return true;
  });
  const changed = (_: unknown, { action }: { action: string }) => {
    if (action !== 'changed') {
      look();
    }
  };
  studio.feed.changed.connect(changed);
  browser.disposed.connect(() => studio.feed.changed.disconnect(changed));
  return browser;
}
