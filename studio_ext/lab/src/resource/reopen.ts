import { JSONObject } from '@lumino/coreutils';

import { IDesk } from '../desk';
import { Resource } from '../resources';
import { NotebookJSON } from './notebook';
import { python } from './code';

const KERNEL = { name: 'python3-fast', display_name: 'Python 3 (fast)', language: 'python' };

/** A copy of a job's notebook among the user's own, set up as the job was; returns its path. */
export async function reopened(desk: IDesk, job: Resource, notebook: NotebookJSON): Promise<string> {
  const { contents, studio } = desk;
  const { trans } = studio;
  const directory = await runDirectory(desk, job);
  const environment = (job.fields.Environment ?? {}) as JSONObject;
  const source = [
    `# ${trans.__('From %1: go on where it ran, with what it was given.', job.name)}`,
    'import os',
    '',
    ...(directory ? [`os.chdir(${JSON.stringify(directory)})`] : []),
    ...(directory ? channels(job, directory) : []),
    `os.environ.update(${python(environment)})`
  ].join('\n');
  const cell = { cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null };
  const content = {
    ...notebook,
    metadata: { ...notebook.metadata, kernelspec: KERNEL, papermill: undefined },
    cells: [cell, ...notebook.cells.map(withoutMarks)]
  };
  const path = await freeName(desk, job.name);
  await contents.save(path, {
    type: 'notebook',
    format: 'json',
    content: JSON.parse(JSON.stringify(content))
  });
  return path;
}

function channels(job: Resource, directory: string): string[] {
  const found = (job.fields.InputDataConfig ?? []) as { ChannelName?: string }[];
  return found.map(({ ChannelName: name = '' }) => {
    const variable = `SM_CHANNEL_${name.replace(/[^A-Za-z0-9]/g, '_').toUpperCase()}`;
    return `os.environ[${JSON.stringify(variable)}] = ${JSON.stringify(`${directory}/input/data/${name}`)}`;
  });
}

function withoutMarks(cell: NotebookJSON['cells'][number]): NotebookJSON['cells'][number] {
  const { papermill: _, ...metadata } = cell.metadata;
  return { ...cell, metadata };
}

async function runDirectory({ studio }: IDesk, job: Resource): Promise<string> {
  try {
    const { jobs } = await studio.server.disk();
    const mine = (each: (typeof jobs)[number]) =>
      each.kind === job.kind.noun && each.name === job.name && each.region === studio.region;
    return jobs.find(mine)?.directory ?? '';
  } catch {
    return ''; // the notebook is worth having without it
  }
}

async function freeName({ contents }: IDesk, name: string): Promise<string> {
  const { content } = await contents.get('', { content: true });
  const taken = new Set((content as { name: string }[]).map(each => each.name));
  let path = `${name}.ipynb`;
  for (let number = 2; taken.has(path); number += 1) {
    path = `${name}-${number}.ipynb`;
  }
  return path;
}
