import { TranslationBundle } from '@jupyterlab/translation';
import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { size } from '../format';
import { S3Folder } from '../s3';

/** What lies at one place: all buckets, or the folders and objects of one. */
export function S3Level(props: {
  /** `''`: above all buckets. */
  bucket: string;
  prefix: string;
  buckets: string[] | null;
  level: S3Folder;
  /** Whether only folders are chosen. */
  folder: boolean;
  chosen: string;
  trans: TranslationBundle;
  go: (bucket: string, prefix: string) => void;
  take: (uri: string) => void;
}): JSX.Element {
  const { bucket, prefix, buckets, level, folder, chosen, trans, go, take } = props;
  return (
    <>
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
                disabled={folder}
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
