import { JSONObject, JSONValue } from '@lumino/coreutils';

/** The parts of a JSON Schema that say which fields a request has. */
export interface Shape {
  $ref?: string;
  properties?: Record<string, Shape>;
  items?: Shape;
  definitions?: Record<string, Shape>;
}

/**
 * The request that would make a resource again, from what Describe says of it.
 *
 * Fields that Create does not know are left out, and so is what Describe adds as empty.
 */
export function requestOf(fields: JSONObject, schema: Shape, tags: readonly JSONObject[] = []): JSONObject {
  const found = (pruned(fields, schema, schema) ?? {}) as JSONObject;
  const kept = tags.filter(tag => !String(tag.Key).startsWith('aws:'));
  return kept.length && schema.properties?.Tags ? { ...found, Tags: kept as JSONValue } : found;
}

function pruned(value: JSONValue, shape: Shape, root: Shape): JSONValue | undefined {
  if (shape.$ref) {
    const target = root.definitions?.[shape.$ref.slice(shape.$ref.lastIndexOf('/') + 1)];
    return target ? pruned(value, target, root) : value;
  }
  if (value === null || value === '') {
    return undefined;
  }
  if (Array.isArray(value)) {
    return shape.items ? value.map(each => pruned(each, shape.items!, root) ?? each) : value;
  }
  if (typeof value !== 'object' || !shape.properties) {
    return value;
  }
  const found: JSONObject = {};
  for (const [name, inner] of Object.entries(shape.properties)) {
    const kept = name in value ? pruned(value[name], inner, root) : undefined;
    if (kept !== undefined && !isEmpty(kept)) {
      found[name] = kept;
    }
  }
  return found;
}

function isEmpty(value: JSONValue): boolean {
  return typeof value === 'object' && value !== null && !Object.keys(value).length;
}

/** A Python program that makes the request. */
export function boto3(operation: string, request: JSONObject): string {
  const method = snake(operation);
  const fields = Object.entries(request).map(([name, value]) => `    ${name}=${python(value, 4)},\n`);
  return `import boto3\n\nsagemaker = boto3.client("sagemaker")\nsagemaker.${method}(\n${fields.join('')})\n`;
}

/** A command of the AWS CLI that makes the request. */
export function cli(operation: string, request: JSONObject): string {
  const json = JSON.stringify(request, null, 2).replace(/'/g, `'\\''`);
  return `aws sagemaker ${snake(operation).replace(/_/g, '-')} --cli-input-json '${json}'\n`;
}

/** `CreateTrainingJob` as boto3 names it. */
export function snake(operation: string): string {
  return operation
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** A value as a Python literal. */
export function python(value: JSONValue, indent = 0): string {
  const inner = ' '.repeat(indent + 4);
  const outer = ' '.repeat(indent);
  if (value === null || typeof value === 'boolean') {
    return value === null ? 'None' : value ? 'True' : 'False';
  }
  if (Array.isArray(value)) {
    const each = value.map(one => `${inner}${python(one, indent + 4)},\n`);
    return each.length ? `[\n${each.join('')}${outer}]` : '[]';
  }
  if (typeof value === 'object') {
    const each = Object.entries(value).map(
      ([name, one]) => `${inner}${JSON.stringify(name)}: ${python(one, indent + 4)},\n`
    );
    return each.length ? `{\n${each.join('')}${outer}}` : '{}';
  }
  return JSON.stringify(value); // JSON writes strings and numbers as Python does
}
