import * as React from 'react';

import { when } from '../format';
import { statusWords } from '../status';
import { ResourceModel } from './model';
import { Section } from './section';
import { span, transitions } from './timeline';

interface Event {
  at: number;
  status: string;
  message: string;
  took: string;
}

/** What happened to a resource, the latest first. */
export function Events({ model }: { model: ResourceModel }): JSX.Element | null {
  const { trans, locale } = model.studio;
  const events = eventsOf(model);
  if (!events.length) {
    return null;
  }
  return (
    <Section title={trans.__('Events')}>
      <table className="jp-StudioPage-events">
        <thead>
          <tr>
            <th scope="col">{trans.__('Time')}</th>
            <th scope="col">{trans.__('Status')}</th>
            <th scope="col">{trans.__('Took')}</th>
            <th scope="col">{trans.__('Message')}</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event, index) => (
            <tr key={index}>
              <td title={when(event.at, locale)}>{new Date(event.at * 1000).toLocaleTimeString(locale)}</td>
              <td>{event.status}</td>
              <td>{event.took}</td>
              <td>{event.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function eventsOf(model: ResourceModel): Event[] {
  const { trans } = model.studio;
  const stages = transitions(model.resource!.fields);
  if (stages.length) {
    return stages
      .map(stage => ({
        at: stage.StartTime,
        status: statusWords(stage.Status, trans),
        message: stage.StatusMessage ?? '',
        took: stage.EndTime ? span(stage.EndTime - stage.StartTime, trans) : ''
      }))
      .reverse();
  }
  const actions = {
    created: trans.__('Created'),
    changed: trans.__('Changed'),
    deleted: trans.__('Deleted')
  };
  return model.changes.map(({ at, action, status, message }) => ({
    at,
    status: status ? statusWords(status, trans) : actions[action],
    message,
    took: ''
  }));
}
