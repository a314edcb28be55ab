import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { offers } from '../actions';
import { CommandIDs } from '../commands';
import { Progress, placeKey } from '../feed';
import { ago, duration, when } from '../format';
import { useNow } from '../hooks';
import { stoppedIcon } from '../icons';
import { Resource, keyOf } from '../resources';
import { Status, statusWords } from '../status';
import { IStudio } from '../tokens';

const HOUR = 3600; // seconds

interface Props {
  studio: IStudio;
  commands: CommandRegistry;
  resource: Resource;
}

/** A resource in a list: status, name, and how it came out. */
export function Row(props: Props & { detail: string }): JSX.Element {
  const { studio, resource, detail } = props;
  const { trans, locale } = studio;
  const { name, status, kind, created } = resource;
  useNow(created > Date.now() / 1000 - HOUR); // older ages hardly change
  const age = created ? ago(created, locale) : '';
  const caption = [name, statusWords(status, trans), detail, created ? when(created, locale) : '']
    .filter(Boolean)
    .join('\n');
  return (
    <li className="jp-StudioSidebar-row" data-studio-kind={kind.noun} data-studio-name={name}>
      <button
        className="jp-StudioSidebar-open"
        title={caption}
        onClick={() =>
          void props.commands.execute(CommandIDs.openResource, { kind: kind.noun, name: keyOf(resource) })
        }
      >
        {kind.status ? <Status status={status} trans={trans} /> : null}
        <span className="jp-StudioSidebar-name">{name}</span>
        <span className="jp-StudioSidebar-detail">{detail || age}</span>
      </button>
    </li>
  );
}

/** A job that waits or runs: where it is, since when, and a way to stop it. */
export function ActiveRow(props: Props): JSX.Element {
  const { studio, resource, commands } = props;
  const { trans } = studio;
  const { name, status, kind, created } = resource;
  const place = { kind: kind.noun, region: studio.region, name };
  const progress = studio.feed.running.get(placeKey(place));
  const now = useNow(true);
  const since = progress?.started ?? created;
  const words = [state(resource, progress, studio), duration(now - since, trans)].join(' · ');
  const stop = trans.__('Stop %1', name);
  return (
    <li className="jp-StudioSidebar-row jp-mod-active" data-studio-kind={kind.noun} data-studio-name={name}>
      <button
        className="jp-StudioSidebar-open"
        title={`${name}\n${words}`}
        onClick={() => void commands.execute(CommandIDs.openResource, { kind: kind.noun, name })}
      >
        <Status status={progress || status !== 'InProgress' ? status : 'Pending'} trans={trans} />
        <span className="jp-StudioSidebar-name">{name}</span>
        <span className="jp-StudioSidebar-progress">
          <span>{words}</span>
          {progress ? <Bar value={progress.cell} of={progress.of} label={name} /> : null}
        </span>
      </button>
      {offers(resource, 'stop') ? (
        <button
          className="jp-StudioSidebar-stop"
          title={stop}
          aria-label={stop}
          onClick={() => void commands.execute(CommandIDs.stop, { kind: kind.noun, name })}
        >
          <stoppedIcon.react tag="span" aria-hidden="true" />
        </button>
      ) : null}
    </li>
  );
}

function state(resource: Resource, progress: Progress | undefined, studio: IStudio): string {
  const { trans } = studio;
  if (resource.status !== 'InProgress') {
    return statusWords(resource.status, trans);
  }
  return progress
    ? trans.__('cell %1 of %2', Math.max(1, progress.cell), progress.of)
    : trans.__('waiting');
}

function Bar(props: { value: number; of: number; label: string }): JSX.Element {
  return (
    <span
      className="jp-Studio-bar"
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={props.of}
      aria-valuenow={props.value}
    >
      <span style={{ width: `${props.of ? (100 * props.value) / props.of : 0}%` }} />
    </span>
  );
}
