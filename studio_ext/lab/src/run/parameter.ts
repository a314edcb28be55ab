import { TranslationBundle } from '@jupyterlab/translation';

import { NotebookParameters } from '../model';

export type Parameter = NotebookParameters['parameters'][number];

export type ParameterType = 'int' | 'float' | 'bool' | 'str' | 'list' | 'dict' | '';

const QUOTED = /^(["'])((?:\\.|(?!\1).)*)\1$/s;

/** The type of a parameter: annotated, else that of its default; `''` when neither tells. */
export function typeOf({ type, default: initial }: Parameter): ParameterType {
  const named = type.split('[')[0].trim().toLowerCase();
  if (/^(int|float|bool|str|list|dict)$/.test(named)) {
    return named as ParameterType;
  }
  const text = initial.trim();
  if (/^(True|False)$/.test(text)) {
    return 'bool';
  }
  if (QUOTED.test(text)) {
    return 'str';
  }
  if (/^[+-]?\d[\d_]*$/.test(text)) {
    return 'int';
  }
  if (text !== '' && Number.isFinite(Number(text))) {
    return 'float';
  }
  return /^\[.*\]$/s.test(text) ? 'list' : /^\{.*\}$/s.test(text) ? 'dict' : '';
}

/** A default as a person would type it: `cat` for `"cat"`, `true` for `True`. */
export function plain(parameter: Parameter): string {
  const text = parameter.default.trim();
  const type = typeOf(parameter);
  if (type === 'bool') {
    return text.toLowerCase();
  }
  const quoted = type === 'str' ? QUOTED.exec(text) : null;
  return quoted ? quoted[2].replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter)) : text;
}

/** What is wrong with a value; `''` when nothing is. */
export function fault(parameter: Parameter, text: string, trans: TranslationBundle): string {
  const value = text.trim();
  if (value === plain(parameter)) {
    return '';
  }
  switch (typeOf(parameter)) {
    case 'int':
      return /^[+-]?\d+$/.test(value) ? '' : trans.__('Expected a whole number.');
    case 'float':
      return value !== '' && Number.isFinite(Number(value)) ? '' : trans.__('Expected a number.');
    case 'bool':
      return /^(true|false)$/i.test(value) ? '' : trans.__('Expected true or false.');
    case 'list':
      return /^\[.*\]$/s.test(value) ? '' : trans.__('Expected a list such as [1, 2].');
    case 'dict':
      return /^\{.*\}$/s.test(value) ? '' : trans.__('Expected an object such as {"a": 1}.');
    default:
      return '';
  }
}

/** A value as HyperParameters has it: texts that look like something else in quotes. */
export function onWire(parameter: Parameter, text: string): string {
  return typeOf(parameter) === 'str' && /^".*"$/s.test(text) ? JSON.stringify(text) : text;
}
