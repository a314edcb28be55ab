import { TranslationBundle } from '@jupyterlab/translation';
import { ErrorSchema, RJSFSchema, RJSFValidationError } from '@rjsf/utils';
import validator from '@rjsf/validator-ajv8';

import { Path, at } from './request';
import { Schema, schemaAt } from './schema';

/** What is wrong with a request, and where. */
export interface Problem {
  path: Path;
  message: string;
  /** Not given yet; told only when somebody wants to create. */
  missing?: boolean;
}

/** Where the request breaks AWS's constraints. */
export function check(request: object, schema: Schema, trans: TranslationBundle): Problem[] {
  const { errors } = validator.validateFormData(request, schema as RJSFSchema);
  return errors.map(error => {
    const path = steps(error);
    return { path, message: words(error, schemaAt(schema, path), trans), missing: error.name === 'required' };
  });
}

function steps(error: RJSFValidationError): Path {
  const text = (error.property ?? '').replace(/\[(?:'([^']*)'|(\d+))\]/g, '.$1$2').replace(/^\./, '');
  const path = text ? text.split('.').map(step => (/^\d+$/.test(step) ? Number(step) : step)) : [];
  const missing = error.name === 'required' ? String(error.params?.missingProperty ?? '') : '';
  return missing && path[path.length - 1] !== missing ? [...path, missing] : path;
}

function words(error: RJSFValidationError, schema: Schema | null, trans: TranslationBundle): string {
  const limit = (error.params as { limit?: number } | undefined)?.limit ?? 0;
  switch (error.name) {
    case 'required':
      return trans.__('This is needed.');
    case 'minLength':
      return limit > 1 ? trans.__('Expected at least %1 characters.', limit) : trans.__('This is needed.');
    case 'maxLength':
      return trans.__('Expected at most %1 characters.', limit);
    case 'minimum':
      return trans.__('Expected at least %1.', limit);
    case 'maximum':
      return trans.__('Expected at most %1.', limit);
    case 'minItems':
      return trans.__('Expected at least %1 of them.', limit);
    case 'maxItems':
      return trans.__('Expected at most %1 of them.', limit);
    case 'enum':
      return trans.__('Expected one of %1.', (schema?.enum ?? []).join(', '));
    case 'type':
      return trans.__('Expected a value of type %1.', String(error.params?.type));
    case 'pattern':
      return pattern(schema?.pattern ?? '', trans);
    default:
      return error.message ?? error.stack;
  }
}

function pattern(source: string, trans: TranslationBundle): string {
  if (/^\^?(\(\?:)?\[a-zA-Z0-9\](\(|\[)/.test(source)) {
    return trans.__('Expected letters, digits and hyphens, beginning and ending with a letter or digit.');
  }
  if (/https\|s3/.test(source)) {
    return trans.__('Expected a place such as s3://bucket/folder.');
  }
  if (/arn:aws/.test(source)) {
    return trans.__('Expected an ARN such as arn:aws:iam::123456789012:role/Name.');
  }
  return trans.__('Expected text of the form %1.', source);
}

/**
 * Where the server's refusal belongs.
 *
 * The API names the member in its own words: `at 'resourceConfig.instanceType' failed to …`,
 * `ResourceConfig.InstanceType: …`, `channel 'train': …`, or the name of a hyperparameter.
 */
export function refused(message: string, request: object, schema: Schema): Problem[] {
  const constraints = [...message.matchAll(/at '([^']+)' failed to satisfy constraint: (.*?)(?=; Value |$)/g)];
  if (constraints.length) {
    return constraints.map(([, place, rule]) => ({
      path: canonical(place.split('.'), schema),
      message: rule
    }));
  }
  const channel = /channel '([^']+)'/.exec(message);
  const channels = at(request, ['InputDataConfig']);
  if (channel && Array.isArray(channels)) {
    const index = channels.findIndex(each => at(each, ['ChannelName']) === channel[1]);
    return [{ path: index < 0 ? ['InputDataConfig'] : ['InputDataConfig', index], message }];
  }
  const named = /^([A-Za-z][A-Za-z0-9.]*)\b/.exec(message);
  if (named) {
    const path = canonical(named[1].split('.'), schema);
    if (path.length) {
      return [{ path, message: message.slice(named[0].length).replace(/^:?\s*/, '') || message }];
    }
  }
  const hyperparameters = message
    .split('; ')
    .map(part => /^([a-z]\w*): (.*)$/.exec(part))
    .filter(found => found !== null)
    .map(([, name, words]) => ({ path: ['HyperParameters', name], message: words }));
  if (hyperparameters.length && schema.properties?.HyperParameters) {
    return hyperparameters;
  }
  const mentioned = message.match(/\b[A-Z][A-Za-z0-9]+\b/g)?.find(word => schema.properties?.[word]);
  return [{ path: mentioned ? [mentioned] : [], message }];
}

/** The schema's own names along a path of any case; as far as it goes. */
function canonical(names: string[], root: Schema): Path {
  const path: (string | number)[] = [];
  for (const name of names) {
    if (name === 'member') {
      continue;
    }
    const node = schemaAt(root, path);
    if (/^\d+$/.test(name)) {
      path.push(Number(name) - 1); // AWS counts members from one
      continue;
    }
    const known = Object.keys(node?.properties ?? {}).find(each => each.toLowerCase() === name.toLowerCase());
    if (!known) {
      if (node && typeof node.additionalProperties === 'object' && name !== 'key') {
        path.push(name);
        continue;
      }
      break;
    }
    path.push(known);
  }
  return path;
}

/** Problems in the shape that the form takes. */
export function toErrors(problems: Problem[]): ErrorSchema {
  const root: Record<string, unknown> = {};
  for (const { path, message } of problems) {
    let node = root;
    for (const step of path) {
      node = (node[step] ??= {}) as Record<string, unknown>;
    }
    ((node.__errors ??= []) as string[]).push(message);
  }
  return root as ErrorSchema;
}
