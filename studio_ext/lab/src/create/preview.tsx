import * as React from 'react';

import { size } from '../format';
import { Prepared, Table, taskOf } from './csv';
import { Draft } from './draft';

const ROWS = 4;

/** A table, and the name of the file that it came in. */
export interface Source {
  name: string;
  table: Table;
}

/** The first rows, what is to be predicted, and what was done to the table. */
export function Preview(props: {
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
            {rows.slice(0, ROWS).map((row, number) => (
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
