import { WidgetProps } from '@rjsf/utils';
import * as React from 'react';

import { Draft } from './draft';
import { ImageSelect, InstanceSelect, RoleSelect } from './pickers';
import { S3Input } from './s3input';

/** What the form hands down to its widgets. */
export interface FormContext {
  draft: Draft;
  /** The id of the whole form. */
  root: string;
}

type Picker = React.FunctionComponent<{
  draft: Draft;
  value: string;
  onChange: (value: string) => void;
}>;

function picker(Made: Picker): React.FunctionComponent<WidgetProps> {
  return function StudioPicker({ id, value, onChange, formContext, rawErrors }: WidgetProps) {
    const { draft } = formContext as FormContext;
    return (
      <Made
        draft={draft}
        value={(value as string | undefined) ?? ''}
        onChange={text => onChange(text || undefined)}
        {...{ id, 'aria-describedby': `${id}-about`, 'aria-invalid': Boolean(rawErrors?.length) }}
      />
    );
  };
}

const S3Place: Picker = ({ draft, value, onChange, ...control }) => (
  <S3Input studio={draft.studio} id="" value={value} onChange={onChange} {...control} />
);

/** Pickers by the names that the server's hints give them. */
export const widgets: Record<string, React.FunctionComponent<WidgetProps>> = {
  s3uri: picker(S3Place),
  role: picker(RoleSelect),
  image: picker(ImageSelect),
  'instance-type': picker(InstanceSelect)
};
