import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { failedIcon, idleIcon, runningIcon, stoppedIcon, succeededIcon, waitingIcon } from './icons';

export type Tone = 'running' | 'waiting' | 'good' | 'bad' | 'stopped' | 'idle';

const TONES: [RegExp, Tone][] = [
  [/^(Pending|Starting|Stopping|Deleting|Updating|Creating)/i, 'waiting'],
  [/(InProgress|Running|Executing|Initializing)/i, 'running'],
  [/^(Completed|Succeeded|InService|Ready|Active|Approved|Available)/i, 'good'],
  [/(Fail|Rejected|Unhealthy|OutOfService|Error)/i, 'bad'],
  [/^(Stopped|Canceled|Archived|Deleted)/i, 'stopped']
];

const ICONS = {
  running: runningIcon,
  waiting: waitingIcon,
  good: succeededIcon,
  bad: failedIcon,
  stopped: stoppedIcon,
  idle: idleIcon
};

/** What a status means to somebody who only glances at it. */
export function tone(status: string): Tone {
  return TONES.find(([pattern]) => pattern.test(status))?.[1] ?? 'idle';
}

// A list asks many times.
const translated = new WeakMap<TranslationBundle, Record<string, string>>();

/** A status as people write it: `In progress` for `InProgress`. */
export function statusWords(status: string, trans: TranslationBundle): string {
  let words = translated.get(trans);
  if (!words) {
    words = known(trans);
    translated.set(trans, words);
  }
  return words[status] ?? status.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
}

function known(trans: TranslationBundle): Record<string, string> {
  return {
    InProgress: trans.__('In progress'),
    Completed: trans.__('Completed'),
    Failed: trans.__('Failed'),
    Stopping: trans.__('Stopping'),
    Stopped: trans.__('Stopped'),
    Pending: trans.__('Pending'),
    InService: trans.__('In service'),
    Creating: trans.__('Creating'),
    Deleting: trans.__('Deleting'),
    Starting: trans.__('Starting'),
    Downloading: trans.__('Downloading'),
    Training: trans.__('Training'),
    Uploading: trans.__('Uploading'),
    Interrupted: trans.__('Interrupted'),
    MaxRuntimeExceeded: trans.__('Time limit reached')
  };
}

/** A status as icon, with its word for those who do not see it, or beside it for all. */
export function Status(props: { status: string; trans: TranslationBundle; word?: boolean }): JSX.Element {
  const found = tone(props.status);
  const words = statusWords(props.status, props.trans);
  const Icon = ICONS[found];
  return (
    <span className={`jp-Studio-status jp-mod-${found}`} title={words}>
      <Icon.react tag="span" className="jp-Studio-statusIcon" aria-hidden="true" />
      <span className={props.word ? 'jp-Studio-statusWord' : 'jp-Studio-hidden'}>{words}</span>
    </span>
  );
}
