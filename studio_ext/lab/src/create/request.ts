import { JSONExt, JSONObject, JSONValue } from '@lumino/coreutils';

/** Where a value is in a request: names of members and numbers of items. */
export type Path = readonly (string | number)[];

/** The value at a path; undefined where there is none. */
export function at(value: unknown, path: Path): JSONValue | undefined {
  let found = value;
  for (const step of path) {
    found = (found as Record<string | number, unknown> | null | undefined)?.[step];
  }
  return found as JSONValue | undefined;
}

/** A copy with another value at a path; undefined takes it out. */
export function withValue(value: unknown, path: Path, put: JSONValue | undefined): JSONValue {
  if (path.length === 0) {
    return put as JSONValue;
  }
  const [step, ...rest] = path;
  const copy = (
    Array.isArray(value) ? value.slice() : value && typeof value === 'object' ? { ...value } : typeof step === 'number' ? [] : {}
  ) as Record<string | number, JSONValue | undefined>;
  const inner = rest.length ? withValue(copy[step], rest, put) : put;
  if (inner === undefined && !Array.isArray(copy)) {
    delete copy[step];
  } else {
    copy[step] = inner;
  }
  return copy as unknown as JSONValue;
}

/**
 * The request without what a form leaves behind: members that are undefined, empty texts, and
 * objects that hold nothing.
 */
export function pruned(value: JSONValue | undefined): JSONValue | undefined {
  if (Array.isArray(value)) {
    return value.map(each => pruned(each) ?? (JSONExt.isObject(each) ? {} : '')) as JSONValue;
  }
  if (value && typeof value === 'object') {
    const kept: JSONObject = {};
    for (const [name, each] of Object.entries(value)) {
      const inner = pruned(each as JSONValue);
      if (inner !== undefined) {
        kept[name] = inner;
      }
    }
    return Object.keys(kept).length ? kept : undefined;
  }
  return value === '' || value === null ? undefined : value;
}

/** A name that no resource has yet: a stem and the time, within 63 characters. */
export function uniqueName(stem: string, now = new Date()): string {
  const clean = stem.replace(/[^a-zA-Z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'studio';
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${clean.slice(0, 63 - 16).replace(/-+$/, '')}-${day}-${time}`;
}

/** The stem of a name that `uniqueName` may have made. */
export function stemOf(name: string): string {
  return name.replace(/(-\d{8}-\d{6}(-[0-9a-f]+)?)+$/, '');
}

const WHOLE: Record<string, string> = {
  arn: 'ARN',
  kms: 'KMS',
  vpc: 'VPC',
  id: 'ID',
  ids: 'IDs',
  uri: 'URI',
  url: 'URL',
  gb: 'GB',
  s3: 'S3',
  iam: 'IAM',
  ml: 'ML',
  sagemaker: 'SageMaker'
};

/** A member's name as people write it: `Max runtime in seconds`. */
export function words(name: string): string {
  const apart = name
    .replace(/SageMaker/g, 'Sagemaker')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return apart
    .split(/[\s_]+/)
    .map((word, index) => WHOLE[word.toLowerCase()] ?? (index === 0 ? word : word.toLowerCase()))
    .join(' ');
}
