import { JSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { Algorithm } from '../model';
import { IStudio } from '../tokens';
import { Section } from './section';

interface Parameter {
  name: string;
  value: string;
  isDefault: boolean;
  help: string;
}

/** What a job was given, and in grey what its algorithm takes without being told. */
export function Parameters(props: {
  studio: IStudio;
  title: string;
  given: JSONObject;
  algorithm?: Algorithm | null;
}): JSX.Element | null {
  const { studio, given, algorithm } = props;
  const { trans } = studio;
  const [all, setAll] = React.useState(false);
  const parameters = merged(given, algorithm);
  const defaults = parameters.filter(each => each.isDefault);
  if (!parameters.length) {
    return null;
  }
  const shown = all ? parameters : parameters.filter(each => !each.isDefault);
  return (
    <Section
      title={props.title}
      aside={
        defaults.length ? (
          <button className="jp-Studio-link" aria-pressed={all} onClick={() => setAll(!all)}>
            {all ? trans.__('hide defaults') : trans._n('%1 default', '%1 defaults', defaults.length, defaults.length)}
          </button>
        ) : null
      }
    >
      <table className="jp-StudioPage-pairs">
        <tbody>
          {shown.map(({ name, value, isDefault, help }) => (
            <tr key={name} className={isDefault ? 'jp-mod-default' : ''} title={help}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function merged(given: JSONObject, algorithm?: Algorithm | null): Parameter[] {
  const known = algorithm?.hyperparameters ?? [];
  const help = new Map(known.map(each => [each.name, each.help ?? '']));
  const own = Object.entries(given).map(([name, value]) => ({
    name,
    value: String(value),
    isDefault: false,
    help: help.get(name) ?? ''
  }));
  const rest = known
    .filter(each => !(each.name in given) && each.default !== undefined && each.default !== null)
    .map(each => ({ name: each.name, value: String(each.default), isDefault: true, help: each.help ?? '' }));
  return [...own, ...rest];
}

/** The algorithm of an image of any region and version: its repository decides. */
export function algorithmOf(image: string, algorithms: readonly Algorithm[]): Algorithm | null {
  const repository = (uri: string) => uri.replace(/^[^/]*\//, '').replace(/[:@].*$/, '');
  return algorithms.find(each => repository(each.image) === repository(image)) ?? null;
}
