import { Contents } from '@jupyterlab/services';

import { isOver, placeKey } from '../feed';
import { drivePath, runDirectory } from '../links';
import { Resource } from '../resources';
import { parseUri } from '../s3';
import { IStudio } from '../tokens';
import { plain } from './log';
import { Reading } from './reading';

const PAUSE = 3000; // milliseconds between two readings of a notebook that runs

type Output = {
  output_type: string;
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
};

type Cell = {
  cell_type: string;
  source: string | string[];
  outputs?: Output[];
  metadata: { papermill?: { status?: string } };
};

export type NotebookJSON = { cells: Cell[]; metadata: Record<string, unknown> };

/** The cell that failed. */
export interface Failure {
  /** Among all cells, from 0. */
  index: number;
  source: string;
  error: string;
  /** The end of the traceback, in lines without colours. */
  traceback: string[];
}

/** The notebook of a job: where it is, its first picture, and the cell that failed. */
export class JobNotebook extends Reading {
  constructor(
    private readonly _studio: IStudio,
    private readonly _contents: Contents.IManager,
    private readonly _resource: () => Resource | null,
    private readonly _isOver: () => boolean
  ) {
    super(PAUSE);
  }

  /** Where it is in JupyterLab's contents; `''` while there is none. */
  get path(): string {
    return this._path;
  }

  /** A picture among its outputs, as a data URL. */
  get picture(): string {
    return this._picture;
  }

  get failure(): Failure | null {
    return this._failure;
  }

  override refresh(): void {
    if (!this._isFinal) {
      super.refresh();
    }
  }

  /** The notebook itself. */
  async content(): Promise<NotebookJSON> {
    const found = await this._contents.get(this._path, { type: 'notebook', format: 'json', content: true });
    return found.content as NotebookJSON;
  }

  protected override async read(): Promise<void> {
    const resource = this._resource();
    if (!resource?.kind.runs) {
      return;
    }
    const over = this._isOver();
    try {
      this._path = (over && (await this._published(resource))) || (await this._inside(resource));
      if (this._path) {
        const notebook = await this.content();
        this._picture = firstPicture(notebook);
        this._failure = failure(notebook);
      }
      this._isFinal = over;
    } catch {
      this._path = ''; // not yet, or not any more
    }
    this.emitChanged();
  }

  /** Where the notebook of a job that ended was published; `''` when it was not. */
  private async _published({ name, fields }: Resource): Promise<string> {
    const output = (fields.OutputDataConfig as { S3OutputPath?: string } | undefined)?.S3OutputPath;
    const uri = `${output?.replace(/\/+$/, '')}/${name}/output/notebook.ipynb`;
    const place = output ? parseUri(uri) : null;
    if (!place) {
      return '';
    }
    const { objects } = await this._studio.s3.list(place.bucket, place.key);
    return objects.some(({ key }) => key === place.key) ? drivePath(uri) : '';
  }

  /** Where it lies while the job runs, once its first cell has begun. */
  private async _inside({ kind, name, status, fields }: Resource): Promise<string> {
    const { region, feed } = this._studio;
    const place = { kind: kind.noun, region, name };
    const began = feed.running.get(placeKey(place))?.cell || (isOver(status) && fields.TrainingStartTime);
    return began ? `${await runDirectory(this._contents, kind.noun, region, name)}/notebook.ipynb` : '';
  }

  private _path = '';
  private _picture = '';
  private _failure: Failure | null = null;
  private _isFinal = false;
}

/** The first PNG among the outputs; nothing else is shown without asking. */
export function firstPicture({ cells }: NotebookJSON): string {
  for (const output of cells.flatMap(cell => cell.outputs ?? [])) {
    const data = output.data?.['image/png'];
    const text = (Array.isArray(data) ? data.join('') : String(data ?? '')).replace(/\s/g, '');
    if (text && /^[A-Za-z0-9+/=]+$/.test(text)) {
      return `data:image/png;base64,${text}`;
    }
  }
  return '';
}

export function failure({ cells }: NotebookJSON): Failure | null {
  const failed = (cell: Cell) =>
    cell.outputs?.some(output => output.output_type === 'error') &&
    (cell.metadata.papermill?.status ?? 'failed') === 'failed';
  const index = cells.findIndex(failed);
  if (index < 0) {
    return null;
  }
  const { source, outputs } = cells[index];
  const error = outputs!.find(output => output.output_type === 'error')!;
  return {
    index,
    source: Array.isArray(source) ? source.join('') : source,
    error: plainText(`${error.ename ?? ''}: ${error.evalue ?? ''}`),
    traceback: (error.traceback ?? []).join('\n').split('\n').map(plain)
  };
}

function plainText(text: string): string {
  return text.split('\n').map(plain).join('\n');
}
