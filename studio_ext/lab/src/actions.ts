import { Dialog, showDialog } from '@jupyterlab/apputils';

import { complain } from './complain';
import { isOver } from './feed';
import { Verb } from './model';
import { Resource, identity } from './resources';
import { IStudio } from './tokens';

/** Whether a verb can be asked of a resource now. */
export function offers(resource: Resource, verb: Verb): boolean {
  const { kind, status } = resource;
  if (!kind.operations[verb]) {
    return false;
  }
  if (kind.runs && verb === 'stop') {
    return !isOver(status) && status !== 'Stopping';
  }
  return !(kind.runs && verb === 'delete') || isOver(status);
}

/** Stops a resource; what the API refuses is told. */
export async function stop(studio: IStudio, resource: Resource): Promise<void> {
  await ask(studio, resource, 'stop');
}

/** Deletes a resource after asking; resolves to whether it is gone. */
export async function remove(studio: IStudio, resource: Resource): Promise<boolean> {
  const { trans } = studio;
  const answer = await showDialog({
    title: trans.__('Delete %1?', resource.name),
    body: trans.__('The %1 “%2” will be deleted for good.', resource.kind.words, resource.name),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Delete') })]
  });
  return answer.button.accept && (await ask(studio, resource, 'delete'));
}

async function ask(studio: IStudio, resource: Resource, verb: Verb): Promise<boolean> {
  try {
    await studio.aws.call(resource.kind.operations[verb]!, identity(resource));
    return true;
  } catch (error) {
    complain(`${resource.name}: ${(error as Error).message}`);
    return false;
  }
}
