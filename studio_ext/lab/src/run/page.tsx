import { Clipboard, Notification, ReactWidget } from '@jupyterlab/apputils';
import { KernelSpec } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import * as React from 'react';

import { CommandIDs } from '../commands';
import { Field } from '../create/field';
import { instanceWords } from '../create/pickers';
import { S3Input } from '../create/s3input';
import { useMade, useSignal } from '../hooks';
import { boto3 } from '../resource/code';
import { IStudio } from '../tokens';
import { Waiting } from '../waiting';
import { ParameterField } from './field';
import { Order } from './order';

export interface RunOptions {
  studio: IStudio;
  commands: CommandRegistry;
  kernels: () => KernelSpec.ISpecModels | null;
  path: string;
}

/** The form that runs a notebook as a job. */
export class RunPage extends ReactWidget {
  constructor(private readonly _options: RunOptions) {
    super();
    this.addClass('jp-StudioForm');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _options.studio.trans.__('Run a notebook as a job'));
  }

  protected override render(): JSX.Element {
    return <Run options={this._options} close={() => this.parent?.dispose()} />;
  }
}

function Run({ options, close }: { options: RunOptions; close: () => void }): JSX.Element {
  const { studio, path } = options;
  const { made: order, problem, retry } = useMade(() => Order.make(studio, path));
  if (!order) {
    return <Waiting trans={studio.trans} problem={problem} retry={retry} />;
  }
  return <OrderView order={order} options={options} close={close} />;
}

function OrderView(props: { order: Order; options: RunOptions; close: () => void }): JSX.Element {
  const { order, options, close } = props;
  const { studio, notebook, catalogue, choices } = order;
  const { trans } = studio;
  useSignal(order.changed);
  const run = async () => {
    const name = await order.place();
    if (name) {
      await options.commands.execute(CommandIDs.openResource, { kind: 'TrainingJob', name });
      close();
    }
  };
  const copy = () => {
    Clipboard.copyToSystem(boto3('CreateTrainingJob', order.request));
    Notification.success(trans.__('The boto3 code is in the clipboard.'), { autoClose: 2000 });
  };
  const kernels = Object.values(options.kernels()?.kernelspecs ?? {}).filter(spec => spec !== undefined);
  const input = (choice: 'name' | 'minutes', label: string, help = '') => (
    <Field id={`studio-run-${choice}`} label={label} required problem={order.problem(choice)} help={help}>
      {control => (
        <input
          type="text"
          className="jp-mod-styled"
          inputMode={choice === 'minutes' ? 'numeric' : 'text'}
          spellCheck={false}
          autoComplete="off"
          value={choices[choice]}
          onChange={event => order.choose({ [choice]: event.target.value })}
          {...control}
        />
      )}
    </Field>
  );
  return (
    <>
      <div className="jp-StudioForm-body">
        <header className="jp-StudioForm-header">
          <h1>{trans.__('Run %1 as a job', notebook.path)}</h1>
        </header>
        <form
          className="jp-StudioForm-fields"
          noValidate
          onSubmit={event => {
            event.preventDefault();
            void run();
          }}
        >
          {input('name', trans.__('Name'))}
          <fieldset className="jp-StudioForm-set">
            <legend>{trans.__('Parameters')}</legend>
            {notebook.parameters.map(parameter => (
              <ParameterField
                key={parameter.name}
                trans={trans}
                parameter={parameter}
                value={order.value(parameter.name)}
                onChange={text => order.set(parameter.name, text)}
              />
            ))}
            {!notebook.parameters.length && notebook.kernel.language === 'python' && (
              <p className="jp-StudioForm-help">
                {trans.__('No cell is tagged “parameters”. Tag the one that sets the defaults to change them here.')}
              </p>
            )}
            {(notebook.parameters.length > 0 || notebook.kernel.language !== 'python') &&
              notebook.warnings.map(warning => (
                <p key={warning} className="jp-StudioForm-help">
                  {warning}
                </p>
              ))}
          </fieldset>
          <Field id="studio-run-kernel" label={trans.__('Kernel')}>
            {control => (
              <select
                className="jp-mod-styled"
                value={choices.kernel}
                onChange={event => order.choose({ kernel: event.target.value })}
                {...control}
              >
                <option value="">
                  {trans.__('As in the notebook: %1', notebook.kernel.name || trans.__('Python 3'))}
                </option>
                {kernels.map(spec => (
                  <option key={spec!.name} value={spec!.name}>
                    {spec!.display_name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field id="studio-run-instance" label={trans.__('Instance type')}>
            {control => (
              <select
                className="jp-mod-styled"
                value={choices.instance}
                onChange={event => order.choose({ instance: event.target.value })}
                {...control}
              >
                {catalogue.instanceTypes.map(({ name, cores, memory }) => (
                  <option key={name} value={name}>
                    {instanceWords(name, cores, memory, trans)}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {input('minutes', trans.__('Time limit'), trans.__('Minutes; the job is stopped after them.'))}
          <Field
            id="studio-run-output"
            label={trans.__('Output')}
            required
            problem={order.problem('output')}
            help={trans.__('The notebook with its outputs, and what it leaves as a model, go here.')}
          >
            {control => (
              <S3Input
                studio={studio}
                folder
                value={choices.output}
                onChange={output => order.choose({ output })}
                {...control}
              />
            )}
          </Field>
          <button type="submit" hidden />
        </form>
      </div>
      <footer className="jp-StudioForm-footer">
        <button
          type="button"
          className="jp-mod-styled jp-mod-accept"
          disabled={order.busy || !order.isRight}
          onClick={() => void run()}
        >
          {order.busy ? trans.__('Starting…') : trans.__('Run')}
        </button>
        <button type="button" className="jp-mod-styled" onClick={copy}>
          {trans.__('Copy as boto3')}
        </button>
        <span role="status" className={order.refusal ? 'jp-StudioForm-problem' : ''}>
          {order.refusal}
        </span>
      </footer>
    </>
  );
}
