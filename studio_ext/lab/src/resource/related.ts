import { JSONObject, JSONValue } from '@lumino/coreutils';

import { resourceOf } from '../links';
import { Kind, Model } from '../model';
import { Resource } from '../resources';

const MOST = 50;

/** Another resource that one names. */
export interface Related {
  kind: Kind;
  name: string;
  /** How it is called: a key that is an ARN says little. */
  label: string;
  /** The field that names it. */
  field: string;
}

/** The resources that one names, by ARN or in a field that is another kind's id. */
export function related(resource: Resource, model: Model): Related[] {
  const byId = new Map<string, Kind>();
  for (const kind of Object.values(model.kinds)) {
    const id = kind.ids.at(-1)!;
    // A field that is the id of several kinds says nothing about which is meant.
    byId.set(id, byId.has(id) ? (null as never) : kind);
  }
  const found = new Map<string, Related>();
  const add = (kind: Kind | null | undefined, name: string, field: string) => {
    const itself = kind?.noun === resource.kind.noun && (name === resource.name || name === resource.arn);
    if (kind && name && !itself && found.size < MOST) {
      found.set(`${kind.noun}/${name}`, { kind, name, label: name.split('/').at(-1)!, field });
    }
  };
  const walk = (value: JSONValue, field: string): void => {
    if (typeof value === 'string') {
      const named = value.startsWith('arn:') ? resourceOf(value, model) : null;
      if (named) {
        add(named.kind, named.name, field);
      } else if (byId.has(field) && !value.startsWith('arn:')) {
        add(byId.get(field), value, field);
      }
    } else if (Array.isArray(value)) {
      value.forEach(each => walk(each, field));
    } else if (value && typeof value === 'object') {
      Object.entries(value as JSONObject).forEach(([name, each]) => walk(each, name));
    }
  };
  walk(resource.fields, '');
  return [...found.values()];
}

/** S3 places that a resource names, by the field that names them. */
export function placesOf(fields: JSONObject): { field: string; uri: string; output: boolean }[] {
  const found = new Map<string, { field: string; uri: string; output: boolean }>();
  const walk = (value: JSONValue, path: string[]): void => {
    if (typeof value === 'string') {
      if (value.startsWith('s3://') && found.size < MOST) {
        const output = path.some(part => /Output|Artifact|Checkpoint|Destination/.test(part));
        found.set(`${path.join('.')} ${value}`, { field: label(path), uri: value, output });
      }
    } else if (Array.isArray(value)) {
      value.forEach((each, index) => walk(each, [...path, channelName(each) || String(index + 1)]));
    } else if (value && typeof value === 'object') {
      Object.entries(value as JSONObject).forEach(([name, each]) => walk(each, [...path, name]));
    }
  };
  walk(fields, []);
  return [...found.values()];
}

function channelName(value: JSONValue): string {
  const named = value as { ChannelName?: string; InputName?: string; OutputName?: string } | null;
  return named?.ChannelName ?? named?.InputName ?? named?.OutputName ?? '';
}

/** A channel is called as such, another place by its field. */
function label(path: string[]): string {
  const channel = path.indexOf('InputDataConfig');
  return channel >= 0 && path[channel + 1] ? path[channel + 1] : path.at(-1)!;
}
