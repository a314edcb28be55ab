import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { size } from '../format';
import { Draft } from './draft';

interface PickerProps {
  draft: Draft;
  value: string;
  onChange: (value: string) => void;
}

/** `ml.m5.large: 1 core, 8.6 GB`. */
export function instanceWords(name: string, cores: number, memory: number, trans: TranslationBundle): string {
  return `${name}: ${trans._n('%1 core', '%1 cores', cores)}, ${size(memory)}`;
}

/** An instance type with what it stands for here. */
export function InstanceSelect(props: PickerProps): JSX.Element {
  const { draft, value, onChange, ...control } = props;
  const { trans } = draft.studio;
  const types = draft.catalogue.instanceTypes;
  return (
    <select className="jp-mod-styled" value={value} onChange={event => onChange(event.target.value)} {...control}>
      {!types.some(({ name }) => name === value) && <option value={value}>{value || '–'}</option>}
      {types.map(({ name, cores, memory }) => (
        <option key={name} value={name}>
          {instanceWords(name, cores, memory, trans)}
        </option>
      ))}
    </select>
  );
}

/** A role by its name; any other ARN can be typed. */
export function RoleSelect(props: PickerProps): JSX.Element {
  return <Suggested {...props} values={props.draft.catalogue.roles} placeholder="arn:aws:iam::123456789012:role/Name" />;
}

/** A built-in algorithm's image, or a notebook. */
export function ImageSelect(props: PickerProps): JSX.Element {
  const images = props.draft.catalogue.algorithms.map(({ image }) => image);
  return <Suggested {...props} values={images} placeholder="folder/mine.ipynb" />;
}

function Suggested(props: PickerProps & { values: string[]; placeholder: string }): JSX.Element {
  const { draft: _, value, values, placeholder, onChange, ...control } = props;
  const id = React.useId();
  return (
    <>
      <input
        type="text"
        className="jp-mod-styled"
        list={id}
        spellCheck={false}
        autoComplete="off"
        placeholder={placeholder}
        value={value}
        onChange={event => onChange(event.target.value)}
        {...control}
      />
      <datalist id={id}>
        {values.map(each => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </>
  );
}
