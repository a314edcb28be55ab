import { ToolbarButton } from '@jupyterlab/apputils';
import { FileBrowser, IFileBrowserFactory, Uploader } from '@jupyterlab/filebrowser';
import { ITranslator } from '@jupyterlab/translation';
import { newFolderIcon, refreshIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { StackedPanel } from '@lumino/widgets';

import { Change } from '../feed';
import { bucketIcon } from '../icons';
import { IStudio } from '../tokens';
import { NAME, StudioDrive } from './drive';

const SELDOM = 300_000; // milliseconds; what happens in Studio refreshes it as well

/**
 * The place of the drive's file browser, beside JupyterLab's own.
 *
 * The browser itself is made when somebody looks: JupyterLab's commands mean the file browser that
 * was made last until one is used, and that must be its own.
 */
export class StudioFiles extends StackedPanel {
  constructor(
    private readonly _factory: IFileBrowserFactory,
    private readonly _drive: StudioDrive,
    private readonly _studio: IStudio,
    private readonly _translator: ITranslator | undefined
  ) {
    super();
    const { trans } = _studio;
    this.id = 'studio-files';
    this.addClass('jp-StudioFiles');
    this.title.icon = bucketIcon;
    this.title.caption = trans.__('Studio files: buckets and jobs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Studio files'));
    _studio.feed.changed.connect(this._onChanged, this);
    _drive.fileChanged.connect(this._look, this);
  }

  /** The browser, made now if it was not. */
  get browser(): FileBrowser {
    if (!this._browser) {
      this._browser = this._make();
      this.addWidget(this._browser);
    }
    return this._browser;
  }

  override dispose(): void {
    this._studio.feed.changed.disconnect(this._onChanged, this);
    this._drive.fileChanged.disconnect(this._look, this);
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.browser.model.cd();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.browser.activate();
  }

  private _make(): FileBrowser {
    const { trans } = this._studio;
    const browser = this._factory.createFileBrowser('studio-files-browser', {
      driveName: NAME,
      auto: false,
      restore: false,
      refreshInterval: SELDOM
    });
    browser.showFileCheckboxes = false;
    const { model, toolbar } = browser;
    toolbar.addItem(
      'new-folder',
      new ToolbarButton({
        icon: newFolderIcon,
        tooltip: trans.__('New folder; at the top of “buckets”: new bucket'),
        onClick: () => void browser.createNewDirectory()
      })
    );
    toolbar.addItem('upload', new Uploader({ model, translator: this._translator }));
    toolbar.addItem(
      'refresh',
      new ToolbarButton({
        icon: refreshIcon,
        tooltip: trans.__('Look again'),
        onClick: () => void model.cd()
      })
    );
    return browser;
  }

  private _onChanged(_: unknown, { action }: Change): void {
    if (action !== 'changed') {
      this._look();
    }
  }

  private _look(): void {
    if (this._browser && this.isVisible) {
      void this._browser.model.cd();
    }
  }

  private _browser: FileBrowser | null = null;
}
