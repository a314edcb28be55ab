import { ISignal, Signal } from '@lumino/signaling';

import { Aws } from '../aws';
import { isOver } from '../feed';
import { Disk } from '../model';
import { namedIds } from '../resources';
import { S3Object } from '../s3';
import { IStudio } from '../tokens';

export type JobOnDisk = Disk['jobs'][number];

const DAY = 86_400;
const AT_ONCE = 1000; // objects that one DeleteObjects may name

export function jobKey({ kind, region, name }: JobOnDisk): string {
  return `${kind}/${region}/${name}`;
}

/** Jobs that have ended and meet what somebody asked for. */
export function ended(jobs: readonly JobOnDisk[], { days = 0, failed = false }, now = Date.now() / 1000): JobOnDisk[] {
  return jobs.filter(
    job =>
      isOver(job.status) &&
      (!failed || /fail/i.test(job.status)) &&
      (job.ended === null ? days === 0 : job.ended <= now - days * DAY)
  );
}

export function bytesOf(things: readonly { bytes: number }[]): number {
  return things.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What lies on the disk, what of it was chosen to go, and its going. */
export class Clearing {
  constructor(readonly studio: IStudio) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get disk(): Disk | null {
    return this._disk;
  }

  get error(): string {
    return this._error;
  }

  /** Chosen jobs, the largest first. */
  get jobs(): JobOnDisk[] {
    return (this._disk?.jobs ?? []).filter(job => this._chosen.has(jobKey(job))).sort((a, b) => b.bytes - a.bytes);
  }

  /** The part of a bucket that was chosen, with every object that goes. */
  get part(): { bucket: string; prefix: string; objects: S3Object[] } | null {
    return this._part;
  }

  /** How far it has come, 0 to 1; null when nothing is going. */
  get progress(): number | null {
    return this._progress;
  }

  get bytes(): number {
    return bytesOf(this.jobs) + (this._part?.objects ?? []).reduce((sum, { size }) => sum + size, 0);
  }

  isChosen(job: JobOnDisk): boolean {
    return this._chosen.has(jobKey(job));
  }

  async load(): Promise<void> {
    try {
      this._disk = await this.studio.server.disk();
      const there = new Set(this._disk.jobs.map(jobKey));
      this._chosen = new Set([...this._chosen].filter(key => there.has(key)));
      this._error = '';
    } catch (error) {
      this._error = (error as Error).message;
    }
    this._changed.emit();
  }

  choose(jobs: readonly JobOnDisk[], chosen = true): void {
    for (const job of jobs) {
      if (chosen && isOver(job.status)) {
        this._chosen.add(jobKey(job));
      } else {
        this._chosen.delete(jobKey(job));
      }
    }
    this._changed.emit();
  }

  /** Chooses only these. */
  chooseOnly(jobs: readonly JobOnDisk[]): void {
    this._chosen.clear();
    this.choose(jobs);
  }

  /** Looks up what is below a prefix; an empty bucket chooses none. */
  async choosePart(bucket: string, prefix: string): Promise<void> {
    const turn = (this._turn += 1);
    if (!bucket) {
      this._part = null;
      this._changed.emit();
      return;
    }
    const objects: S3Object[] = [];
    try {
      for await (const page of this.studio.s3.all(bucket, prefix)) {
        objects.push(...page);
      }
    } catch (error) {
      this._error = (error as Error).message;
    }
    if (turn === this._turn) {
      this._part = { bucket, prefix, objects };
      this._changed.emit();
    }
  }

  /** Deletes what was chosen; resolves to what could not be deleted, in words. */
  async clear(): Promise<string[]> {
    const jobs = this.jobs;
    const { bucket = '', objects = [] } = this._part ?? {};
    const all = jobs.length + objects.length;
    const failures: string[] = [];
    let done = 0;
    const step = (count: number) => {
      done += count;
      this._progress = all ? done / all : 1;
      this._changed.emit();
    };
    step(0);
    const { kinds } = await this.studio.server.model();
    for (const job of jobs) {
      const kind = kinds[job.kind];
      const aws = new Aws(this.studio.server.settings, () => job.region);
      try {
        await aws.call(kind.operations.delete!, namedIds(kind, job.name));
        this._gone([job], '', []);
      } catch (error) {
        failures.push(`${job.name}: ${(error as Error).message}`);
      }
      step(1);
    }
    for (let from = 0; from < objects.length; from += AT_ONCE) {
      const some = objects.slice(from, from + AT_ONCE);
      try {
        await this.studio.s3.deleteMany(bucket, some.map(({ key }) => key));
        this._gone([], bucket, some);
      } catch (error) {
        failures.push((error as Error).message);
      }
      step(some.length);
    }
    this._part = null;
    this._progress = null;
    this._changed.emit();
    return failures;
  }

  /** Takes away what was deleted: the server counts the disk only every few seconds. */
  private _gone(jobs: readonly JobOnDisk[], bucket: string, objects: readonly S3Object[]): void {
    const keys = new Set(jobs.map(jobKey));
    keys.forEach(key => this._chosen.delete(key));
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    this._disk = this._disk && {
      ...this._disk,
      free: this._disk.free + bytesOf(jobs) + bytes,
      jobs: this._disk.jobs.filter(job => !keys.has(jobKey(job))),
      buckets: this._disk.buckets.map(each =>
        each.name === bucket
          ? { ...each, bytes: Math.max(0, each.bytes - bytes), objects: Math.max(0, each.objects - objects.length) }
          : each
      )
    };
  }

  private _disk: Disk | null = null;
  private _error = '';
  private _chosen = new Set<string>();
  private _part: { bucket: string; prefix: string; objects: S3Object[] } | null = null;
  private _progress: number | null = null;
  private _turn = 0;
  private _changed = new Signal<this, void>(this);
}
