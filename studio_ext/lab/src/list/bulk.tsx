import { Dialog, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import { complain } from '../complain';
import { Verb } from '../model';
import { Resource, identity } from '../resources';
import { IStudio } from '../tokens';

const NAMED = 12; // names in a question; the rest is counted
const AT_ONCE = 4;

/** Stops or deletes many after asking, with their names in the question; tells what is left. */
export async function askOfAll(
  studio: IStudio,
  resources: readonly Resource[],
  verb: 'stop' | 'delete'
): Promise<Resource[]> {
  const { trans } = studio;
  const { words, plural } = resources[0].kind;
  const count = resources.length;
  const what = count === 1 ? words : plural;
  const label = verb === 'stop' ? trans.__('Stop') : trans.__('Delete');
  const answer = await showDialog({
    title: verb === 'stop' ? trans.__('Stop %1 %2?', count, what) : trans.__('Delete %1 %2?', count, what),
    body: <Names names={resources.map(each => each.name)} studio={studio} />,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label })]
  });
  if (!answer.button.accept) {
    return [...resources];
  }
  const failed: [Resource, Error][] = [];
  const waiting = [...resources];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        await ask(studio, next, verb);
      } catch (error) {
        failed.push([next, error as Error]);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failed.length) {
    const [first, error] = failed[0];
    complain(`${first.name}: ${error.message}`);
  }
  return failed.map(([resource]) => resource);
}

async function ask(studio: IStudio, resource: Resource, verb: Verb): Promise<void> {
  await studio.aws.call(resource.kind.operations[verb]!, identity(resource));
}

function Names({ names, studio }: { names: string[]; studio: IStudio }): JSX.Element {
  const rest = names.length - NAMED;
  return (
    <ul className="jp-StudioList-names">
      {names.slice(0, NAMED).map(name => (
        <li key={name}>{name}</li>
      ))}
      {rest > 0 ? <li>{studio.trans._n('and %1 more', 'and %1 more', rest, rest)}</li> : null}
    </ul>
  );
}
