import { JSONObject, JSONValue } from '@lumino/coreutils';

import { Aws, AwsError } from './aws';
import { Kind } from './model';

/** A resource as a list or a page shows it. */
export interface Resource {
  kind: Kind;
  name: string;
  arn: string;
  status: string;
  /** Epoch seconds; 0 when the API does not tell. */
  created: number;
  modified: number;
  /** The fields as the API gave them. */
  fields: JSONObject;
}

/** A resource from an entry of a list, or from Describe's fields. */
export function toResource(kind: Kind, fields: JSONObject): Resource {
  const id = kind.ids[kind.ids.length - 1];
  const time = (...names: string[]) =>
    Number(names.map(name => fields[name]).find(value => typeof value === 'number') ?? 0);
  return {
    kind,
    name: String(fields[kind.title] ?? fields[id] ?? ''),
    arn: String(fields[kind.arn] ?? ''),
    status: String(fields[kind.status] ?? fields.Status ?? ''),
    created: time('CreationTime', 'CreatedAt', 'CreateDate', 'CreationDate'),
    modified: time('LastModifiedTime', 'LastUpdatedTime', 'LastModifiedDate', 'CreationTime'),
    fields
  };
}

/** What identifies a resource to Describe, Stop and Delete. */
export function identity(resource: Resource): JSONObject {
  const { kind, fields, name } = resource;
  const found: JSONObject = {};
  for (const id of kind.ids) {
    found[id] = (fields[id] as JSONValue) ?? (id === kind.title ? name : '');
  }
  return found;
}

/** What names a resource in commands and pages: its name, or the id that the server made. */
export function keyOf(resource: Resource): string {
  return String(identity(resource)[resource.kind.ids.at(-1)!] ?? resource.name);
}

/** Asks the API for a resource. */
export async function describe(aws: Aws, kind: Kind, ids: JSONObject): Promise<Resource> {
  const answer = await aws.call(kind.operations.describe!, ids);
  const fields = kind.nested ? (answer[kind.nested] as JSONObject) : answer;
  return toResource(kind, { ...ids, ...fields });
}

/** The ids of the resource with that name, for kinds whose name identifies them. */
export function namedIds(kind: Kind, name: string): JSONObject {
  return { [kind.ids[kind.ids.length - 1]]: name };
}

/** Whether an error says that the resource is not there. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof AwsError &&
    /NotFound|ResourceNotFound|Could not find|does not exist/i.test(`${error.code} ${error.message}`)
  );
}
