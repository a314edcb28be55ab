import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IStudio } from '../tokens';
import { Section } from './section';

export type Tag = { Key: string; Value: string };

/** Tags, to read, add and remove. */
export function Tags(props: {
  studio: IStudio;
  arn: string;
  tags: readonly Tag[];
  onChange: () => void;
}): JSX.Element {
  const { studio, arn, tags } = props;
  const { trans } = studio;
  const [key, setKey] = React.useState('');
  const [value, setValue] = React.useState('');
  const [error, setError] = React.useState('');
  const ask = async (operation: string, input: object) => {
    try {
      await studio.aws.call(operation, { ResourceArn: arn, ...input });
      setError('');
      return true;
    } catch (error) {
      setError((error as Error).message);
      return false;
    } finally {
      props.onChange();
    }
  };
  return (
    <Section title={trans.__('Tags')}>
      <ul className="jp-StudioPage-tags">
        {tags.map(tag => (
          <li key={tag.Key}>
            <span>
              {tag.Key}
              {tag.Value ? `: ${tag.Value}` : ''}
            </span>
            <button
              aria-label={trans.__('Remove the tag %1', tag.Key)}
              title={trans.__('Remove the tag %1', tag.Key)}
              onClick={() => void ask('DeleteTags', { TagKeys: [tag.Key] })}
            >
              <closeIcon.react tag="span" aria-hidden="true" />
            </button>
          </li>
        ))}
      </ul>
      <form
        className="jp-StudioPage-newTag"
        onSubmit={async event => {
          event.preventDefault();
          if (await ask('AddTags', { Tags: [{ Key: key.trim(), Value: value.trim() }] })) {
            setKey('');
            setValue('');
          }
        }}
      >
        <input
          className="jp-Studio-input"
          aria-label={trans.__('Key')}
          placeholder={trans.__('Key')}
          maxLength={128}
          required
          value={key}
          onChange={event => setKey(event.target.value)}
        />
        <input
          className="jp-Studio-input"
          aria-label={trans.__('Value')}
          placeholder={trans.__('Value')}
          maxLength={256}
          value={value}
          onChange={event => setValue(event.target.value)}
        />
        <button className="jp-Studio-button" disabled={!key.trim()}>
          {trans.__('Add tag')}
        </button>
      </form>
      {error ? (
        <p className="jp-StudioPage-error" role="alert">
          {error}
        </p>
      ) : null}
    </Section>
  );
}
