import * as React from 'react';

import { size } from '../format';

/** Sizes side by side, the largest first. */
export function Bars({ rows }: { rows: { label: string; bytes: number; about?: string }[] }): JSX.Element {
  const sorted = [...rows].sort((a, b) => b.bytes - a.bytes);
  const most = Math.max(1, sorted[0]?.bytes ?? 1);
  return (
    <table className="jp-StudioDisk-table">
      <tbody>
        {sorted.map(({ label, bytes, about }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="jp-StudioForm-count">{about}</td>
            <td className="jp-StudioDisk-size">{size(bytes)}</td>
            <td className="jp-StudioDisk-bar">
              <Bar part={bytes / most} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Bar({ part }: { part: number }): JSX.Element {
  return (
    <span className="jp-Studio-bar" aria-hidden="true">
      <span style={{ width: `${Math.max(1, 100 * part)}%` }} />
    </span>
  );
}
