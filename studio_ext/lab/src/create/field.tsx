import * as React from 'react';

/** What a control needs to be named, described and marked as wrong. */
export interface ControlProps {
  id: string;
  'aria-describedby': string;
  'aria-invalid': boolean;
}

/** One line of a form: label, control, help, and what is wrong with it. */
export function Field(props: {
  id: string;
  label: string;
  required?: boolean;
  help?: string;
  problem?: string;
  children: (control: ControlProps) => React.ReactNode;
}): JSX.Element {
  const { label, required, help, problem } = props;
  const id = `${props.id}-${React.useId()}`; // several forms may be open
  return (
    <div className={`jp-StudioForm-field ${problem ? 'jp-mod-wrong' : ''}`}>
      <label htmlFor={id} className="jp-StudioForm-label">
        {label}
        {required && (
          <span className="jp-StudioForm-required" aria-hidden="true">
            {' *'}
          </span>
        )}
      </label>
      <div className="jp-StudioForm-control">
        {props.children({
          id,
          'aria-describedby': `${id}-about`,
          'aria-invalid': Boolean(problem)
        })}
      </div>
      <div id={`${id}-about`} className="jp-StudioForm-about">
        {problem && (
          <div className="jp-StudioForm-problem" role="alert">
            {problem}
          </div>
        )}
        {help && <Help text={help} />}
      </div>
    </div>
  );
}

const SHORT = 160; // characters that need no folding

/** AWS's words about a member: the first sentence, and all of it when asked. */
export function Help({ text }: { text: string }): JSX.Element {
  const [first, rest] = firstSentence(text);
  if (!rest) {
    return <div className="jp-StudioForm-help">{first}</div>;
  }
  return (
    <details className="jp-StudioForm-help">
      <summary>{first}</summary>
      {rest}
    </details>
  );
}

function firstSentence(text: string): [string, string] {
  const end = text.search(/\.\s/);
  return end < 0 || text.length < SHORT ? [text, ''] : [text.slice(0, end + 1), text.slice(end + 1).trim()];
}
