import { Contents } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { drivePath, runDirectory } from '../links';
import { Resource } from '../resources';
import { Throttle } from '../throttle';
import { IStudio } from '../tokens';
import { plain } from './log';

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
export class JobNotebook implements IDisposable {
  constructor(
    private readonly _studio: IStudio,
    private readonly _contents: Contents.IManager,
    private readonly _resource: () => Resource | null,
    private readonly _isOver: () => boolean
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
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

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._read.dispose();
    Signal.clearData(this);
  }

  refresh(): void {
    if (!this._isFinal) {
      this._read.ask();
    }
  }

  /** The notebook itself. */
  async content(): Promise<NotebookJSON> {
    const found = await this._contents.get(this._path, { type: 'notebook', format: 'json', content: true });
    return found.content as NotebookJSON;
  }

  private _read = new Throttle(async () => {
    const resource = this._resource();
    if (!resource?.kind.runs) {
      return;
    }
    const over = this._isOver();
    try {
      await this._look(over ? published(resource) : '', resource);
      this._isFinal = over;
    } catch {
      this._path = ''; // not yet, or not any more
    }
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }, PAUSE);

  /** Reads what was published, else what lies where the job ran. */
  private async _look(published: string, { kind, name }: Resource): Promise<void> {
    const inside = async () => {
      const folder = await runDirectory(this._contents, kind.noun, this._studio.region, name);
      return `${folder}/notebook.ipynb`;
    };
    let notebook: NotebookJSON;
    try {
      this._path = published || (await inside());
      notebook = await this.content();
    } catch (error) {
      if (!published) {
        throw error;
      }
      this._path = await inside();
      notebook = await this.content();
    }
    this._picture = firstPicture(notebook);
    this._failure = failure(notebook);
  }

  private _path = '';
  private _picture = '';
  private _failure: Failure | null = null;
  private _isFinal = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

/** Where the notebook of a job that ended was published; `''` when it has no such place. */
function published({ name, fields }: Resource): string {
  const output = (fields.OutputDataConfig as { S3OutputPath?: string } | undefined)?.S3OutputPath;
  return output ? drivePath(`${output.replace(/\/+$/, '')}/${name}/output/notebook.ipynb`) : '';
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
