import * as React from 'react';

import { number } from '../format';
import { useSignal } from '../hooks';
import { IStudio } from '../tokens';

/** Whether what is shown is live, and how busy the machine is. */
export function Footer(props: { studio: IStudio }): JSX.Element {
  const { feed } = props.studio;
  useSignal(feed.stateChanged, feed.refreshed, feed.loaded);
  return (
    <div className={`jp-StudioSidebar-footer jp-mod-${feed.state}`} role="status">
      <span className="jp-StudioSidebar-dot" aria-hidden="true" />
      {connection(props.studio)}
    </div>
  );
}

/** The state of the connection in words. */
export function connection({ feed, trans, locale }: IStudio): string {
  if (feed.state === 'online' && feed.hello) {
    return trans.__('connected · %1 of %2 cores', number(feed.hello.busy), feed.hello.cores);
  }
  if (feed.state === 'offline') {
    const time = new Date(feed.since).toLocaleTimeString(locale, { timeStyle: 'short' });
    return trans.__('reconnecting, last seen %1', time);
  }
  return trans.__('connecting…');
}
