import * as React from 'react';

import { size } from '../format';
import { Bars } from './bars';
import { Clearing, bytesOf } from './clearing';

/** What lies in buckets, and which part of one is chosen to go. */
export function Buckets({ model }: { model: Clearing }): JSX.Element {
  const { trans } = model.studio;
  const buckets = model.disk!.buckets;
  const [bucket, setBucket] = React.useState('');
  const [prefix, setPrefix] = React.useState('');
  return (
    <section>
      <h2>
        {trans.__('Buckets')} <span className="jp-StudioForm-count">{size(bytesOf(buckets))}</span>
      </h2>
      {buckets.length === 0 ? (
        <p>{trans.__('There is no bucket.')}</p>
      ) : (
        <>
          <Bars
            rows={buckets.map(each => ({
              label: each.name,
              bytes: each.bytes,
              about: trans._n('%1 object', '%1 objects', each.objects)
            }))}
          />
          <div className="jp-StudioDisk-choose" role="group" aria-label={trans.__('Choose objects')}>
            <label className="jp-StudioForm-inline">
              {trans.__('Bucket')}
              <select
                className="jp-mod-styled"
                aria-label={trans.__('Bucket')}
                value={bucket}
                onChange={event => setBucket(event.target.value)}
              >
                <option value="">–</option>
                {buckets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label className="jp-StudioForm-inline">
              {trans.__('below')}
              <input
                type="text"
                className="jp-mod-styled"
                aria-label={trans.__('below')}
                placeholder="output/old-job/"
                spellCheck={false}
                value={prefix}
                onChange={event => setPrefix(event.target.value)}
              />
            </label>
            <button
              type="button"
              className="jp-mod-styled"
              disabled={!bucket && !model.part}
              onClick={() => void model.choosePart(bucket, prefix)}
            >
              {bucket ? trans.__('Choose these') : trans.__('Choose none')}
            </button>
          </div>
        </>
      )}
    </section>
  );
}
