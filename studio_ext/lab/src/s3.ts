import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

export interface S3Object {
  key: string;
  /** Bytes. */
  size: number;
  /** ISO 8601. */
  modified: string;
}

export interface S3Folder {
  /** Prefixes, with their last slash. */
  folders: string[];
  objects: S3Object[];
  /** Where the next page begins; `''` after the last. */
  next: string;
}

// JupyterLab keeps answers fresh with a parameter of its own, and S3 refuses what it does not know.
const FRESH: RequestCache = 'no-cache';

/** Buckets through the Jupyter server, which signs for its user. */
export class S3 {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async buckets(): Promise<string[]> {
    const answer = await this._ask('GET', '');
    return texts(answer, 'Bucket > Name');
  }

  async createBucket(bucket: string): Promise<void> {
    await this._ask('PUT', bucket);
  }

  async deleteBucket(bucket: string): Promise<void> {
    await this._ask('DELETE', bucket);
  }

  /** One level below a prefix, a page of a thousand. */
  async list(bucket: string, prefix: string, token = ''): Promise<S3Folder> {
    const query = new URLSearchParams({ 'list-type': '2', delimiter: '/', prefix });
    if (token) {
      query.set('continuation-token', token);
    }
    return folder(await this._ask('GET', `${bucket}?${query}`));
  }

  /** Every object below a prefix, a thousand at a time. */
  async *all(bucket: string, prefix: string): AsyncGenerator<S3Object[]> {
    let token = '';
    do {
      const query = new URLSearchParams({ 'list-type': '2', prefix });
      if (token) {
        query.set('continuation-token', token);
      }
      const page = folder(await this._ask('GET', `${bucket}?${query}`));
      yield page.objects;
      token = page.next;
    } while (token);
  }

  async delete(bucket: string, key: string): Promise<void> {
    await this._ask('DELETE', `${bucket}/${quoted(key)}`);
  }

  /**
   * Deletes at most a thousand objects.
   *
   * @throws Error the first that could not be deleted.
   */
  async deleteMany(bucket: string, keys: readonly string[]): Promise<void> {
    const body = new XMLSerializer().serializeToString(deletion(keys));
    const answer = await this._ask('POST', `${bucket}?delete`, body);
    const error = answer.querySelector('Error');
    if (error) {
      throw new Error(`${text(error, 'Key')}: ${text(error, 'Message')}`);
    }
  }

  /** Stores a file; `report` is told the part that has arrived, 0 to 1. */
  upload(bucket: string, key: string, file: Blob, report?: (part: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      // fetch() cannot tell how far an upload has come.
      const request = new XMLHttpRequest();
      request.open('PUT', this.url(bucket, key));
      request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
      if (this._settings.token) {
        request.setRequestHeader('Authorization', `token ${this._settings.token}`);
      }
      const cookie = /\b_xsrf=([^;]*)/.exec(document.cookie);
      if (cookie) {
        request.setRequestHeader('X-XSRFToken', cookie[1]);
      }
      request.upload.onprogress = ({ loaded, total }) => report?.(total ? loaded / total : 1);
      request.onerror = () => reject(new Error('the connection was lost'));
      request.onload = () =>
        request.status < 300 ? resolve() : reject(new Error(message(request.responseText)));
      request.send(file);
    });
  }

  /** The first bytes of an object as text. */
  async head(bucket: string, key: string, bytes = 65_536): Promise<string> {
    const response = await ServerConnection.makeRequest(
      this.url(bucket, key),
      { headers: { Range: `bytes=0-${bytes - 1}` }, cache: FRESH },
      this._settings
    );
    if (!response.ok) {
      throw new Error(message(await response.text()));
    }
    return response.text();
  }

  /** A whole object. */
  async get(bucket: string, key: string): Promise<Blob> {
    const response = await ServerConnection.makeRequest(this.url(bucket, key), { cache: FRESH }, this._settings);
    if (!response.ok) {
      throw new Error(message(await response.text()));
    }
    return response.blob();
  }

  /** Where an object is downloaded from. */
  url(bucket: string, key: string): string {
    return URLExt.join(this._settings.baseUrl || PageConfig.getBaseUrl(), 'studio/s3', bucket, quoted(key));
  }

  private async _ask(method: string, path: string, sent?: string): Promise<Document> {
    const url = URLExt.join(this._settings.baseUrl, 'studio/s3', path);
    const response = await ServerConnection.makeRequest(url, { method, body: sent, cache: FRESH }, this._settings);
    const body = await response.text();
    if (!response.ok) {
      throw new Error(message(body) || `${method} ${path}: ${response.status}`);
    }
    return new DOMParser().parseFromString(body || '<Empty/>', 'application/xml');
  }
}

/** Bucket and key of `s3://bucket/key`; null for anything else. */
export function parseUri(uri: string): { bucket: string; key: string } | null {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(uri);
  return match ? { bucket: match[1], key: match[2] ?? '' } : null;
}

function folder(answer: Document): S3Folder {
  return {
    folders: texts(answer, 'CommonPrefixes > Prefix'),
    objects: [...answer.querySelectorAll('Contents')].map(each => ({
      key: text(each, 'Key'),
      size: Number(text(each, 'Size')),
      modified: text(each, 'LastModified')
    })),
    next: text(answer, 'NextContinuationToken')
  };
}

/** DeleteObjects' document; keys are texts in it, whatever they hold. */
function deletion(keys: readonly string[]): Document {
  const made = document.implementation.createDocument(null, 'Delete');
  const add = (parent: Element, name: string, value = '') => {
    const child = made.createElement(name);
    child.textContent = value;
    return parent.appendChild(child);
  };
  for (const key of keys) {
    add(add(made.documentElement, 'Object'), 'Key', key);
  }
  add(made.documentElement, 'Quiet', 'true');
  return made;
}

function quoted(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

function text(parent: ParentNode, name: string): string {
  return parent.querySelector(name)?.textContent ?? '';
}

function texts(parent: ParentNode, path: string): string[] {
  return [...parent.querySelectorAll(path)].map(each => each.textContent ?? '');
}

/** What an S3 error says. */
function message(body: string): string {
  return /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? body.slice(0, 300);
}
