import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { IStudio } from '../tokens';

/** The first visit: what one could begin with, each a click away. */
export function Welcome(props: { studio: IStudio; commands: CommandRegistry }): JSX.Element {
  const { studio, commands } = props;
  const { trans } = studio;
  const cards = [
    {
      title: trans.__('Train a model on a CSV'),
      text: trans.__('Upload a table, choose XGBoost, watch it learn.'),
      command: CommandIDs.create,
      args: { kind: 'TrainingJob' }
    },
    {
      title: trans.__('Run a notebook as a job'),
      text: trans.__('Choose one in the file browser; its parameters become a form.'),
      command: CommandIDs.runNotebook,
      args: {}
    },
    {
      title: trans.__('Look into the buckets'),
      text: trans.__('Data in, models out: S3 as folders in the file browser.'),
      command: 'studio:open-bucket',
      args: {}
    }
  ];
  return (
    <section className="jp-StudioSidebar-welcome" aria-label={trans.__('Getting started')}>
      {cards
        .filter(({ command }) => commands.hasCommand(command))
        .map(({ title, text, command, args }) => (
          <button key={title} className="jp-StudioSidebar-card" onClick={() => void commands.execute(command, args)}>
            <strong>{title}</strong>
            <span>{text}</span>
          </button>
        ))}
    </section>
  );
}
