import { InputDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { S3Folder, parseUri } from '../s3';
import { IStudio } from '../tokens';
import { S3Level } from './s3level';

const NOWHERE: S3Folder = { folders: [], objects: [], next: '' };

/** Buckets and what is in them, with upload and new buckets. */
export function S3Browser(props: {
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
      <S3Level
        bucket={bucket}
        prefix={prefix}
        buckets={buckets}
        level={level}
        folder={props.folder}
        chosen={chosen}
        trans={trans}
        go={go}
        take={take}
      />
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
