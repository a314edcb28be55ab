import { Clipboard } from '@jupyterlab/apputils';
import { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { CommandIDs, RESOURCE } from '../commands';
import { complain } from '../complain';
import { IDesk } from '../desk';
import { isOver } from '../feed';
import { runDirectory, showPath } from '../links';
import { Resource, describe, namedIds } from '../resources';
import { follow } from './follow';
import { JobNotebook } from './notebook';
import { reopened } from './reopen';

/** What the page of a resource offers beside what every list does. */
export function addResourceCommands(desk: IDesk): void {
  const { commands, studio, contents } = desk;
  const { trans } = studio;

  const find = async (args: ReadonlyPartialJSONObject): Promise<Resource> => {
    const { kinds } = await studio.server.model();
    const kind = kinds[String(args.kind)];
    return describe(studio.aws, kind, namedIds(kind, String(args.name)));
  };
  const notebookOf = async (args: ReadonlyPartialJSONObject): Promise<[Resource, JobNotebook]> => {
    const job = await find(args);
    const notebook = new JobNotebook(studio, contents, () => job, () => isOver(job.status));
    notebook.refresh();
    await new Promise<void>(resolve => notebook.changed.connect(() => resolve()));
    notebook.dispose();
    if (!notebook.path) {
      throw new Error(trans.__('The job has left no notebook yet.'));
    }
    return [job, notebook];
  };
  const show = async (path: string, index: number) => {
    await commands.execute('docmanager:open', { path, factory: 'Notebook' });
    const panel = desk.notebooks?.find(({ context }) => context.path === path);
    await panel?.context.ready;
    if (panel && index >= 0) {
      await panel.revealed;
      panel.content.activeCellIndex = index;
      await panel.content.scrollToItem(index, 'center');
    }
    return panel;
  };
  /** Adds a command that takes a resource, and tells what it failed with. */
  const add = (
    id: string,
    label: string,
    caption: string,
    act: (args: ReadonlyPartialJSONObject) => Promise<void>
  ) =>
    commands.addCommand(id, {
      label,
      caption,
      describedBy: RESOURCE,
      execute: async args => {
        try {
          await act(args);
        } catch (error) {
          complain(`${args.name}: ${(error as Error).message}`);
        }
      }
    });

  add(
    CommandIDs.openNotebook,
    trans.__('Open Notebook'),
    trans.__('The notebook of the job with its outputs; at the failing cell, when it failed'),
    async args => {
      const [job, notebook] = await notebookOf(args);
      const panel = await show(notebook.path, notebook.failure?.index ?? -1);
      if (panel && !isOver(job.status)) {
        follow(studio, panel, { kind: job.kind.noun, region: studio.region, name: job.name });
      }
    }
  );
  add(
    CommandIDs.reopen,
    trans.__('Open a Copy to Work On'),
    trans.__('Copies the notebook of the job beside your own, with what the job was given'),
    async args => {
      const [job, notebook] = await notebookOf(args);
      const copy = await reopened(desk, job, await notebook.content());
      const at = notebook.failure ? notebook.failure.index + 1 : -1; // below the cell of ours
      await show(copy, at);
    }
  );
  add(
    CommandIDs.openDirectory,
    trans.__('Open Run Directory'),
    trans.__('The folder in which the job ran, in the file browser'),
    async ({ kind, name }) =>
      showPath(commands, await runDirectory(contents, String(kind), studio.region, String(name)))
  );
  add(
    CommandIDs.attachConsole,
    trans.__('Attach a Console'),
    trans.__('A console in the kernel of the job: what is typed runs after the current cell'),
    async ({ kind, name }) => {
      await desk.kernels.refreshRunning();
      const kernel = [...desk.kernels.running()].find(each => each.name === `${kind}/${name}`);
      if (!kernel) {
        throw new Error(
          trans.__('It has no kernel to talk to: either it has not started, or it runs a built-in algorithm.')
        );
      }
      await commands.execute('console:create', {
        kernelPreference: { id: kernel.id, shutdownOnDispose: false },
        insertMode: 'split-bottom'
      });
    }
  );
  commands.addCommand(CommandIDs.copyArn, {
    label: trans.__('Copy ARN'),
    describedBy: {
      args: { ...RESOURCE.args, properties: { ...RESOURCE.args.properties, arn: { type: 'string' } } }
    },
    execute: async args => Clipboard.copyToSystem(String(args.arn ?? (await find(args)).arn))
  });
}
