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
