import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/** Where a file of training data is dropped, or chosen. */
export function Drop({ trans, take }: { trans: TranslationBundle; take: (file: File) => void }): JSX.Element {
  const [over, setOver] = React.useState(false);
  const file = React.useRef<HTMLInputElement>(null);
  return (
    <div
      className={`jp-StudioData-drop ${over ? 'jp-mod-over' : ''}`}
      onDragOver={event => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        setOver(false);
        const [dropped] = event.dataTransfer.files;
        if (dropped) {
          take(dropped);
        }
      }}
    >
      <button type="button" className="jp-mod-styled jp-mod-accept" onClick={() => file.current?.click()}>
        {trans.__('Upload a file…')}
      </button>
      <span>{trans.__('or drop it here, or take what is in S3:')}</span>
      <input
        ref={file}
        type="file"
        hidden
        aria-label={trans.__('Training data file')}
        onChange={event => {
          const [chosen] = event.target.files ?? [];
          if (chosen) {
            take(chosen);
          }
          event.target.value = '';
        }}
      />
    </div>
  );
}
