import { TranslationBundle } from '@jupyterlab/translation';
import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';

import { Aws } from './aws';
import { Feed } from './feed';
import { Server } from './model';
import { Pages } from './pages';
import { S3 } from './s3';

/** Studio as every part of the interface sees it. */
export interface IStudio {
  readonly aws: Aws;
  readonly s3: S3;
  readonly feed: Feed;
  readonly server: Server;
  readonly trans: TranslationBundle;
  /** The language of the interface, as `Intl` names it. */
  readonly locale: string;
  readonly regionChanged: ISignal<IStudio, string>;
  region: string;
}

export const IStudio = new Token<IStudio>(
  'studio-ext:IStudio',
  'SageMaker on this Jupyter: its API, its buckets and what happens in it.'
);

/** The pages of the main area. */
export type IPages = Pages;

export const IPages = new Token<IPages>(
  'studio-ext:IPages',
  'The pages of Studio: registers what they show under a name, and opens them.'
);
