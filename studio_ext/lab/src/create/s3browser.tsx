import { Dialog, InputDialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { size } from '../format';
import { S3Folder, parseUri } from '../s3';
import { IStudio } from '../tokens';

const NOWHERE: S3Folder = { folders: [], objects: [], next: '' };

/** Lets a person choose an object or a folder; resolves to its URI, or null. */
export async function chooseFromS3(
  studio: IStudio,
  { uri, folder = false }: { uri: string; folder?: boolean }
): Promise<string | null> {
  const { trans } = studio;
  const body = new S3Browser(studio, uri, folder);
  const answer = await showDialog({
    title: folder ? trans.__('Choose a folder in S3') : trans.__('Choose data in S3'),
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Choose') })],
    focusNodeSelector: 'button.jp-StudioS3-row'
  });
  return answer.button.accept && answer.value ? answer.value : null;
}

/** Buckets and what is in them, with upload, new buckets and new folders. */
class S3Browser extends ReactWidget {
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
      <Browser
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

function Browser(props: {
  studio: IStudio;
  start: string;
  folder: boolean;
  choose: (uri: string) => void;
}): JSX.Element {
  const { studio, choose } = props;
  const { s3, trans } = studio;
  const begin = parseUri(props.start);
  const [bucket, setBucket] = React.useState(begin?.bucket ?? '');
  const [prefix, setPrefix] = React.useState(begin ? begin.key.replace(/[^/]*$/, '') : '');
  const [chosen, setChosen] = React.useState(props.start);
  const [buckets, setBuckets] = React.useState<string[] | null>(null);
  const [level, setLevel] = React.useState<S3Folder>(NOWHERE);
  const [problem, setProblem] = React.useState('');
  const [progress, setProgress] = React.useState<number | null>(null);
  const [turn, reload] = React.useReducer((count: number) => count + 1, 0);
  const file = React.useRef<HTMLInputElement>(null);
  const attempt = (work: Promise<unknown>) => work.catch(error => setProblem((error as Error).message));
  const take = (uri: string) => {
    setChosen(uri);
    choose(uri);
  };
  const go = (toBucket: string, toPrefix: string) => {
    setProblem('');
    setBucket(toBucket);
    setPrefix(toPrefix);
    take(toBucket ? `s3://${toBucket}/${toPrefix}` : '');
  };

  React.useEffect(() => {
    let gone = false;
    void attempt(
      (async () => {
        const found = await s3.buckets();
        if (gone) {
          return;
        }
        setBuckets(found);
        if (bucket && !found.includes(bucket)) {
          setBucket('');
          setPrefix('');
        } else if (bucket) {
          const next = await s3.list(bucket, prefix);
          if (!gone) {
            setLevel(next);
          }
        }
      })()
    );
    return () => {
      gone = true;
    };
  }, [bucket, prefix, turn]);

  const more = async () => {
    const next = await s3.list(bucket, prefix, level.next);
    setLevel({
      folders: [...level.folders, ...next.folders],
      objects: [...level.objects, ...next.objects],
      next: next.next
    });
  };
  const upload = async (files: FileList | null) => {
    for (const each of Array.from(files ?? [])) {
      setProgress(0);
      await s3.upload(bucket, prefix + each.name, each, setProgress);
      take(`s3://${bucket}/${prefix}${each.name}`);
    }
    setProgress(null);
    reload();
  };
  const newBucket = async () => {
    const { button, value } = await InputDialog.getText({
      title: trans.__('New bucket'),
      label: trans.__('Three to 63 lower-case letters, digits and hyphens')
    });
    if (button.accept && value) {
      await s3.createBucket(value);
      go(value, '');
    }
  };
  const steps = prefix.split('/').filter(Boolean);
  return (
    <>
      <nav className="jp-StudioS3-path" aria-label={trans.__('Where you are')}>
        <button type="button" onClick={() => go('', '')}>
          {trans.__('Buckets')}
        </button>
        {bucket && (
          <button type="button" onClick={() => go(bucket, '')}>
            {bucket}
          </button>
        )}
        {steps.map((step, index) => (
          <button key={index} type="button" onClick={() => go(bucket, `${steps.slice(0, index + 1).join('/')}/`)}>
            {step}
          </button>
        ))}
      </nav>
      <ul className="jp-StudioS3-list">
        {!bucket &&
          buckets?.map(name => (
            <Row key={name} icon="folder" label={name} chosen={false} onClick={() => go(name, '')} />
          ))}
        {bucket &&
          level.folders.map(path => (
            <Row
              key={path}
              icon="folder"
              label={path.slice(prefix.length, -1)}
              chosen={false}
              onClick={() => go(bucket, path)}
            />
          ))}
        {bucket &&
          level.objects
            .filter(({ key }) => key !== prefix)
            .map(({ key, size: bytes }) => (
              <Row
                key={key}
                icon="file"
                label={key.slice(prefix.length)}
                about={size(bytes)}
                disabled={props.folder}
                chosen={chosen === `s3://${bucket}/${key}`}
                onClick={() => take(`s3://${bucket}/${key}`)}
              />
            ))}
      </ul>
      {bucket && !level.folders.length && !level.objects.length && (
        <p className="jp-StudioS3-empty">{trans.__('Nothing is here yet.')}</p>
      )}
      {!bucket && buckets?.length === 0 && (
        <p className="jp-StudioS3-empty">{trans.__('There is no bucket yet. Make one to put data into.')}</p>
      )}
      {bucket && level.next && (
        <button type="button" className="jp-mod-styled" onClick={() => void attempt(more())}>
          {trans.__('Show more')}
        </button>
      )}
      <div className="jp-StudioS3-tools">
        {bucket ? (
          <>
            <button type="button" className="jp-mod-styled" onClick={() => file.current?.click()}>
              {trans.__('Upload…')}
            </button>
            <input
              ref={file}
              type="file"
              hidden
              multiple
              aria-label={trans.__('Files to upload')}
              onChange={event => void attempt(upload(event.target.files).finally(() => setProgress(null)))}
            />
          </>
        ) : (
          <button type="button" className="jp-mod-styled" onClick={() => void attempt(newBucket())}>
            {trans.__('New bucket…')}
          </button>
        )}
        {progress !== null && <progress value={progress} aria-label={trans.__('Upload')} />}
        <output className="jp-StudioS3-chosen">{chosen}</output>
      </div>
      {problem && (
        <p className="jp-StudioForm-problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function Row(props: {
  icon: 'folder' | 'file';
  label: string;
  about?: string;
  chosen: boolean;
  disabled?: boolean;
  onClick: () => void;
}): JSX.Element {
  const Icon = props.icon === 'folder' ? folderIcon : fileIcon;
  return (
    <li>
      <button
        type="button"
        className="jp-StudioS3-row"
        aria-pressed={props.icon === 'file' ? props.chosen : undefined}
        disabled={props.disabled}
        onClick={props.onClick}
      >
        <Icon.react tag="span" aria-hidden="true" />
        <span className="jp-StudioS3-name">{props.label}</span>
        <span className="jp-StudioS3-size">{props.about}</span>
      </button>
    </li>
  );
}
