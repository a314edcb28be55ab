import * as React from 'react';

import { CommandIDs } from '../commands';
import { IDesk } from '../desk';
import { ResourceModel } from './model';
import { related } from './related';
import { Section } from './section';

/** Links to the resources that one names. */
export function RelatedList({ desk, model }: { desk: IDesk; model: ResourceModel }): JSX.Element | null {
  const { trans } = desk.studio;
  const found = related(model.resource!, model.model!);
  if (!found.length) {
    return null;
  }
  return (
    <Section title={trans.__('Related')}>
      <table className="jp-StudioPage-pairs">
        <tbody>
          {found.map(({ kind, name, label }) => (
            <tr key={`${kind.noun}/${name}`}>
              <th scope="row">{kind.words}</th>
              <td>
                <button
                  className="jp-Studio-link"
                  onClick={() =>
                    void desk.commands.execute(CommandIDs.openResource, { kind: kind.noun, name })
                  }
                >
                  {label}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
