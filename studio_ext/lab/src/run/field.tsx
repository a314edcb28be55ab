import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Field } from '../create/field';
import { Parameter, fault, plain, typeOf } from './parameter';

/** A notebook's parameter with a control of its type. */
export function ParameterField(props: {
  trans: TranslationBundle;
  parameter: Parameter;
  value: string;
  /** What the server says about it. */
  problem?: string;
  onChange: (text: string) => void;
}): JSX.Element {
  const { trans, parameter, value, problem, onChange } = props;
  const { name } = parameter;
  const type = typeOf(parameter);
  const initial = plain(parameter);
  const help = [
    parameter.help,
    value !== initial ? trans.__('The notebook has %1.', initial || '–') : '',
    type && trans.__('Type: %1', type)
  ];
  return (
    <Field
      id={`studio-parameter-${name}`}
      label={name}
      problem={fault(parameter, value, trans) || problem}
      help={help.filter(Boolean).join(' · ')}
    >
      {control =>
        type === 'bool' ? (
          <select className="jp-mod-styled" value={value} onChange={event => onChange(event.target.value)} {...control}>
            <option>true</option>
            <option>false</option>
          </select>
        ) : (
          <input
            type="text"
            className="jp-mod-styled"
            inputMode={type === 'int' || type === 'float' ? 'decimal' : 'text'}
            spellCheck={false}
            autoComplete="off"
            value={value}
            onChange={event => onChange(event.target.value)}
            {...control}
          />
        )
      }
    </Field>
  );
}
