import { TranslationBundle } from '@jupyterlab/translation';
import { JSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { duration, when } from '../format';
import { useNow } from '../hooks';
import { statusWords, tone } from '../status';

export interface Transition {
  Status: string;
  StartTime: number;
  EndTime?: number;
  StatusMessage?: string;
}

export function transitions(fields: JSONObject): Transition[] {
  return (fields.SecondaryStatusTransitions ?? []) as unknown as Transition[];
}

/** A short time in seconds with its tenths: stages of fast jobs are shorter than a second. */
export function span(seconds: number, trans: TranslationBundle): string {
  return seconds < 10 ? trans.__('%1 s', Math.max(0, seconds).toFixed(1)) : duration(seconds, trans);
}

/** What a job went through, and how long each stage took. */
export function Timeline(props: {
  fields: JSONObject;
  trans: TranslationBundle;
  locale: string;
  live: boolean;
}): JSX.Element | null {
  const { trans, locale, live } = props;
  const now = useNow(live);
  const stages = transitions(props.fields);
  if (!stages.length) {
    return null;
  }
  return (
    <ol className="jp-StudioPage-timeline" aria-label={trans.__('Stages')}>
      {stages.map((stage, index) => {
        const isLast = index === stages.length - 1;
        const took = (stage.EndTime ?? (live ? now : stage.StartTime)) - stage.StartTime;
        return (
          <li
            key={index}
            className={`jp-mod-${isLast ? tone(stage.Status) : 'past'}`}
            aria-current={isLast && live ? 'step' : undefined}
            title={`${when(stage.StartTime, locale)}\n${stage.StatusMessage ?? ''}`}
          >
            <span>{statusWords(stage.Status, trans)}</span>
            {isLast && !live ? null : <span className="jp-StudioPage-took">{span(took, trans)}</span>}
          </li>
        );
      })}
    </ol>
  );
}
