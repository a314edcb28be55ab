import { AwsError } from '../aws';
import { IStudio } from '../tokens';
import { Reading } from './reading';

export const WINDOW = 5000; // lines that are kept in the page
const STEP = 1000; // earlier lines that are asked for at once
const PAUSE = 500; // milliseconds between two questions
const ANSI = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])/g;

export interface Line {
  /** Counts the lines of this page; earlier ones are negative. */
  number: number;
  /** Epoch milliseconds. */
  at: number;
  text: string;
}

interface Events {
  events: { timestamp: number; message: string }[];
  nextForwardToken: string;
  nextBackwardToken: string;
}

/** The log of a job's last attempt: its end first, then what is printed, earlier lines on demand. */
export class Log extends Reading {
  constructor(
    private readonly _studio: IStudio,
    noun: string,
    private readonly _name: string
  ) {
    super(PAUSE);
    this._group = `/aws/sagemaker/${noun}s`;
  }

  get lines(): readonly Line[] {
    return this._lines;
  }

  /** Whether there are lines before the first. */
  get hasEarlier(): boolean {
    return this._hasEarlier;
  }

  /** Names of the streams, one for each attempt. */
  get streams(): readonly string[] {
    return this._streams;
  }

  get stream(): string {
    return this._stream;
  }

  /** Whether the last line is the last that was printed. */
  get atEnd(): boolean {
    return !this._detached;
  }

  /** Asks for what was printed since; `anew`, when there may be another attempt. */
  override refresh(anew = false): void {
    this._lookForStream ||= anew;
    super.refresh();
  }

  /** Shows another attempt's log. */
  choose(stream: string): void {
    this._chosen = stream;
    this.refresh(true);
  }

  /** Asks for the lines before the first. */
  async earlier(): Promise<void> {
    if (this._trimmed) {
      await this._toEnd(); // the token for what comes before is that of an earlier beginning
    }
    const answer = await this._ask({ nextToken: this._backward, limit: STEP });
    const first = this._lines[0]?.number ?? 0;
    const found = answer.events.map((event, index) =>
      toLine(event, first - answer.events.length + index)
    );
    this._backward = answer.nextBackwardToken;
    this._hasEarlier = found.length === STEP;
    const all = [...found, ...this._lines];
    this._detached = all.length > WINDOW;
    this._lines = all.slice(0, WINDOW);
    this.emitChanged();
  }

  /** Shows the last lines again, after having gone up. */
  toEnd(): void {
    if (this._detached) {
      void this._toEnd();
    }
  }

  private async _toEnd(): Promise<void> {
    this._detached = this._trimmed = false;
    this._forward = '';
    this._lines = [];
    await this._fetch();
  }

  protected override async read(): Promise<void> {
    try {
      if (!this._stream || this._lookForStream) {
        await this._findStream();
      }
      let found = this._stream && !this._detached ? 1 : 0;
      while (found && !this.isDisposed) {
        found = await this._fetch();
      }
    } catch (error) {
      if (!(error instanceof AwsError)) {
        throw error;
      }
      // No log yet, or no connection: what happens next asks again.
    }
  }

  private async _findStream(): Promise<void> {
    const answer = await this._studio.aws.call<{ logStreams: { logStreamName: string }[] }>(
      'DescribeLogStreams',
      { logGroupName: this._group, logStreamNamePrefix: `${this._name}/` },
      'logs'
    );
    this._streams = answer.logStreams.map(each => each.logStreamName);
    this._lookForStream = false;
    const wanted = this._chosen || (this._streams.at(-1) ?? '');
    if (wanted !== this._stream) {
      this._stream = wanted;
      this._forward = '';
      this._lines = [];
      this._detached = this._trimmed = false;
      this.emitChanged();
    }
  }

  private async _fetch(): Promise<number> {
    const first = !this._forward;
    const answer = await this._ask(first ? { limit: WINDOW } : { nextToken: this._forward });
    this._forward = answer.nextForwardToken;
    if (first) {
      this._backward = answer.nextBackwardToken;
      this._hasEarlier = answer.events.length === WINDOW;
    }
    if (answer.events.length) {
      const next = (this._lines.at(-1)?.number ?? -1) + 1;
      const found = answer.events.map((event, index) => toLine(event, next + index));
      const all = [...this._lines, ...found];
      this._trimmed ||= all.length > WINDOW;
      this._hasEarlier ||= this._trimmed;
      this._lines = all.slice(-WINDOW);
      this.emitChanged();
    }
    return answer.events.length;
  }

  private _ask(more: object): Promise<Events> {
    const place = { logGroupName: this._group, logStreamName: this._stream };
    return this._studio.aws.call<Events>('GetLogEvents', { ...place, ...more }, 'logs');
  }

  private readonly _group: string;
  private _streams: string[] = [];
  private _stream = '';
  private _chosen = '';
  private _lines: Line[] = [];
  private _forward = '';
  private _backward = '';
  private _hasEarlier = false;
  private _lookForStream = false;
  private _trimmed = false;
  private _detached = false;
}

function toLine(event: { timestamp: number; message: string }, number: number): Line {
  return { number, at: event.timestamp, text: plain(event.message) };
}

/** A line as a terminal would have left it: without colours, after its last carriage return. */
export function plain(text: string): string {
  const bare = text.replace(ANSI, '').replace(/\r+$/, '');
  return bare.slice(bare.lastIndexOf('\r') + 1);
}
