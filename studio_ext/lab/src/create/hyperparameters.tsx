import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Algorithm, Hyperparameter } from '../model';
import { Draft } from './draft';
import { ControlProps, Field } from './field';
import { Problem } from './problems';
import { CHANNELS, channelIndex } from './training';

const PATH = 'HyperParameters';
const ENDLESS = 2 ** 31 - 1; // a bound that says nothing

/** What a hyperparameter may be, in words. */
export function range(parameter: Hyperparameter, trans: TranslationBundle): string {
  const { type, min, max } = parameter;
  if (parameter.enum?.length && !/integer|continuous|number|float/i.test(type)) {
    return parameter.enum.length > 6
      ? trans.__('one of %1', parameter.enum.length)
      : parameter.enum.join(', ');
  }
  const low = min ?? null;
  const high = max === undefined || max === null || max >= ENDLESS ? null : max;
  const whole = /integer/i.test(type);
  const words = (parameter.enum ?? []).map(word => ` / ${word}`).join('');
  if (low !== null && high !== null) {
    return `${low} … ${high}${words}`;
  }
  if (low !== null) {
    return `≥ ${low}${words}`;
  }
  if (high !== null) {
    return `≤ ${high}${words}`;
  }
  return /flag|bool/i.test(type)
    ? 'true, false'
    : whole
      ? trans.__('whole number') + words
      : /continuous|number|float/i.test(type)
        ? trans.__('number') + words
        : trans.__('text');
}

/** What is wrong with a value; `''` when nothing is. */
export function fault(parameter: Hyperparameter, text: string, trans: TranslationBundle): string {
  const value = text.trim();
  if (value === '') {
    return '';
  }
  const { type, min, max } = parameter;
  const expected = trans.__('Expected %1.', range(parameter, trans));
  const numeric = /integer|continuous|number|float/i.test(type);
  if (numeric) {
    if (parameter.enum?.includes(value) || value === String(parameter.default ?? '')) {
      return '';
    }
    const number = Number(value);
    const fits =
      Number.isFinite(number) &&
      (min === undefined || min === null || number >= min) &&
      (max === undefined || max === null || number <= max) &&
      (!/integer/i.test(type) || Number.isInteger(number));
    return fits ? '' : expected;
  }
  if (/flag|bool/i.test(type)) {
    return /^(true|false|0|1)$/i.test(value) || parameter.enum?.includes(value) ? '' : expected;
  }
  return parameter.enum?.length && !parameter.enum.includes(value) ? expected : '';
}

/** What is told about a hyperparameter: by its range, or by the server. */
function told(draft: Draft, parameter: Hyperparameter): string {
  const path = [PATH, parameter.name];
  return fault(parameter, draft.text(path), draft.studio.trans) || draft.problem(path);
}

/** What is wrong with what an algorithm is given: hyperparameters and channels. */
export function faults(draft: Draft, algorithm: Algorithm): Problem[] {
  const { trans } = draft.studio;
  const parameters = algorithm.hyperparameters.flatMap(parameter => {
    const path = [PATH, parameter.name];
    const text = draft.text(path);
    const message = !text && parameter.required ? trans.__('This is needed.') : fault(parameter, text, trans);
    return message ? [{ path, message }] : [];
  });
  const channels = algorithm.channels
    .filter(({ name, required }) => required && channelIndex(draft, name) < 0)
    .map(({ name }) => ({
      path: [CHANNELS],
      message: name === 'train' ? trans.__('Give it data to learn from.') : trans.__('The channel %1 is needed.', name)
    }));
  return [...channels, ...parameters];
}

function Control(props: { draft: Draft; parameter: Hyperparameter; control: Partial<ControlProps> }): JSX.Element {
  const { draft, parameter, control } = props;
  const path = [PATH, parameter.name];
  const value = draft.text(path);
  const initial = parameter.default === undefined || parameter.default === null ? '' : String(parameter.default);
  const set = (text: string) => draft.set(path, text || undefined);
  const choices = /flag|bool/i.test(parameter.type) ? ['true', 'false', ...(parameter.enum ?? [])] : parameter.enum;
  if (choices?.length && !/integer|continuous|number|float/i.test(parameter.type)) {
    return (
      <select className="jp-mod-styled" value={value} onChange={event => set(event.target.value)} {...control}>
        <option value="">{initial || '–'}</option>
        {choices
          .filter(choice => choice !== initial)
          .map(choice => (
            <option key={choice}>{choice}</option>
          ))}
        {value && !choices.includes(value) && <option>{value}</option>}
        {value && value === initial && <option>{value}</option>}
      </select>
    );
  }
  return (
    <input
      type="text"
      inputMode={/integer|continuous|number|float/i.test(parameter.type) ? 'decimal' : 'text'}
      className="jp-mod-styled"
      spellCheck={false}
      autoComplete="off"
      placeholder={initial}
      value={value}
      onChange={event => set(event.target.value)}
      {...control}
    />
  );
}

/** The hyperparameters that the algorithm cannot do without, each as a field. */
export function RequiredHyperparameters(props: { draft: Draft; algorithm: Algorithm; also: string[] }): JSX.Element {
  const { draft, algorithm, also } = props;
  return (
    <>
      {algorithm.hyperparameters
        .filter(({ name, required }) => required || also.includes(name))
        .map(parameter => (
          <Field
            key={parameter.name}
            id={`studio-hp-${parameter.name}`}
            label={parameter.name}
            required={parameter.required}
            help={parameter.help}
            problem={told(draft, parameter)}
          >
            {control => <Control draft={draft} parameter={parameter} control={control} />}
          </Field>
        ))}
    </>
  );
}

/** All hyperparameters of an algorithm, with what each may be. */
export function HyperparameterTable(props: { draft: Draft; algorithm: Algorithm }): JSX.Element {
  const { draft, algorithm } = props;
  const { trans } = draft.studio;
  const [part, setPart] = React.useState('');
  const [open, setOpen] = React.useState(false);
  const given = algorithm.hyperparameters.filter(({ name }) => draft.text([PATH, name])).length;
  const shown = algorithm.hyperparameters.filter(({ name, help }) =>
    `${name} ${help ?? ''}`.toLowerCase().includes(part.toLowerCase())
  );
  return (
    <details className="jp-StudioForm-more" open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        {trans.__('All %1 hyperparameters', algorithm.hyperparameters.length)}
        <span className="jp-StudioForm-count">{trans.__('%1 given', given)}</span>
      </summary>
      {open && (
        <>
          <input
            type="search"
            className="jp-mod-styled jp-StudioForm-filter"
            placeholder={trans.__('Filter by name or meaning')}
            aria-label={trans.__('Filter hyperparameters')}
            value={part}
            onChange={event => setPart(event.target.value)}
          />
          <table className="jp-StudioForm-table">
            <thead>
              <tr>
                <th scope="col">{trans.__('Name')}</th>
                <th scope="col">{trans.__('Value')}</th>
                <th scope="col">{trans.__('Default')}</th>
                <th scope="col">{trans.__('Range')}</th>
                <th scope="col">{trans.__('What it does')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map(parameter => {
                const problem = told(draft, parameter);
                return (
                  <tr key={parameter.name} className={problem ? 'jp-mod-wrong' : ''}>
                    <th scope="row">
                      {parameter.name}
                      {parameter.required && <span className="jp-StudioForm-required"> *</span>}
                    </th>
                    <td>
                      <Control
                        draft={draft}
                        parameter={parameter}
                        control={{ 'aria-invalid': Boolean(problem), ...{ 'aria-label': parameter.name } }}
                      />
                      {problem && <div className="jp-StudioForm-problem">{problem}</div>}
                    </td>
                    <td className="jp-mod-faint">{String(parameter.default ?? '')}</td>
                    <td className="jp-mod-faint" title={(parameter.enum ?? []).join(', ')}>
                      {range(parameter, trans)}
                    </td>
                    <td>{parameter.help}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </>
      )}
    </details>
  );
}
