import { JSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { useSignal } from '../hooks';
import { Draft } from './draft';

/** The request as JSON, both ways: what is typed here is in the form at once. */
export function JsonView({ draft }: { draft: Draft }): JSX.Element {
  const { trans } = draft.studio;
  const written = JSON.stringify(draft.request, null, 2);
  const [text, setText] = React.useState(written);
  const [problem, setProblem] = React.useState('');
  const own = React.useRef(written);
  useSignal(draft.changed);
  React.useEffect(() => {
    // What somebody types must not be laid out anew under their hands.
    if (written !== own.current) {
      own.current = written;
      setText(written);
      setProblem('');
    }
  }, [written]);
  const take = (next: string) => {
    setText(next);
    try {
      const value = JSON.parse(next) as unknown;
      if (!value || typeof value !== 'object' || Array.isArray(value)) {
        throw new Error(trans.__('Expected an object: {"…": …}'));
      }
      setProblem('');
      draft.replace(value as JSONObject);
      own.current = JSON.stringify(draft.request, null, 2);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <div className="jp-StudioForm-json">
      <textarea
        className="jp-mod-styled"
        aria-label={trans.__('Request as JSON')}
        aria-invalid={Boolean(problem)}
        spellCheck={false}
        rows={Math.min(40, text.split('\n').length + 1)}
        value={text}
        onChange={event => take(event.target.value)}
      />
      {problem && (
        <div className="jp-StudioForm-problem" role="alert">
          {problem}
        </div>
      )}
    </div>
  );
}
