import { Clipboard, Notification, ReactWidget } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { CommandRegistry } from '@lumino/commands';
import { JSONObject } from '@lumino/coreutils';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { useMade, useSignal } from '../hooks';
import { boto3 } from '../resource/code';
import { IStudio } from '../tokens';
import { Waiting } from '../waiting';
import { Draft } from './draft';
import { Field } from './field';
import { TrainingFirst } from './first';
import { RequestForm } from './form';
import { faults } from './hyperparameters';
import { JsonView } from './json';
import { ensureBucket } from './s3input';
import { CHANNELS, HYPERPARAMETERS, IMAGE, OUTPUT, algorithmOf, takeAlgorithm } from './training';

export interface CreateOptions {
  studio: IStudio;
  commands: CommandRegistry;
  manager: IDocumentManager | null;
  kind: string;
  /** A request to begin with. */
  request?: JSONObject;
  /** The name of a resource to begin with. */
  clone?: string;
}

/** The form that creates a resource. */
export class CreatePage extends ReactWidget {
  constructor(private readonly _options: CreateOptions) {
    super();
    this.addClass('jp-StudioForm');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _options.studio.trans.__('Create'));
  }

  protected override render(): JSX.Element {
    return (
      <Create
        options={this._options}
        close={() => this.parent?.dispose()}
        label={label => {
          this.title.label = label;
        }}
      />
    );
  }
}

function Create(props: {
  options: CreateOptions;
  close: () => void;
  label: (text: string) => void;
}): JSX.Element {
  const { options, close, label } = props;
  const { studio, kind, request, clone } = options;
  const make = async () => {
    const found = await Draft.make(studio, kind, { request, clone });
    const [algorithm] = found.catalogue.algorithms;
    if (kind === 'TrainingJob' && algorithm && !found.text(IMAGE)) {
      takeAlgorithm(found, algorithm);
    }
    if (!clone) {
      label(studio.trans.__('New %1', found.kind.words));
    }
    return found;
  };
  const { made: draft, problem, retry } = useMade(make, found => found.dispose());
  if (!draft) {
    return <Waiting trans={studio.trans} problem={problem} retry={retry} />;
  }
  return <DraftView draft={draft} options={options} close={close} />;
}

const TRAINING_HIDDEN = [HYPERPARAMETERS];

function DraftView(props: { draft: Draft; options: CreateOptions; close: () => void }): JSX.Element {
  const { draft, options, close } = props;
  const { studio, commands, manager } = options;
  const { trans } = studio;
  const [json, setJson] = React.useState(false);
  const body = React.useRef<HTMLDivElement>(null);
  useSignal(draft.changed);
  const training = draft.kind.noun === 'TrainingJob';
  const name = draft.nameField;
  const algorithm = training ? algorithmOf(draft.text(IMAGE), draft.catalogue.algorithms) : undefined;
  const shown = training ? (algorithm ? TRAINING_HIDDEN : []) : [];
  const hidden = React.useMemo(() => [name, ...shown], [name, shown]);

  const create = async () => {
    const wrong = algorithm ? faults(draft, algorithm) : [];
    if (!wrong.length && training && draft.text(OUTPUT)) {
      await ensureBucket(studio, draft.text(OUTPUT)).catch(() => undefined); // the API says it better
    }
    const made = await draft.create(wrong);
    if (made !== null) {
      await commands.execute(CommandIDs.openResource, { kind: draft.kind.noun, name: made });
      close();
      return;
    }
    window.requestAnimationFrame(() => {
      const first = body.current?.querySelector('.jp-mod-wrong, [role="alert"]');
      first?.scrollIntoView({ block: 'center' });
      first?.querySelector<HTMLElement>('input, select, textarea')?.focus();
    });
  };
  const copy = () => {
    Clipboard.copyToSystem(boto3(draft.kind.operations.create!, draft.request));
    Notification.success(trans.__('The boto3 code is in the clipboard.'), { autoClose: 2000 });
  };
  const general = draft.problem([], true);
  const elsewhere = draft.problems.length;
  return (
    <>
      <div className="jp-StudioForm-body" ref={body}>
        <header className="jp-StudioForm-header">
          <h1>
            {options.clone
              ? trans.__('Clone of %1', options.clone)
              : trans.__('Create %1', draft.kind.words)}
          </h1>
          <div className="jp-StudioForm-views" role="group" aria-label={trans.__('View')}>
            <button type="button" className="jp-mod-styled" aria-pressed={!json} onClick={() => setJson(false)}>
              {trans.__('Form')}
            </button>
            <button type="button" className="jp-mod-styled" aria-pressed={json} onClick={() => setJson(true)}>
              JSON
            </button>
          </div>
        </header>
        {json ? (
          <JsonView draft={draft} />
        ) : (
          <form
            className="jp-StudioForm-fields"
            noValidate
            onSubmit={event => {
              event.preventDefault();
              void create();
            }}
          >
            {name && (
              <Field id="studio-name" label={trans.__('Name')} required problem={draft.problem([name])}>
                {control => (
                  <input
                    type="text"
                    className="jp-mod-styled"
                    spellCheck={false}
                    autoComplete="off"
                    value={draft.text([name])}
                    onChange={event => draft.set([name], event.target.value)}
                    {...control}
                  />
                )}
              </Field>
            )}
            {training && <TrainingFirst draft={draft} manager={manager} />}
            {training ? (
              <Rest draft={draft} hidden={hidden} />
            ) : (
              <RequestForm draft={draft} hidden={hidden} />
            )}
            <button type="submit" hidden />
          </form>
        )}
      </div>
      <footer className="jp-StudioForm-footer">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          disabled={draft.busy}
          onClick={() => void create()}
        >
          {draft.busy ? trans.__('Creating…') : trans.__('Create')}
        </button>
        <button type="button" className="jp-mod-styled" onClick={copy}>
          {trans.__('Copy as boto3')}
        </button>
        <span role="status" className={general || elsewhere ? 'jp-StudioForm-problem' : ''}>
          {general || (elsewhere ? summary(draft) : '')}
        </span>
      </footer>
    </>
  );
}

/** Every other member of a training job, drawn only when somebody looks. */
function Rest({ draft, hidden }: { draft: Draft; hidden: readonly string[] }): JSX.Element {
  const { trans } = draft.studio;
  const [open, setOpen] = React.useState(false);
  return (
    <details className="jp-StudioForm-more" open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        {trans.__('More')}
        <span className="jp-StudioForm-count">{trans.__('role, disk, time limit, checkpoints, retries, tags …')}</span>
      </summary>
      {open && <RequestForm draft={draft} hidden={hidden} />}
    </details>
  );
}

/** The first thing that is wrong, with its place: it may be folded away. */
function summary(draft: Draft): string {
  const [{ path, message }] = draft.problems;
  const place = path.filter(step => step !== CHANNELS).join('.');
  return place ? `${place}: ${message}` : message;
}
