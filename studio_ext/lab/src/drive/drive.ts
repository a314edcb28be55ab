import { Drive, ServerConnection } from '@jupyterlab/services';

import { S3 } from '../s3';

export const NAME = 'studio';

/** Buckets and the folders of jobs, as files. */
export class StudioDrive extends Drive {
  constructor(
    settings: ServerConnection.ISettings,
    private readonly _s3: S3
  ) {
    super({ name: NAME, apiEndpoint: 'studio/contents', serverSettings: settings });
  }

  /** Objects come from S3 itself, in any size; what jobs left comes as a file of the drive. */
  override async getDownloadUrl(path: string): Promise<string> {
    const [, bucket, key] = /^\/?buckets\/([^/]+)\/(.+)$/s.exec(path) ?? [];
    if (bucket) {
      return this._s3.url(bucket, key);
    }
    const { content } = await this.get(path, { type: 'file', format: 'base64', content: true });
    const bytes = Uint8Array.from(atob(String(content)), letter => letter.charCodeAt(0));
    // Never as what it says it is: a page among a job's files must not run as part of Jupyter.
    const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
    window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
    return url;
  }
}
