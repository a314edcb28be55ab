import { JSONObject } from '@lumino/coreutils';

import { Path } from './request';

/** A node of the form's JSON Schema. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  required?: string[];
  enum?: string[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  default?: unknown;
  definitions?: Record<string, Schema>;
}

export function toSchema(model: JSONObject): Schema {
  return model as unknown as Schema;
}

/** The node that a reference means. */
export function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let hops = 0; found.$ref && hops < 20; hops += 1) {
    const { $ref, ...own } = found;
    found = { ...(root.definitions?.[$ref.replace('#/definitions/', '')] ?? {}), ...own };
  }
  return found;
}

/** The node at a path; null where the schema has none. */
export function schemaAt(root: Schema, path: Path): Schema | null {
  let found: Schema | null = resolved(root, root);
  for (const step of path) {
    const { properties, additionalProperties, items }: Schema = found;
    const next: Schema | undefined =
      typeof step === 'number'
        ? items
        : (properties?.[step] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined));
    if (!next) {
      return null;
    }
    found = resolved(next, root);
  }
  return found;
}
