import * as React from 'react';

import { parseUri } from '../s3';
import { IStudio } from '../tokens';
import { chooseFromS3 } from './s3dialog';

/** The place of an object or a folder in S3: typed, or chosen in the browser of buckets. */
export function S3Input(props: {
  studio: IStudio;
  id: string;
  value: string;
  /** What is chosen: an existing object or folder, or a folder to write into. */
  folder?: boolean;
  disabled?: boolean;
  onChange: (uri: string) => void;
}): JSX.Element {
  const { studio, id, value, folder, disabled, onChange, ...about } = props;
  const { trans } = studio;
  const browse = async () => {
    const chosen = await chooseFromS3(studio, { uri: value, folder });
    if (chosen) {
      onChange(chosen);
    }
  };
  return (
    <span className="jp-StudioForm-joined">
      <input
        id={id}
        type="text"
        className="jp-mod-styled"
        placeholder="s3://bucket/folder"
        spellCheck={false}
        autoComplete="off"
        disabled={disabled}
        value={value}
        onChange={event => onChange(event.target.value)}
        {...about}
      />
      <button type="button" className="jp-mod-styled" disabled={disabled} onClick={() => void browse()}>
        {trans.__('Browse…')}
      </button>
    </span>
  );
}

/** The bucket that SageMaker's clients use unless told otherwise. */
export async function defaultBucket(studio: IStudio): Promise<string> {
  const { account } = await studio.server.model();
  return `sagemaker-${studio.region}-${account}`;
}

/** Makes the bucket of a URI when it is not there. */
export async function ensureBucket(studio: IStudio, uri: string): Promise<void> {
  const place = parseUri(uri);
  if (place && !(await studio.s3.buckets()).includes(place.bucket)) {
    await studio.s3.createBucket(place.bucket);
  }
}
