import * as React from 'react';

import { parseUri } from '../s3';
import { Algorithm } from '../model';
import { size } from '../format';
import { Prepared, Table, isReady, likelyTarget, parse, prepare, taskOf } from './csv';
import { Draft } from './draft';
import { Field } from './field';
import { S3Input, defaultBucket, ensureBucket } from './s3input';
import { CHANNELS, channelIndex, channelUri, contentType, setChannel, setTask } from './training';

const LARGEST = 100_000_000; // bytes of a table that is looked at in the browser
const FEWEST = 40; // rows from which some are held out
const PREVIEW = 4;

interface Source {
  name: string;
  table: Table;
}

/** The data of a training job: a file of one's own, or a place in S3. */
export function DataField(props: { draft: Draft; algorithm?: Algorithm; id: string }): JSX.Element {
  const { draft, algorithm, id } = props;
  const { studio } = draft;
  const { trans, s3 } = studio;
  const [source, setSource] = React.useState<Source | null>(null);
  const [target, setTarget] = React.useState(0);
  const [holdOut, setHoldOut] = React.useState(true);
  const [prepared, setPrepared] = React.useState<Prepared | null>(null);
  const [progress, setProgress] = React.useState<number | null>(null);
  const [problem, setProblem] = React.useState('');
  const [over, setOver] = React.useState(false);
  const file = React.useRef<HTMLInputElement>(null);
  const types = algorithm?.contentTypes ?? ['text/csv'];
  const uri = channelUri(draft, 'train');
  const index = channelIndex(draft, 'train');

  const put = async (key: string, body: Blob, channel: string) => {
    const bucket = await defaultBucket(studio);
    await ensureBucket(studio, `s3://${bucket}/`);
    await s3.upload(bucket, key, body, setProgress);
    setChannel(draft, channel, `s3://${bucket}/${key}`, contentType(key, types));
  };
  const attempt = async (work: () => Promise<void>) => {
    setProblem('');
    setProgress(0);
    try {
      await work();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setProgress(null);
  };
  const folder = () => `datasets/${draft.text([draft.nameField]) || 'data'}`;

  /** Sends the table as the algorithm reads it. */
  const send = ({ name, table }: Source, column: number, hold: boolean) =>
    attempt(async () => {
      const found = prepare(table, column, hold && table.rows.length >= FEWEST, trans);
      const csv = (text: string) => new Blob([text], { type: 'text/csv' });
      const stem = name.replace(/\.[^.]*$/, '');
      await put(`${folder()}/train/${stem}.csv`, csv(found.train), 'train');
      if (found.validation) {
        await put(`${folder()}/validation/${stem}.csv`, csv(found.validation), 'validation');
      } else if (channelUri(draft, 'validation').includes(folder())) {
        setChannel(draft, 'validation', '');
      }
      setPrepared(found);
      if (algorithm) {
        setTask(draft, algorithm, found.classes);
      }
    });

  const look = async (name: string, body: Blob, upload: boolean) => {
    setPrepared(null);
    setSource(null);
    const known = Boolean(algorithm) && /\.(csv|tsv|txt)$/i.test(name) && body.size <= LARGEST;
    const table = known ? parse(await body.text()) : null;
    if (table && table.rows.length && table.rows[0].length > 1) {
      const found = { name, table };
      const column = likelyTarget(table);
      setSource(found);
      setTarget(column);
      if (upload || !isReady(table, column)) {
        await send(found, column, holdOut);
      } else {
        setTask(draft, algorithm!, taskOf(table, column).classes);
      }
    } else if (upload) {
      await attempt(() => put(`${folder()}/train/${name}`, body, 'train'));
    }
  };
  const lookInS3 = async (chosen: string) => {
    const place = parseUri(chosen);
    setSource(null);
    setPrepared(null);
    setChannel(draft, 'train', chosen, contentType(chosen, types));
    if (place && algorithm && /\.csv$/i.test(place.key)) {
      await attempt(async () => {
        const body = await s3.get(place.bucket, place.key);
        await look(place.key.replace(/^.*\//, ''), body, false);
      });
    }
  };
  const again = (column: number, hold: boolean) => {
    setTarget(column);
    setHoldOut(hold);
    if (source) {
      void send(source, column, hold);
    }
  };

  return (
    <Field
      id={id}
      label={trans.__('Training data')}
      required={Boolean(algorithm)}
      problem={problem || draft.problem([CHANNELS, index]) || (index < 0 ? draft.problem([CHANNELS]) : '')}
      help={uri ? '' : trans.__('A CSV with one row for each example. Names in the first row are fine.')}
    >
      {control => (
        <>
          <div
            className={`jp-StudioData-drop ${over ? 'jp-mod-over' : ''}`}
            onDragOver={event => {
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={event => {
              event.preventDefault();
              setOver(false);
              const [dropped] = event.dataTransfer.files;
              if (dropped) {
                void look(dropped.name, dropped, true);
              }
            }}
          >
            <button type="button" className="jp-mod-styled jp-mod-accept" onClick={() => file.current?.click()}>
              {trans.__('Upload a file…')}
            </button>
            <span>{trans.__('or drop it here, or take what is in S3:')}</span>
            <input
              ref={file}
              type="file"
              hidden
              aria-label={trans.__('Training data file')}
              onChange={event => {
                const [chosen] = event.target.files ?? [];
                if (chosen) {
                  void look(chosen.name, chosen, true);
                }
                event.target.value = '';
              }}
            />
          </div>
          <S3Input
            studio={studio}
            {...control}
            value={uri}
            onChange={value =>
              /\.csv$/i.test(value) && value !== uri
                ? void lookInS3(value)
                : setChannel(draft, 'train', value, contentType(value, types))
            }
          />
          {uri && (
            <label className="jp-StudioForm-inline">
              {trans.__('Content type')}
              <select
                className="jp-mod-styled"
                value={draft.text([CHANNELS, index, 'ContentType'])}
                onChange={event => setChannel(draft, 'train', uri, event.target.value)}
              >
                {[...new Set([...types, draft.text([CHANNELS, index, 'ContentType'])])].filter(Boolean).map(type => (
                  <option key={type}>{type}</option>
                ))}
              </select>
            </label>
          )}
          {progress !== null && <progress value={progress} aria-label={trans.__('Upload')} />}
          {source && (
            <Preview
              draft={draft}
              source={source}
              target={target}
              holdOut={holdOut}
              prepared={prepared}
              onChange={again}
            />
          )}
        </>
      )}
    </Field>
  );
}

/** The first rows, what is to be predicted, and what was done to the table. */
function Preview(props: {
  draft: Draft;
  source: Source;
  target: number;
  holdOut: boolean;
  prepared: Prepared | null;
  onChange: (target: number, holdOut: boolean) => void;
}): JSX.Element {
  const { source, target, holdOut, prepared, onChange } = props;
  const { trans } = props.draft.studio;
  const { header, rows } = source.table;
  const columns = rows[0].map((_, column) => header?.[column] ?? trans.__('column %1', column + 1));
  const { classes } = taskOf(source.table, target);
  return (
    <div className="jp-StudioData-preview">
      <div className="jp-StudioData-choices">
        <label className="jp-StudioForm-inline">
          {trans.__('Predict')}
          <select
            className="jp-mod-styled"
            value={target}
            onChange={event => onChange(Number(event.target.value), holdOut)}
          >
            {columns.map((name, column) => (
              <option key={column} value={column}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span>
          {classes
            ? trans.__('%1 classes: %2', classes.length, classes.slice(0, 6).join(', ') + (classes.length > 6 ? ' …' : ''))
            : trans.__('a number')}
        </span>
        <label className="jp-StudioForm-inline">
          <input type="checkbox" checked={holdOut} onChange={event => onChange(target, event.target.checked)} />
          {trans.__('Hold out a fifth for validation')}
        </label>
      </div>
      <div className="jp-StudioData-scroll">
        <table className="jp-StudioForm-table">
          <thead>
            <tr>
              {columns.map((name, column) => (
                <th key={column} scope="col" className={column === target ? 'jp-mod-target' : ''}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, PREVIEW).map((row, number) => (
              <tr key={number}>
                {row.map((cell, column) => (
                  <td key={column} className={column === target ? 'jp-mod-target' : ''}>
                    {cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="jp-StudioForm-help">
        {trans.__('%1 rows, %2 columns', rows.length, columns.length)}
        {prepared && ` · ${size(prepared.train.length)}`}
        {prepared?.notes.map(note => <div key={note}>{note}</div>)}
      </div>
    </div>
  );
}
