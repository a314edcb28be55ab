import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { JSONObject, PartialJSONObject } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

const VEGA_LITE = 'application/vnd.vegalite.v5+json';
export const POINTS = 'points'; // the name of the data in our charts

/** Vega's own view, as far as new data goes; JupyterLab's renderer keeps it. */
interface View {
  data(name: string, values: readonly object[]): View;
  resize(): View;
  runAsync(): Promise<unknown>;
}

type Shown = { spec: string; points: readonly object[] };

interface Props {
  rendermime: IRenderMimeRegistry;
  /** Vega-Lite, whose data are named `POINTS`. */
  spec: JSONObject;
  points: readonly object[];
  label: string;
}

/** A chart. New points go into the chart that is there, so that it keeps its zoom. */
export function Chart(props: Props): JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  const drawing = React.useRef<Drawing | null>(null);
  const key = JSON.stringify(props.spec);
  React.useEffect(() => {
    const found = new Drawing(props.rendermime, host.current!);
    drawing.current = found;
    return () => {
      drawing.current = null;
      found.dispose();
    };
  }, [props.rendermime]);
  React.useEffect(() => {
    void drawing.current?.draw(key, props.points);
  }, [key, props.points, props.rendermime]);
  return <div className="jp-Studio-chart" role="img" aria-label={props.label} ref={host} />;
}

/** Keeps one renderer of JupyterLab's in a node of React's. */
class Drawing {
  constructor(
    private readonly _rendermime: IRenderMimeRegistry,
    private readonly _host: HTMLElement
  ) {
    this._watcher.observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
  }

  dispose(): void {
    this._isDisposed = true;
    this._watcher.disconnect();
    this._drop();
  }

  async draw(spec: string, points: readonly object[]): Promise<void> {
    this._wanted = { spec, points } as Shown | null;
    if (this._busy) {
      return;
    }
    this._busy = true;
    try {
      // What is asked for meanwhile is drawn after it.
      for (let next = this._wanted; next && !this._isDisposed; next = this._wanted) {
        this._wanted = null;
        await this._show(next.spec, next.points);
        this._shown = next;
      }
    } finally {
      this._busy = false;
    }
  }

  private async _show(spec: string, points: readonly object[]): Promise<void> {
    const view = (this._renderer as unknown as { _result?: { view?: View } } | null)?._result?.view;
    if (spec === this._shown?.spec && view) {
      const own = points.map(point => ({ ...point })); // Vega writes on what it gets
      await view.data(POINTS, own).resize().runAsync();
      return;
    }
    this._drop();
    const renderer = this._rendermime.createRenderer(VEGA_LITE);
    MessageLoop.sendMessage(renderer, Widget.Msg.BeforeAttach);
    this._host.replaceChildren(renderer.node);
    MessageLoop.sendMessage(renderer, Widget.Msg.AfterAttach);
    this._renderer = renderer;
    const full = { ...JSON.parse(spec), datasets: { [POINTS]: points } } as PartialJSONObject;
    const metadata = { [VEGA_LITE]: { embed_options: { actions: false, renderer: 'svg' } } };
    // With a picture given, the renderer does not paint one of its own.
    const data = { [VEGA_LITE]: full, 'image/png': '-' };
    await renderer.renderModel(this._rendermime.createModel({ data, metadata, trusted: false }));
  }

  private _drop(): void {
    const renderer = this._renderer;
    this._renderer = null;
    if (renderer) {
      // React may have taken the node out of the page by now, which Lumino's own detach refuses.
      MessageLoop.sendMessage(renderer, Widget.Msg.BeforeDetach);
      renderer.node.remove();
      MessageLoop.sendMessage(renderer, Widget.Msg.AfterDetach);
      renderer.dispose();
    }
  }

  /** The theme is part of a chart: draw it anew. */
  private _watcher = new MutationObserver(() => {
    const { _shown: shown } = this;
    this._shown = null;
    if (shown) {
      void this.draw(shown.spec, shown.points);
    }
  });

  private _renderer: IRenderMime.IRenderer | null = null;
  private _wanted: Shown | null = null;
  private _shown: Shown | null = null;
  private _busy = false;
  private _isDisposed = false;
}
