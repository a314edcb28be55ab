import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Collection } from '../collection';
import { IDesk } from '../desk';
import { useSignal } from '../hooks';
import { PageFactory } from '../pages';
import { Curves, Differences } from './charts';
import { CompareModel } from './model';
import { CompareTable } from './table';

const OFFERED = 50; // names that are offered for what is typed

/** Pages of jobs side by side. */
export function comparePage(desk: IDesk): PageFactory {
  return args => {
    const names = (args.names ?? []) as readonly string[];
    const content = new ComparePage(desk, String(args.kind ?? 'TrainingJob'), names);
    return { content, label: desk.studio.trans.__('Compare Jobs'), caption: names.join('\n') };
  };
}

class ComparePage extends ReactWidget {
  constructor(
    private readonly _desk: IDesk,
    noun: string,
    names: readonly string[]
  ) {
    super();
    this.addClass('jp-StudioPage');
    this.addClass('jp-StudioCompare');
    this._model = new CompareModel(_desk.studio, noun, names);
  }

  override dispose(): void {
    this._model.dispose();
    super.dispose();
  }

  protected override render(): JSX.Element {
    return <View desk={this._desk} model={this._model} />;
  }

  private readonly _model: CompareModel;
}

function View({ desk, model }: { desk: IDesk; model: CompareModel }): JSX.Element {
  const { trans } = desk.studio;
  useSignal(model.changed);
  const [onlyDifferences, setOnlyDifferences] = React.useState(false);
  const lines = React.useMemo(() => model.lines(), [model.jobs]);
  return (
    <div className="jp-StudioPage-body">
      <header className="jp-StudioPage-header">
        <h1>{trans.__('Compare jobs')}</h1>
        <span className="jp-StudioPage-actions">
          <label className="jp-StudioPage-check">
            <input
              type="checkbox"
              checked={onlyDifferences}
              onChange={event => setOnlyDifferences(event.target.checked)}
            />
            {trans.__('only what differs')}
          </label>
          <Adder desk={desk} model={model} />
        </span>
      </header>
      {model.jobs.length ? (
        <>
          <div className="jp-StudioPage-grid">
            <Curves desk={desk} model={model} />
            <Differences desk={desk} model={model} lines={lines} />
          </div>
          <CompareTable
            model={model}
            commands={desk.commands}
            lines={lines}
            onlyDifferences={onlyDifferences}
          />
        </>
      ) : (
        <p className="jp-StudioPage-empty">{trans.__('Add jobs by their names to compare them.')}</p>
      )}
    </div>
  );
}

/** A field that takes another job in. */
function Adder({ desk, model }: { desk: IDesk; model: CompareModel }): JSX.Element {
  const { studio } = desk;
  const { trans } = studio;
  const id = React.useId();
  const [name, setName] = React.useState('');
  const [offered, setOffered] = React.useState<string[]>([]);
  const { kind } = model;
  React.useEffect(() => {
    if (!kind) {
      return;
    }
    const list = new Collection(studio, kind, OFFERED);
    const timer = window.setTimeout(
      () => void list.load({ name }).then(() => setOffered(list.items.map(item => item.name))),
      200
    );
    return () => {
      window.clearTimeout(timer);
      list.dispose();
    };
  }, [kind, name]);
  const add = (wanted: string) => {
    model.add(wanted.trim());
    setName('');
  };
  return (
    <form
      className="jp-StudioPage-newTag"
      onSubmit={event => {
        event.preventDefault();
        add(name);
      }}
    >
      <input
        className="jp-Studio-input"
        list={id}
        placeholder={trans.__('Name of a job')}
        aria-label={trans.__('Name of a job')}
        value={name}
        onChange={event => setName(event.target.value)}
      />
      <datalist id={id}>
        {offered
          .filter(each => !model.jobs.some(job => job.name === each))
          .map(each => (
            <option key={each} value={each} />
          ))}
      </datalist>
      <button className="jp-Studio-button" disabled={!name.trim()}>
        {trans.__('Add')}
      </button>
    </form>
  );
}
