import { JSONObject, JSONValue } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { AwsError } from '../aws';
import { Catalogue, FormModel, Kind } from '../model';
import { requestOf } from '../resource/code';
import { describe, namedIds } from '../resources';
import { IStudio } from '../tokens';
import { Problem, check, refused } from './problems';
import { Path, at, pruned, stemOf, uniqueName, withValue } from './request';
import { Schema, toSchema } from './schema';

/**
 * A request that is being written.
 *
 * Every view, the first screen, the form and the JSON, shows and changes this one request.
 */
export class Draft implements IDisposable {
  constructor(
    readonly studio: IStudio,
    readonly kind: Kind,
    form: FormModel,
    /** Algorithms, instance types and roles to pick from. */
    readonly catalogue: Catalogue,
    request: JSONObject
  ) {
    this.schema = toSchema(form.schema);
    this.ui = form.ui;
    this._request = request;
    this._check();
  }

  /** The draft of a new resource, of a given request, or like an existing resource. */
  static async make(
    studio: IStudio,
    noun: string,
    from: { request?: JSONObject; clone?: string }
  ): Promise<Draft> {
    const { kinds } = await studio.server.model();
    const kind = kinds[noun];
    if (!kind?.operations.create) {
      throw new Error(studio.trans.__('%1 cannot be created with a form.', kind?.words ?? noun));
    }
    const [form, catalogue] = await Promise.all([
      studio.server.form(kind.operations.create),
      studio.server.catalogue()
    ]);
    let request = from.request ?? form.initial;
    if (from.clone) {
      const { fields } = await describe(studio.aws, kind, namedIds(kind, from.clone));
      const schema = toSchema(form.schema);
      request = requestOf(fields, schema);
      const name = nameOf(kind, schema);
      if (name) {
        request[name] = uniqueName(stemOf(from.clone));
      }
    }
    const named = nameOf(kind, toSchema(form.schema));
    if (named && !request[named]) {
      request = { ...request, [named]: uniqueName(kind.noun) };
    }
    return new Draft(studio, kind, form, catalogue, request);
  }

  readonly schema: Schema;
  readonly ui: JSONObject;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get request(): JSONObject {
    return this._request;
  }

  /** The member with the name that people give; `''` where there is none. */
  get nameField(): string {
    return nameOf(this.kind, this.schema);
  }

  /** What is told now: what is missing only after somebody wanted to create. */
  get problems(): Problem[] {
    return [...this._found.filter(each => this._attempted || !each.missing), ...this._refused];
  }

  get busy(): boolean {
    return this._busy;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  at(path: Path): JSONValue | undefined {
    return at(this._request, path);
  }

  text(path: Path): string {
    const value = this.at(path);
    return value === undefined || value === null ? '' : String(value);
  }

  set(path: Path, value: JSONValue | undefined): void {
    this.replace(withValue(this._request, path, value) as JSONObject);
  }

  replace(request: JSONObject): void {
    this._request = (pruned(request) ?? {}) as JSONObject;
    this._refused = [];
    this._check();
    this._changed.emit();
  }

  /** What is told about a member, and about what is below it unless `exact`. */
  problem(path: Path, exact = false): string {
    const found = this.problems.find(
      each =>
        (exact ? each.path.length === path.length : each.path.length >= path.length) &&
        path.every((step, index) => each.path[index] === step)
    );
    return found?.message ?? '';
  }

  /**
   * Creates the resource; resolves to its name, or to null when something is wrong with the request.
   *
   * @param found - what is known to be wrong beside AWS's constraints.
   */
  async create(found: Problem[] = []): Promise<string | null> {
    this._attempted = true;
    this._refused = [];
    this._check();
    this._found.push(...found);
    if (this._found.length || this._busy) {
      this._changed.emit();
      return null;
    }
    this._busy = true;
    this._changed.emit();
    try {
      await this.studio.aws.call(this.kind.operations.create!, this._request);
      return this.text([this.nameField]);
    } catch (error) {
      const { message } = error as Error;
      this._refused =
        error instanceof AwsError && error.status === 400
          ? refused(message, this._request, this.schema)
          : [{ path: [], message }];
      return null;
    } finally {
      this._busy = false;
      if (!this._isDisposed) {
        this._changed.emit();
      }
    }
  }

  private _check(): void {
    this._found = check(this._request, this.schema, this.studio.trans);
  }

  private _request: JSONObject;
  private _found: Problem[] = [];
  private _refused: Problem[] = [];
  private _attempted = false;
  private _busy = false;
  private _isDisposed = false;
  private _changed = new Signal<this, void>(this);
}

function nameOf(kind: Kind, schema: Schema): string {
  const names = [kind.given?.[0], kind.title, kind.ids[kind.ids.length - 1]];
  return names.find(name => name && schema.properties?.[name]) ?? '';
}
