import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { useSignal } from '../hooks';
import { studioIcon } from '../icons';
import { connection } from '../sidebar/footer';
import { IStudio } from '../tokens';

/** How many jobs run, in the status bar. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _studio: IStudio,
    private readonly _open: () => void
  ) {
    super();
    this.addClass('jp-StudioStatus');
  }

  protected override render(): JSX.Element {
    return <Jobs studio={this._studio} onClick={this._open} />;
  }
}

function Jobs(props: { studio: IStudio; onClick: () => void }): JSX.Element {
  const { feed, trans } = props.studio;
  useSignal(feed.changed, feed.progressed, feed.refreshed, feed.stateChanged, feed.loaded);
  const count = feed.running.size;
  return (
    <button className="jp-StudioStatus-button" title={connection(props.studio)} onClick={props.onClick}>
      <studioIcon.react tag="span" aria-hidden="true" />
      {feed.state === 'online' ? trans._n('%1 job', '%1 jobs', count, count) : trans.__('offline')}
    </button>
  );
}
