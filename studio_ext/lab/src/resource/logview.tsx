import * as React from 'react';

import { useSignal } from '../hooks';
import { IStudio } from '../tokens';
import { Line, Log } from './log';
import { Section } from './section';

const BLOCK = 100; // lines that are drawn together

/** The log: follows its end, or stays where somebody reads. */
export function LogView({ studio, log }: { studio: IStudio; log: Log }): JSX.Element {
  const { trans } = studio;
  useSignal(log.changed);
  const [query, setQuery] = React.useState('');
  const [follow, setFollow] = React.useState(true);
  const scroller = React.useRef<HTMLDivElement>(null);
  const wanted = query.toLowerCase();
  const { lines } = log;
  const shown = React.useMemo(
    () => (wanted ? lines.filter(({ text }) => text.toLowerCase().includes(wanted)) : lines),
    [lines, wanted]
  );
  React.useLayoutEffect(() => {
    const node = scroller.current;
    if (follow && node) {
      node.scrollTop = node.scrollHeight;
    }
  }, [shown, follow]);
  const earlier = async () => {
    const node = scroller.current!;
    setFollow(false);
    const below = node.scrollHeight - node.scrollTop;
    await log.earlier();
    requestAnimationFrame(() => {
      node.scrollTop = node.scrollHeight - below;
    });
  };
  return (
    <Section
      title={trans.__('Log')}
      aside={
        <>
          {log.streams.length > 1 ? (
            <select
              className="jp-Studio-select"
              aria-label={trans.__('Attempt')}
              value={log.stream}
              onChange={event => log.choose(event.target.value)}
            >
              {log.streams.map((stream, index) => (
                <option key={stream} value={stream}>
                  {trans.__('attempt %1', index + 1)}
                </option>
              ))}
            </select>
          ) : null}
          <label className="jp-StudioPage-check">
            <input
              type="checkbox"
              checked={follow}
              onChange={event => {
                setFollow(event.target.checked);
                event.target.checked && log.toEnd();
              }}
            />
            {trans.__('follow')}
          </label>
          <input
            className="jp-Studio-input"
            type="search"
            placeholder={trans.__('Search the log')}
            aria-label={trans.__('Search the log')}
            value={query}
            onChange={event => setQuery(event.target.value)}
          />
          <span className="jp-StudioPage-count" role="status">
            {wanted ? trans.__('%1 of %2 lines', shown.length, lines.length) : ''}
          </span>
        </>
      }
    >
      <div
        className="jp-StudioPage-log"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={trans.__('Log')}
        tabIndex={0}
        onWheel={event => event.deltaY < 0 && setFollow(false)}
        onKeyDown={event => /^(ArrowUp|PageUp|Home)$/.test(event.key) && setFollow(false)}
      >
        {log.hasEarlier ? (
          <button className="jp-Studio-link" onClick={() => void earlier()}>
            {trans.__('Show earlier lines')}
          </button>
        ) : null}
        {lines.length ? (
          blocks(shown).map(([number, block]) => <Block key={number} lines={block} query={wanted} />)
        ) : (
          <p className="jp-StudioPage-empty">{trans.__('Nothing printed yet.')}</p>
        )}
        {log.atEnd ? null : (
          <button className="jp-Studio-link" onClick={() => (log.toEnd(), setFollow(true))}>
            {trans.__('Show the last lines')}
          </button>
        )}
      </div>
    </Section>
  );
}

/** Lines in blocks that stay the same while others come and go. */
function blocks(lines: readonly Line[]): [number, Line[]][] {
  const found = new Map<number, Line[]>();
  for (const line of lines) {
    const number = Math.floor(line.number / BLOCK);
    const block = found.get(number);
    block ? block.push(line) : found.set(number, [line]);
  }
  return [...found.entries()];
}

const Block = React.memo(
  ({ lines, query }: { lines: Line[]; query: string }): JSX.Element => (
    <pre>{query ? lines.map(line => marked(line, query)) : lines.map(({ text }) => `${text}\n`).join('')}</pre>
  ),
  (before, after) =>
    before.query === after.query &&
    before.lines.length === after.lines.length &&
    before.lines[0].number === after.lines[0].number &&
    before.lines[0].text === after.lines[0].text &&
    before.lines.at(-1)!.number === after.lines.at(-1)!.number
);

function marked({ number, text }: Line, query: string): JSX.Element {
  const parts: React.ReactNode[] = [];
  const lower = text.toLowerCase();
  let from = 0;
  for (let at = lower.indexOf(query); at >= 0; at = lower.indexOf(query, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + query.length)}</mark>);
    from = at + query.length;
  }
  return (
    <React.Fragment key={number}>
      {parts}
      {`${text.slice(from)}\n`}
    </React.Fragment>
  );
}
