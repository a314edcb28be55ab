import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { JSONObject } from '@lumino/coreutils';

export type Verb = 'create' | 'describe' | 'list' | 'update' | 'delete' | 'stop' | 'start';

/** One noun of SageMaker's API, as the service model has it. */
export interface Kind {
  noun: string;
  /** As people write it: `training job`. */
  words: string;
  plural: string;
  section: string;
  verbs: Verb[];
  operations: Partial<Record<Verb, string>>;
  /** The fields that identify it; `given` are those that the client chooses. */
  ids: string[];
  given: string[];
  /** Fields of its name, ARN and status; `''` where it has none. */
  title: string;
  arn: string;
  status: string;
  statuses: string[];
  /** The member of the List operation's answer with the entries. */
  listKey: string;
  filters: string[];
  sortBy: string[];
  /** The member of Describe's answer that holds the fields; `''`: the answer itself. */
  nested: string;
  /** Whether it is a job. */
  runs: boolean;
  /** Fields of an entry of its list. */
  summary: string[];
}

export interface Section {
  id: string;
  kinds: string[];
}

export interface Model {
  version: string;
  account: string;
  regions: string[];
  sections: Section[];
  kinds: Record<string, Kind>;
}

/** What a create form is made from. */
export interface FormModel {
  operation: string;
  /** JSON Schema, draft 7. */
  schema: JSONObject;
  ui: JSONObject;
  /** A request to begin with. */
  initial: JSONObject;
}

export interface Hyperparameter {
  name: string;
  type: string;
  default?: unknown;
  min?: number;
  max?: number;
  enum?: string[];
  required?: boolean;
  help?: string;
}

export interface Algorithm {
  name: string;
  image: string;
  words: string;
  contentTypes: string[];
  channels: { name: string; required: boolean }[];
  hyperparameters: Hyperparameter[];
  metrics: string[];
}

export interface Catalogue {
  algorithms: Algorithm[];
  /** Memory in bytes. */
  instanceTypes: { name: string; cores: number; memory: number }[];
  roles: string[];
}

/** What papermill finds in a notebook's parameters cell. */
export interface NotebookParameters {
  path: string;
  kernel: { name: string; language: string };
  parameters: { name: string; type: string; default: string; help: string }[];
  hasParameters: boolean;
  warnings: string[];
}

/** What lies on disk, in bytes. */
export interface Disk {
  free: number;
  total: number;
  jobs: {
    kind: string;
    region: string;
    name: string;
    status: string;
    ended: number | null;
    bytes: number;
    directory: string;
  }[];
  buckets: { name: string; bytes: number; objects: number }[];
  environments: { name: string; bytes: number }[];
}

/** What the Jupyter server knows without asking the daemon, and what lies on its disk. */
export class Server {
  constructor(
    readonly settings: ServerConnection.ISettings,
    private readonly _trans: TranslationBundle
  ) {}

  /** Every kind that is built, in the words of the interface. Asked for once. */
  model(): Promise<Model> {
    this._model ??= this._ask().catch(error => {
      this._model = null;
      throw error;
    });
    return this._model;
  }

  private async _ask(): Promise<Model> {
    const model = await this._get<Model>('model');
    for (const kind of Object.values(model.kinds)) {
      kind.words = this._trans.__(kind.words);
      kind.plural = this._trans.__(kind.plural);
    }
    return model;
  }

  form(operation: string): Promise<FormModel> {
    return this._get<FormModel>(`model?operation=${encodeURIComponent(operation)}`);
  }

  catalogue(): Promise<Catalogue> {
    return this._get<Catalogue>('model?algorithms=1');
  }

  notebook(path: string): Promise<NotebookParameters> {
    return this._get<NotebookParameters>(`notebook?path=${encodeURIComponent(path)}`);
  }

  async disk(): Promise<Disk> {
    return (await this._get<{ disk: Disk }>('status?disk=1')).disk;
  }

  private async _get<T>(path: string): Promise<T> {
    const url = URLExt.join(this.settings.baseUrl, 'studio', path);
    const response = await ServerConnection.makeRequest(url, {}, this.settings);
    if (!response.ok) {
      throw await ServerConnection.ResponseError.create(response);
    }
    return (await response.json()) as T;
  }

  private _model: Promise<Model> | null = null;
}
