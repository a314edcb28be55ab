import { ArrayFieldTemplateProps, FieldTemplateProps, ObjectFieldTemplateProps, canExpand } from '@rjsf/utils';
import * as React from 'react';

import { Help } from './field';
import { words } from './request';
import { FormContext } from './widgets';

/** One member: its label, its control, what AWS says about it and what is wrong with it. */
export function FieldTemplate(props: FieldTemplateProps): JSX.Element {
  const { id, label, hidden, schema, children, rawErrors, required, onKeyChange, onDropPropertyClick } = props;
  const { trans } = (props.formContext as FormContext).draft.studio;
  if (hidden) {
    return <div hidden>{children}</div>;
  }
  if (schema.type === 'object' || schema.type === 'array') {
    return (
      <div className="jp-StudioForm-group">
        {children}
        {rawErrors?.map(message => (
          <div key={message} className="jp-StudioForm-problem" role="alert">
            {message}
          </div>
        ))}
      </div>
    );
  }
  const added = Object.prototype.hasOwnProperty.call(schema, '__additional_property');
  return (
    <div className={`jp-StudioForm-field ${rawErrors?.length ? 'jp-mod-wrong' : ''}`}>
      {added ? (
        <input
          className="jp-mod-styled"
          aria-label={trans.__('Name')}
          defaultValue={label}
          onBlur={event => onKeyChange(event.target.value)}
        />
      ) : (
        <label htmlFor={id} className="jp-StudioForm-label" title={label}>
          {words(label)}
          {required && <span className="jp-StudioForm-required"> *</span>}
        </label>
      )}
      <div className="jp-StudioForm-control">
        {children}
        {added && (
          <button type="button" className="jp-mod-styled" onClick={onDropPropertyClick(label)}>
            {trans.__('Remove')}
          </button>
        )}
      </div>
      <div id={`${id}-about`} className="jp-StudioForm-about">
        {rawErrors?.map(message => (
          <div key={message} className="jp-StudioForm-problem" role="alert">
            {message}
          </div>
        ))}
        {schema.description && <Help text={schema.description} />}
      </div>
    </div>
  );
}

/** An object: what must be given first, the rest folded and drawn only when it is opened. */
export function ObjectFieldTemplate(props: ObjectFieldTemplateProps): JSX.Element {
  const { idSchema, properties, schema, uiSchema, formData, title, disabled, readonly, onAddClick } = props;
  const context = props.formContext as FormContext;
  const { trans } = context.draft.studio;
  const root = idSchema.$id === context.root;
  const required = new Set(schema.required ?? []);
  const shown = properties.filter(each => !each.hidden);
  // A map's members have no place under "More"; nor has what already has a value.
  const first = shown.filter(
    ({ name }) => required.has(name) || !schema.properties?.[name] || isGiven(formData?.[name])
  );
  const rest = shown.filter(each => !first.includes(each));
  const body = (
    <>
      {first.map(each => each.content)}
      {canExpand(schema, uiSchema, formData) && (
        <button type="button" className="jp-mod-styled jp-StudioForm-add" disabled={disabled || readonly} onClick={onAddClick(schema)}>
          {trans.__('Add')}
        </button>
      )}
      {rest.length > 0 &&
        (first.length || root ? <More label={trans.__('More')} about={names(rest)} content={rest} /> : rest.map(each => each.content))}
    </>
  );
  if (root) {
    return <div className="jp-StudioForm-root">{body}</div>;
  }
  return (
    <Folded id={idSchema.$id} label={words(title)} required={props.required ?? false} open={Boolean(props.required) || isGiven(formData)} help={schema.description}>
      {body}
    </Folded>
  );
}

/** A list: its items, each with what can be done to it. */
export function ArrayFieldTemplate(props: ArrayFieldTemplateProps): JSX.Element {
  const { idSchema, items, schema, title, canAdd, onAddClick, required } = props;
  const { trans } = (props.formContext as FormContext).draft.studio;
  return (
    <Folded
      id={idSchema.$id}
      label={words(title)}
      required={Boolean(required)}
      open={Boolean(required) || items.length > 0}
      help={schema.description}
    >
      {items.map(item => (
        <div key={item.key} className="jp-StudioForm-item">
          {item.children}
          <div className="jp-StudioForm-tools">
            <button
              type="button"
              className="jp-mod-styled"
              disabled={!item.hasMoveUp}
              onClick={item.onReorderClick(item.index, item.index - 1)}
            >
              {trans.__('Move up')}
            </button>
            <button type="button" className="jp-mod-styled" onClick={item.onDropIndexClick(item.index)}>
              {trans.__('Remove')}
            </button>
          </div>
        </div>
      ))}
      {canAdd && (
        <button type="button" className="jp-mod-styled jp-StudioForm-add" onClick={onAddClick}>
          {trans.__('Add')}
        </button>
      )}
    </Folded>
  );
}

function Folded(props: {
  id: string;
  label: string;
  required: boolean;
  open: boolean;
  help?: string;
  children: React.ReactNode;
}): JSX.Element {
  const [open, setOpen] = React.useState(props.open);
  return (
    <details className="jp-StudioForm-object" open={open} onToggle={event => { event.stopPropagation(); setOpen(event.currentTarget.open); }}>
      <summary id={`${props.id}__title`}>
        {props.label}
        {props.required && <span className="jp-StudioForm-required"> *</span>}
      </summary>
      {open && (
        <>
          {props.help && <Help text={props.help} />}
          {props.children}
        </>
      )}
    </details>
  );
}

function More(props: { label: string; about: string; content: ObjectFieldTemplateProps['properties'] }): JSX.Element {
  const [open, setOpen] = React.useState(false);
  return (
    <details className="jp-StudioForm-more" open={open} onToggle={event => { event.stopPropagation(); setOpen(event.currentTarget.open); }}>
      <summary>
        {props.label}
        <span className="jp-StudioForm-count">{props.about}</span>
      </summary>
      {open && props.content.map(each => each.content)}
    </details>
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);
}

function names(properties: ObjectFieldTemplateProps['properties']): string {
  const all = properties.map(({ name }) => words(name));
  return all.slice(0, 4).join(', ') + (all.length > 4 ? ' …' : '');
}
