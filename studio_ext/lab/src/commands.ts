import { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ReadonlyJSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { remove, stop } from './actions';
import { studioIcon } from './icons';
import { Kind } from './model';
import { Pages } from './pages';
import { Resource, describe, namedIds } from './resources';
import { IStudio } from './tokens';

export namespace CommandIDs {
  export const open = 'studio:open';
  export const openPage = 'studio:open-page';
  export const openResource = 'studio:open-resource';
  export const openList = 'studio:open-list';
  export const create = 'studio:create';
  export const clone = 'studio:clone';
  export const stop = 'studio:stop';
  export const attachConsole = 'studio:attach-console';
  export const remove = 'studio:delete';
  export const compare = 'studio:compare';
  export const runNotebook = 'studio:run-notebook';
  export const openNotebook = 'studio:open-notebook';
  export const reopen = 'studio:reopen-notebook';
  export const openDirectory = 'studio:open-run-directory';
  export const copyArn = 'studio:copy-arn';
  export const openBucket = 'studio:open-bucket';
  export const disk = 'studio:show-disk';
}

const text = { type: 'string' };
const object = (properties: ReadonlyJSONObject, required: string[]) => ({
  args: { type: 'object', properties, required }
});
/** What a command takes that does something with a resource. */
export const RESOURCE = object({ kind: text, name: text }, ['kind', 'name']);

/** What everything else is done with: a person, a key, another extension. */
export function addCommands(
  app: JupyterFrontEnd,
  studio: IStudio,
  pages: Pages,
  palette: ICommandPalette | null
): void {
  const { commands } = app;
  const { trans } = studio;
  const category = trans.__('Studio');

  const kindOf = async (noun: unknown): Promise<Kind> => {
    const { kinds } = await studio.server.model();
    const kind = kinds[String(noun)];
    if (!kind) {
      throw new Error(`kind '${noun}': expected one of ${Object.keys(kinds).join(', ')}`);
    }
    return kind;
  };
  const resourceOf = async (args: ReadonlyPartialJSONObject): Promise<Resource> => {
    const kind = await kindOf(args.kind);
    return describe(studio.aws, kind, namedIds(kind, String(args.name)));
  };

  commands.addCommand(CommandIDs.openPage, {
    label: args => trans.__('Studio page %1', String(args.page ?? '')),
    describedBy: object({ page: text, args: { type: 'object' } }, ['page']),
    execute: ({ page, args }) => pages.open(String(page), (args ?? {}) as ReadonlyJSONObject)
  });
  commands.addCommand(CommandIDs.openResource, {
    label: args => (args.name ? trans.__('Open %1', String(args.name)) : trans.__('Open a Studio Resource')),
    describedBy: RESOURCE,
    execute: ({ kind, name }) => pages.open('resource', { kind: String(kind), name: String(name) })
  });
  commands.addCommand(CommandIDs.openList, {
    label: args => trans.__('List %1', String(args.kind ?? '')),
    describedBy: object({ kind: text }, ['kind']),
    execute: ({ kind }) => pages.open('list', { kind: String(kind) })
  });
  commands.addCommand(CommandIDs.create, {
    label: args =>
      args.isLauncher ? trans.__('Train a Model') : args.kind ? trans.__('Create %1', String(args.words ?? args.kind)) : trans.__('Create…'),
    caption: trans.__('Create a resource with a form'),
    icon: studioIcon,
    describedBy: object({ kind: text, request: { type: 'object' } }, ['kind']),
    execute: ({ kind, request }) =>
      pages.open('create', {
        kind: String(kind ?? 'TrainingJob'),
        ...((request ? { request } : {}) as ReadonlyJSONObject)
      })
  });
  commands.addCommand(CommandIDs.clone, {
    label: trans.__('Clone'),
    caption: trans.__('Open the form with the request of this resource'),
    describedBy: RESOURCE,
    execute: ({ kind, name }) => pages.open('create', { kind: String(kind), clone: String(name) })
  });
  commands.addCommand(CommandIDs.stop, {
    label: args => (args.name ? trans.__('Stop %1', String(args.name)) : trans.__('Stop')),
    describedBy: RESOURCE,
    execute: async args => stop(studio, await resourceOf(args))
  });
  commands.addCommand(CommandIDs.remove, {
    label: args => (args.name ? trans.__('Delete %1', String(args.name)) : trans.__('Delete')),
    describedBy: RESOURCE,
    execute: async args => remove(studio, await resourceOf(args))
  });
  commands.addCommand(CommandIDs.compare, {
    label: trans.__('Compare Jobs'),
    caption: trans.__('Parameters and metrics of several jobs side by side'),
    describedBy: object({ kind: text, names: { type: 'array', items: text } }, ['names']),
    execute: ({ kind, names }) =>
      pages.open('compare', { kind: String(kind ?? 'TrainingJob'), names: (names ?? []) as string[] })
  });
  commands.addCommand(CommandIDs.disk, {
    label: trans.__('Studio Disk Usage'),
    caption: trans.__('What jobs, buckets and environments take, and how to clear them'),
    describedBy: object({}, []),
    execute: () => pages.open('disk', {})
  });
  palette?.addItem({ command: CommandIDs.create, category, args: { kind: 'TrainingJob', words: trans.__('training job') } });
  palette?.addItem({ command: CommandIDs.openList, category, args: { kind: 'TrainingJob' } });
  palette?.addItem({ command: CommandIDs.compare, category });
  palette?.addItem({ command: CommandIDs.disk, category });
}
