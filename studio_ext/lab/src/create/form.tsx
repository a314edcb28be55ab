import { FormComponent } from '@jupyterlab/ui-components';
import { JSONObject } from '@lumino/coreutils';
import { RJSFSchema, UiSchema } from '@rjsf/utils';
import validator from '@rjsf/validator-ajv8';
import * as React from 'react';

import { Draft } from './draft';
import { toErrors } from './problems';
import { pruned } from './request';
import { ArrayFieldTemplate, FieldTemplate, ObjectFieldTemplate } from './templates';
import { FormContext, widgets } from './widgets';

/** Members of the request as a form, by the operation's schema. */
export function RequestForm(props: { draft: Draft; hidden: readonly string[] }): JSX.Element {
  const { draft, hidden } = props;
  const uiSchema = React.useMemo(() => hints(draft.ui, hidden), [draft, hidden]);
  const root = `studio-${React.useId()}`; // several forms may be open
  const context = React.useMemo<FormContext>(() => ({ draft, root }), [draft, root]);
  return (
    <FormComponent
      className="jp-StudioForm-generated"
      tagName="div"
      idPrefix={root}
      schema={draft.schema as unknown as RJSFSchema}
      uiSchema={uiSchema as never}
      formData={draft.request}
      formContext={context}
      validator={validator as never}
      noValidate
      showErrorList={false}
      extraErrors={toErrors(draft.problems) as never}
      widgets={widgets}
      templates={{ ArrayFieldTemplate, FieldTemplate, ObjectFieldTemplate } as never}
      experimental_defaultFormStateBehavior={{ emptyObjectFields: 'skipDefaults' }}
      buttonStyle="text"
      onChange={event => {
        const next = event.formData as unknown as JSONObject;
        if (JSON.stringify(pruned(next) ?? {}) !== JSON.stringify(draft.request)) {
          draft.replace(next);
        }
      }}
    />
  );
}

/** The server's hints with pickers that exist, and without what is shown elsewhere. */
function hints(ui: JSONObject, hidden: readonly string[]): UiSchema {
  const found = known(ui) as Record<string, unknown>;
  for (const name of hidden) {
    found[name] = { ...(found[name] as object), 'ui:widget': 'hidden', 'ui:field': undefined };
  }
  return found as UiSchema;
}

function known(node: unknown): unknown {
  if (!node || typeof node !== 'object' || Array.isArray(node)) {
    return node;
  }
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node)) {
    if (name === 'studio') {
      if (typeof value === 'string' && widgets[value]) {
        kept['ui:widget'] = value;
      }
    } else if (name === 'ui:widget' && !(value === 'textarea' || value === 'password' || widgets[String(value)])) {
      continue; // a hint for a picker that this page does not have: the plain control will do
    } else {
      kept[name] = name.startsWith('ui:') ? value : known(value);
    }
  }
  return kept;
}
