import { PathExt } from '@jupyterlab/coreutils';
import { JSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';

import { AwsError } from '../aws';
import { uniqueName } from '../create/request';
import { defaultBucket, ensureBucket } from '../create/s3input';
import { Catalogue, NotebookParameters } from '../model';
import { parseUri } from '../s3';
import { IStudio } from '../tokens';
import { Parameter, fault, onWire, plain } from './parameter';

/** What somebody chose beside the parameters. */
export interface Choices {
  name: string;
  /** `''`: the notebook's own. */
  kernel: string;
  instance: string;
  minutes: string;
  output: string;
}

const KERNEL = 'STUDIO_KERNEL'; // the variable by which a job is told its kernel
const NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
const MOST_MINUTES = 28 * 24 * 60;
const DISK = 30; // GB that AWS gives when nobody asks

/** The order to run a notebook as a job: its parameters and where it runs. */
export class Order {
  constructor(
    readonly studio: IStudio,
    readonly notebook: NotebookParameters,
    readonly catalogue: Catalogue,
    choices: Partial<Choices>
  ) {
    this._choices = {
      name: uniqueName(PathExt.basename(notebook.path, '.ipynb')),
      kernel: '',
      instance: 'ml.m5.large',
      minutes: '60',
      output: '',
      ...choices
    };
    for (const parameter of notebook.parameters) {
      this._values.set(parameter.name, plain(parameter));
    }
  }

  static async make(studio: IStudio, path: string): Promise<Order> {
    const [notebook, catalogue, bucket] = await Promise.all([
      studio.server.notebook(path),
      studio.server.catalogue(),
      defaultBucket(studio)
    ]);
    return new Order(studio, notebook, catalogue, { output: `s3://${bucket}/output` });
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get choices(): Choices {
    return this._choices;
  }

  get busy(): boolean {
    return this._busy;
  }

  /** What the server refused; `''` when it did not. */
  get refusal(): string {
    return this._refusal;
  }

  value(name: string): string {
    return this._values.get(name) ?? '';
  }

  set(name: string, text: string): void {
    this._values.set(name, text);
    this._refusal = '';
    this._changed.emit();
  }

  choose(choices: Partial<Choices>): void {
    this._choices = { ...this._choices, ...choices };
    this._refusal = '';
    this._changed.emit();
  }

  /** What is wrong with a parameter. */
  fault(parameter: Parameter): string {
    return fault(parameter, this.value(parameter.name), this.studio.trans);
  }

  /** What is wrong with a choice. */
  problem(choice: keyof Choices): string {
    const { trans } = this.studio;
    const { name, minutes, output } = this._choices;
    switch (choice) {
      case 'name':
        return NAME.test(name) ? '' : trans.__('Expected at most 63 letters, digits and hyphens.');
      case 'minutes': {
        const count = Number(minutes);
        return count > 0 && count <= MOST_MINUTES
          ? ''
          : trans.__('Expected minutes, at most %1 (28 days).', MOST_MINUTES);
      }
      case 'output':
        return parseUri(output) ? '' : trans.__('Expected a place such as s3://bucket/folder.');
      default:
        return '';
    }
  }

  get isRight(): boolean {
    return (
      this.notebook.parameters.every(each => !this.fault(each)) &&
      (['name', 'minutes', 'output'] as const).every(each => !this.problem(each))
    );
  }

  /** CreateTrainingJob's request. Parameters that are as the notebook has them are left to it. */
  get request(): JSONObject {
    const { name, kernel, instance, minutes, output } = this._choices;
    const given: JSONObject = {};
    for (const parameter of this.notebook.parameters) {
      const text = this.value(parameter.name);
      if (text !== plain(parameter)) {
        given[parameter.name] = onWire(parameter, text);
      }
    }
    const [role] = this.catalogue.roles;
    return {
      TrainingJobName: name,
      RoleArn: role,
      AlgorithmSpecification: { TrainingImage: imageOf(this.notebook.path), TrainingInputMode: 'File' },
      ...(Object.keys(given).length ? { HyperParameters: given } : {}),
      ...(kernel ? { Environment: { [KERNEL]: kernel } } : {}),
      OutputDataConfig: { S3OutputPath: output },
      ResourceConfig: { InstanceType: instance, InstanceCount: 1, VolumeSizeInGB: DISK },
      StoppingCondition: { MaxRuntimeInSeconds: Math.round(60 * Number(minutes)) }
    };
  }

  /** Runs it; resolves to the job's name, or to null when the order is wrong or was refused. */
  async place(): Promise<string | null> {
    if (this._busy || !this.isRight) {
      return null;
    }
    this._busy = true;
    this._changed.emit();
    try {
      await ensureBucket(this.studio, this._choices.output);
      await this.studio.aws.call('CreateTrainingJob', this.request);
      return this._choices.name;
    } catch (error) {
      this._refusal = error instanceof AwsError ? error.message : String(error);
      return null;
    } finally {
      this._busy = false;
      this._changed.emit();
    }
  }

  private _choices: Choices;
  private _values = new Map<string, string>();
  private _busy = false;
  private _refusal = '';
  private _changed = new Signal<this, void>(this);
}

/** A notebook as TrainingImage names it: by its path, or by its place in S3. */
export function imageOf(path: string): string {
  const inBucket = /^studio:\/?buckets\/(.+)$/.exec(path);
  return inBucket ? `s3://${inBucket[1]}` : path.replace(/^\//, '');
}
