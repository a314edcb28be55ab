import { Clipboard } from '@jupyterlab/apputils';
import { JSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { IStudio } from '../tokens';
import { Shape, boto3, cli, requestOf } from './code';
import { ResourceModel } from './model';
import { Section } from './section';
import { Tag } from './tags';

const LANGUAGES = { boto3: 'boto3', cli: 'AWS CLI', json: 'JSON' };

/** The request that would make this resource again, to copy. */
export function CodeView(props: { model: ResourceModel; tags: readonly Tag[] }): JSX.Element | null {
  const { model, tags } = props;
  const { studio } = model;
  const { trans } = studio;
  const operation = model.kind!.operations.create;
  const [schema, setSchema] = React.useState<Shape | null>(null);
  const [language, setLanguage] = React.useState<keyof typeof LANGUAGES>('boto3');
  React.useEffect(() => {
    let wanted = true;
    if (operation) {
      studio.server.form(operation).then(
        form => wanted && setSchema(form.schema as Shape),
        () => undefined // without the schema there is no code, and the page goes on
      );
    }
    return () => {
      wanted = false;
    };
  }, [operation]);
  if (!operation || !schema) {
    return null;
  }
  const request = requestOf(model.resource!.fields, schema, tags as unknown as JSONObject[]);
  const texts = {
    boto3: () => boto3(operation, request),
    cli: () => cli(operation, request),
    json: () => `${JSON.stringify(request, null, 2)}\n`
  };
  const text = texts[language]();
  return (
    <Section
      title={trans.__('Code')}
      folded
      aside={
        <>
          <select
            className="jp-Studio-select"
            aria-label={trans.__('Language')}
            value={language}
            onChange={event => setLanguage(event.target.value as keyof typeof LANGUAGES)}
          >
            {Object.entries(LANGUAGES).map(([id, label]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
          <CopyButton studio={studio} text={text} />
        </>
      }
    >
      <pre className="jp-StudioPage-code">{text}</pre>
    </Section>
  );
}

/** Everything that the API says of a resource. */
export function RawView({ model }: { model: ResourceModel }): JSX.Element {
  const { trans } = model.studio;
  const text = JSON.stringify(model.resource!.fields, null, 2);
  return (
    <Section title={trans.__('JSON')} folded aside={<CopyButton studio={model.studio} text={text} />}>
      <pre className="jp-StudioPage-code">{text}</pre>
    </Section>
  );
}

function CopyButton({ studio, text }: { studio: IStudio; text: string }): JSX.Element {
  const { trans } = studio;
  const [copied, setCopied] = React.useState(false);
  return (
    <button
      className="jp-Studio-button"
      onClick={() => {
        Clipboard.copyToSystem(text);
        setCopied(true);
      }}
      onBlur={() => setCopied(false)}
    >
      <span aria-live="polite">{copied ? trans.__('Copied') : trans.__('Copy')}</span>
    </button>
  );
}
