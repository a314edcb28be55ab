import { JSONObject, JSONValue } from '@lumino/coreutils';
import * as React from 'react';

import { IDesk } from '../desk';
import { when } from '../format';
import { Place } from './places';

const LONG = 600; // characters of a value that are shown

/** Any fields of the API, as nested lists of names and values. */
export function Fields({ desk, fields }: { desk: IDesk; fields: JSONObject }): JSX.Element {
  return (
    <table className="jp-StudioPage-pairs">
      <tbody>
        {Object.entries(fields).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{words(name)}</th>
            <td>
              <Value desk={desk} name={name} value={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ desk, name, value }: { desk: IDesk; name: string; value: JSONValue }): JSX.Element {
  if (Array.isArray(value)) {
    return (
      <ul className="jp-StudioPage-values">
        {value.map((each, index) => (
          <li key={index}>
            <Value desk={desk} name={name} value={each} />
          </li>
        ))}
      </ul>
    );
  }
  if (value && typeof value === 'object') {
    return <Fields desk={desk} fields={value as JSONObject} />;
  }
  if (typeof value === 'string' && value.startsWith('s3://')) {
    return <Place desk={desk} uri={value} />;
  }
  if (typeof value === 'number' && /(Time|Date|At)$/.test(name)) {
    return <>{when(value, desk.studio.locale)}</>;
  }
  const text = String(value ?? '');
  return <span title={text.length > LONG ? text : undefined}>{text.length > LONG ? `${text.slice(0, LONG)}…` : text}</span>;
}

/** `InstanceType` as `Instance type`. */
export function words(name: string): string {
  const parts = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2').split(' ');
  return parts.map((part, index) => (index && !/^[A-Z0-9]{2,}$/.test(part) ? part.toLowerCase() : part)).join(' ');
}
