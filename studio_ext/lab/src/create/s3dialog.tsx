import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { IStudio } from '../tokens';
import { S3Browser } from './s3browser';

/** Lets a person choose an object or a folder; resolves to its URI, or null. */
export async function chooseFromS3(
  studio: IStudio,
  { uri, folder = false }: { uri: string; folder?: boolean }
): Promise<string | null> {
  const { trans } = studio;
  const body = new Body(studio, uri, folder);
  const answer = await showDialog({
    title: folder ? trans.__('Choose a folder in S3') : trans.__('Choose data in S3'),
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Choose') })],
    focusNodeSelector: 'button.jp-StudioS3-row'
  });
  return answer.button.accept && answer.value ? answer.value : null;
}

/** The browser of buckets as a dialog takes it: with the value that is chosen. */
class Body extends ReactWidget {
  constructor(
    private readonly _studio: IStudio,
    private _uri: string,
    private readonly _folder: boolean
  ) {
    super();
    this.addClass('jp-StudioS3');
  }

  getValue(): string {
    return this._uri;
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    // The dialog takes Enter for "Choose"; here it opens the folder that has the focus.
    this.node.addEventListener('keydown', event => {
      if (event.key === 'Enter' && event.target instanceof HTMLButtonElement) {
        event.stopPropagation();
      }
    });
  }

  protected override render(): JSX.Element {
    return (
      <S3Browser
        studio={this._studio}
        start={this._uri}
        folder={this._folder}
        choose={uri => {
          this._uri = uri;
        }}
      />
    );
  }
}
