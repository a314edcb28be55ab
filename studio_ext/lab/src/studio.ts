import { ServerConnection } from '@jupyterlab/services';
import { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Aws } from './aws';
import { Feed } from './feed';
import { Server } from './model';
import { S3 } from './s3';
import { IStudio } from './tokens';

/** The one Studio of a JupyterLab. */
export class Studio implements IStudio, IDisposable {
  constructor(settings: ServerConnection.ISettings, translator: ITranslator) {
    this.trans = translator.load('studio_ext');
    this.locale = translator.languageCode.replace('_', '-');
    this.server = new Server(settings, this.trans);
    this.aws = new Aws(settings, () => this._region);
    this.s3 = new S3(settings);
    this.feed = new Feed(settings);
  }

  readonly aws: Aws;
  readonly s3: S3;
  readonly feed: Feed;
  readonly server: Server;
  readonly trans: TranslationBundle;
  readonly locale: string;

  get region(): string {
    return this._region;
  }

  set region(region: string) {
    if (region !== this._region) {
      this._region = region;
      this._regionChanged.emit(region);
    }
  }

  get regionChanged(): ISignal<this, string> {
    return this._regionChanged;
  }

  get isDisposed(): boolean {
    return this.feed.isDisposed;
  }

  dispose(): void {
    this.feed.dispose();
    Signal.clearData(this);
  }

  private _region = 'us-east-1';
  private _regionChanged = new Signal<this, string>(this);
}
