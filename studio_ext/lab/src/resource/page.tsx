import { ReactWidget } from '@jupyterlab/ui-components';
import { JSONObject } from '@lumino/coreutils';
import { Message } from '@lumino/messaging';
import * as React from 'react';

import { IDesk } from '../desk';
import { useSignal } from '../hooks';
import { Algorithm } from '../model';
import { PageFactory } from '../pages';
import { CodeView, RawView } from './codeview';
import { Events } from './events';
import { FailureCard } from './failure';
import { Fields } from './fields';
import { Header } from './header';
import { Log } from './log';
import { LogView } from './logview';
import { Metrics } from './metrics';
import { MetricsCard } from './metricscard';
import { ResourceModel } from './model';
import { JobNotebook } from './notebook';
import { NotebookCard } from './notebookcard';
import { Parameters, algorithmOf } from './parameters';
import { Places } from './places';
import { RelatedList } from './relatedlist';
import { Section } from './section';
import { Tag, Tags } from './tags';
import { Timeline } from './timeline';

// Fields that stand elsewhere on the page.
const ELSEWHERE =
  /^(HyperParameters|Environment|InputDataConfig|FinalMetricDataList|FailureReason|SecondaryStatus.*|ProgressInfo|Tags|ModelArtifacts|CreationTime|LastModifiedTime|CreatedBy|LastModifiedBy|.*Job(Name|Arn|Status))$/;

/** Pages of one resource. */
export function resourcePage(desk: IDesk): PageFactory {
  return args => {
    const name = String(args.name);
    const content = new ResourcePage(desk, String(args.kind), name);
    return { content, label: name.split('/').at(-1)!, caption: `${args.kind} ${name}` };
  };
}

/** The page of one resource: everything that is known of it, and what can be done. */
class ResourcePage extends ReactWidget {
  constructor(
    private readonly _desk: IDesk,
    kind: string,
    name: string
  ) {
    super();
    this.addClass('jp-StudioPage');
    this.node.tabIndex = -1;
    const { studio, contents } = _desk;
    const resource = () => this.model.resource;
    this.model = new ResourceModel(studio, kind, name);
    this.log = new Log(studio, kind, name);
    this.metrics = new Metrics(studio.aws, resource);
    this.notebook = new JobNotebook(studio, contents, resource, () => this.model.isOver);
    let status = '';
    this.model.changed.connect(() => {
      // The first answer, and each new status, may have brought all of it.
      if (resource() && status !== resource()!.status) {
        status = resource()!.status;
        this._refresh(true);
      } else {
        this.notebook.refresh();
      }
    });
    this.model.printed.connect(() => this._refresh(false));
  }

  readonly model: ResourceModel;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly notebook: JobNotebook;

  override dispose(): void {
    this.model.dispose();
    this.log.dispose();
    this.metrics.dispose();
    this.notebook.dispose();
    super.dispose();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected override render(): JSX.Element {
    return <View desk={this._desk} page={this} />;
  }

  private _refresh(anew: boolean): void {
    if (this.model.kind?.runs) {
      this.log.refresh(anew);
      this.metrics.refresh();
      this.notebook.refresh();
    }
  }
}

function View({ desk, page }: { desk: IDesk; page: ResourcePage }): JSX.Element {
  const { model, notebook } = page;
  const { studio } = desk;
  const { trans } = studio;
  useSignal(model.changed, notebook.changed);
  const [tags, readTags] = useTags(model);
  const algorithm = useAlgorithm(model);
  const { resource, kind } = model;
  if (!resource || !kind) {
    return (
      <div className="jp-StudioPage-message" role="status">
        {model.gone
          ? trans.__('“%1” is not there; it may have been deleted.', model.name)
          : (model.error?.message ?? trans.__('Loading…'))}
      </div>
    );
  }
  const { fields } = resource;
  const environment = (fields.Environment ?? {}) as JSONObject;
  const settings = (
    <Section title={trans.__('Configuration')} folded={kind.runs ? true : undefined}>
      <Fields desk={desk} fields={configuration(fields, resource.arn, resource.name)} />
    </Section>
  );
  const about = (
    <>
      {resource.arn ? <Tags studio={studio} arn={resource.arn} tags={tags} onChange={readTags} /> : null}
      <Events model={model} />
    </>
  );
  return (
    <div className="jp-StudioPage-body">
      <Header desk={desk} model={model} />
      <Timeline fields={fields} trans={trans} locale={studio.locale} live={!model.isOver} />
      {model.error ? (
        <p className="jp-StudioPage-stale" role="status">
          {model.error.message}
        </p>
      ) : null}
      {resource.status === 'Failed' ? <FailureCard desk={desk} model={model} notebook={notebook} /> : null}
      <div className="jp-StudioPage-grid">
        {kind.runs ? <MetricsCard desk={desk} model={model} metrics={page.metrics} /> : null}
        {kind.runs ? <NotebookCard desk={desk} model={model} notebook={notebook} /> : null}
        <div className="jp-StudioPage-side">
          <div className="jp-StudioPage-stack">
            <Places desk={desk} model={model} />
            <RelatedList desk={desk} model={model} />
            {kind.runs ? null : settings}
          </div>
          <div className="jp-StudioPage-stack">
            <Parameters
              studio={studio}
              title={trans.__('Hyperparameters')}
              given={(fields.HyperParameters ?? {}) as JSONObject}
              algorithm={algorithm}
            />
            <Parameters studio={studio} title={trans.__('Environment')} given={environment} />
            {kind.runs ? null : about}
          </div>
        </div>
      </div>
      {kind.runs ? <LogView studio={studio} log={page.log} /> : null}
      {kind.runs ? <div className="jp-StudioPage-grid">{about}</div> : null}
      {kind.runs ? settings : null}
      <CodeView model={model} tags={tags} />
      <RawView model={model} />
    </div>
  );
}

function configuration(fields: JSONObject, ...known: string[]): JSONObject {
  const rest = Object.entries(fields).filter(
    ([name, value]) => !ELSEWHERE.test(name) && !known.includes(value as string)
  );
  return Object.fromEntries(rest);
}

function useTags(model: ResourceModel): [readonly Tag[], () => void] {
  const [tags, setTags] = React.useState<readonly Tag[]>([]);
  const arn = model.resource?.arn ?? '';
  const read = React.useCallback(() => {
    if (arn) {
      model.studio.aws
        .call<{ Tags: Tag[] }>('ListTags', { ResourceArn: arn })
        .then(answer => setTags(answer.Tags), () => undefined); // kinds that have none
    }
  }, [arn]);
  React.useEffect(read, [read]);
  return [tags, read];
}

function useAlgorithm(model: ResourceModel): Algorithm | null {
  const [found, setFound] = React.useState<Algorithm | null>(null);
  const specification = model.resource?.fields.AlgorithmSpecification as { TrainingImage?: string } | undefined;
  const image = specification?.TrainingImage ?? '';
  React.useEffect(() => {
    let wanted = true;
    if (image && !image.endsWith('.ipynb')) {
      model.studio.server.catalogue().then(
        ({ algorithms }) => wanted && setFound(algorithmOf(image, algorithms)),
        () => undefined // the defaults are not shown, then
      );
    }
    return () => {
      wanted = false;
    };
  }, [image]);
  return found;
}
