import { NotebookPanel } from '@jupyterlab/notebook';

import { placeKey, Place, isOver, Change } from '../feed';
import { Throttle } from '../throttle';
import { IStudio } from '../tokens';

const PAUSE = 2000; // milliseconds between two readings

/** Reads a job's notebook again as its cells end, for as long as nobody has edited it. */
export function follow(studio: IStudio, panel: NotebookPanel, job: Place): void {
  const { feed } = studio;
  let known = sources(panel);
  const read = new Throttle(async () => {
    const { context } = panel;
    // Whether it is dirty says nothing: JupyterLab itself writes the kernel into it.
    if (!context.isDisposed && sources(panel) === known) {
      await context.revert().catch(() => undefined); // it moves to its bucket at the end
      known = sources(panel);
    }
  }, PAUSE);
  const happened = (_: unknown, place: Place) => {
    if (placeKey(place) === placeKey(job)) {
      read.ask();
    }
  };
  const changed = (_: unknown, change: Change) => {
    happened(_, change);
    if (isOver(change.status) && placeKey(change) === placeKey(job)) {
      stop();
    }
  };
  const stop = () => {
    feed.progressed.disconnect(happened);
    feed.printed.disconnect(happened);
    feed.changed.disconnect(changed);
  };
  feed.progressed.connect(happened);
  feed.printed.connect(happened);
  feed.changed.connect(changed);
  panel.disposed.connect(() => {
    stop();
    read.dispose();
  });
}

function sources({ context }: NotebookPanel): string {
  return context.isDisposed ? '' : [...context.model.cells].map(cell => cell.sharedModel.source).join('\n\0');
}
