import { JSONValue } from '@lumino/coreutils';
import * as React from 'react';

import { isOver } from '../feed';
import { ago, duration, when } from '../format';
import { Kind } from '../model';
import { words } from '../resource/fields';
import { Resource } from '../resources';
import { Status } from '../status';
import { IStudio } from '../tokens';

export interface Column {
  id: string;
  title: string;
  /** What the API can sort by, as `ListModel.sortKey` names it. */
  sort?: 'name' | 'status' | 'created' | 'modified';
  width?: string;
  cell(item: Resource, now: number): React.ReactNode;
}

const MORE = 2; // columns with what else the API says in a list

/** The columns of a list: the same for all kinds, and what else the API tells of this one. */
export function columnsOf(kind: Kind, studio: IStudio): Column[] {
  const { trans, locale } = studio;
  const columns: Column[] = [
    { id: 'name', title: trans.__('Name'), sort: 'name', cell: item => item.name }
  ];
  if (kind.status) {
    columns.push({
      id: 'status',
      title: trans.__('Status'),
      sort: 'status',
      width: '150px',
      cell: item => <Status status={item.status} trans={trans} word />
    });
  }
  columns.push(...told(kind));
  columns.push({
    id: 'created',
    title: trans.__('Age'),
    sort: 'created',
    width: '120px',
    cell: ({ created }, now) =>
      created ? <span title={when(created, locale)}>{ago(created, locale, now)}</span> : ''
  });
  if (kind.runs) {
    columns.push({
      id: 'duration',
      title: trans.__('Duration'),
      width: '100px',
      cell: (item, now) => duration(ended(item, now) - item.created, trans)
    });
  }
  return columns;
}

function ended({ status, fields, modified }: Resource, now: number): number {
  return isOver(status) ? Number(fields.TrainingEndTime ?? fields.EndTime ?? modified) : now;
}

function told(kind: Kind): Column[] {
  const known = new Set([kind.title, kind.arn, kind.status, ...kind.ids]);
  return kind.summary
    .filter(field => !known.has(field) && !/(Time|Date|At|Arn|By|Name|Status|Source)$/.test(field))
    .slice(0, MORE)
    .map(field => ({
      id: field,
      title: words(field),
      width: '160px',
      cell: ({ fields }) => plain(fields[field])
    }));
}

function plain(value: JSONValue | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}
