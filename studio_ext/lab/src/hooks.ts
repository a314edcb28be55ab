import { ISignal } from '@lumino/signaling';
import * as React from 'react';

/** Draws the component anew at each signal. */
export function useSignal(...signals: (ISignal<unknown, unknown> | null | undefined)[]): void {
  const [, redraw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    signals.forEach(signal => signal?.connect(redraw));
    return () => signals.forEach(signal => signal?.disconnect(redraw));
  }, signals);
}

/** What `make` resolves to; until then null, with the problem when it was rejected. */
export function useMade<T>(
  make: () => Promise<T>,
  drop?: (made: T) => void
): { made: T | null; problem: string; retry: () => void } {
  const [made, setMade] = React.useState<T | null>(null);
  const [problem, setProblem] = React.useState('');
  const [turn, retry] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    let gone = false;
    setProblem('');
    const making = make();
    making.then(
      found => !gone && setMade(found),
      error => !gone && setProblem((error as Error).message)
    );
    return () => {
      gone = true;
      making.then(drop, () => undefined); // what comes after the page has gone, too
    };
  }, [turn]);
  return { made, problem, retry };
}

const listeners = new Set<() => void>();
let timer = 0;

/** Epoch seconds, drawn anew each second while `active` and the browser shows the page. */
export function useNow(active: boolean): number {
  const [now, setNow] = React.useState(() => Date.now() / 1000);
  React.useEffect(() => {
    if (!active) {
      return;
    }
    const tick = () => setNow(Date.now() / 1000);
    listeners.add(tick);
    tick();
    timer ||= window.setInterval(() => {
      if (!document.hidden) {
        listeners.forEach(each => each());
      }
    }, 1000);
    return () => {
      listeners.delete(tick);
      if (!listeners.size) {
        window.clearInterval(timer);
        timer = 0;
      }
    };
  }, [active]);
  return now;
}
