import * as React from 'react';

import { IDesk } from '../desk';
import { size } from '../format';
import { drivePath, showPath } from '../links';
import { parseUri } from '../s3';
import { placesOf } from './related';
import { ResourceModel } from './model';
import { Section } from './section';

/** Where a resource reads from and writes to, as links into the file browser. */
export function Places({ desk, model }: { desk: IDesk; model: ResourceModel }): JSX.Element | null {
  const { trans } = desk.studio;
  const all = placesOf(model.resource!.fields);
  const inputs = all.filter(place => !place.output);
  const outputs = all.filter(place => place.output);
  if (!all.length) {
    return null;
  }
  return (
    <>
      {inputs.length ? (
        <Section title={trans.__('Inputs')}>
          <PlaceList desk={desk} places={inputs} />
        </Section>
      ) : null}
      {outputs.length ? (
        <Section title={trans.__('Outputs')}>
          <PlaceList desk={desk} places={outputs} />
        </Section>
      ) : null}
    </>
  );
}

function PlaceList(props: { desk: IDesk; places: { field: string; uri: string }[] }): JSX.Element {
  return (
    <table className="jp-StudioPage-pairs">
      <tbody>
        {props.places.map(({ field, uri }) => (
          <tr key={`${field} ${uri}`}>
            <th scope="row">{field}</th>
            <td>
              <Place desk={props.desk} uri={uri} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A link to an object or a folder, with its size once it is known. */
export function Place({ desk, uri }: { desk: IDesk; uri: string }): JSX.Element {
  const [bytes, setBytes] = React.useState<number | null>(null);
  const { studio, commands } = desk;
  React.useEffect(() => {
    let wanted = true;
    const place = parseUri(uri);
    if (place && place.key) {
      studio.s3.list(place.bucket, place.key).then(
        ({ objects }) => {
          const total = objects.reduce((sum, each) => sum + each.size, 0);
          wanted && objects.length && setBytes(total);
        },
        () => undefined // the link will say what is wrong
      );
    }
    return () => {
      wanted = false;
    };
  }, [uri]);
  return (
    <>
      <button
        className="jp-Studio-link"
        title={studio.trans.__('Show %1 in the file browser', uri)}
        onClick={() => void showPath(commands, drivePath(uri))}
      >
        {uri}
      </button>
      {bytes === null ? null : <span className="jp-StudioPage-size">{size(bytes)}</span>}
    </>
  );
}
