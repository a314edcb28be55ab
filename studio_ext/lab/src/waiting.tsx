import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/** A form's page that has not got what it shows: it is on its way, or why it is not, and a retry. */
export function Waiting(props: { trans: TranslationBundle; problem: string; retry: () => void }): JSX.Element {
  const { trans, problem, retry } = props;
  if (!problem) {
    return <div aria-busy="true" />;
  }
  return (
    <div className="jp-StudioForm-body">
      <p className="jp-StudioForm-problem" role="alert">
        {problem}
      </p>
      <button className="jp-mod-styled" onClick={retry}>
        {trans.__('Try again')}
      </button>
    </div>
  );
}
