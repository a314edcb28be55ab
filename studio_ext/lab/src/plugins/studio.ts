import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Studio } from '../studio';
import { IStudio } from '../tokens';

/** Connects JupyterLab with Studio. */
export const studio: JupyterFrontEndPlugin<IStudio> = {
  id: 'studio-ext:plugin',
  description: 'SageMaker on this Jupyter: its API, its buckets and what happens in it.',
  autoStart: true,
  provides: IStudio,
  optional: [ITranslator, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    registry: ISettingRegistry | null
  ): IStudio => {
    const found = new Studio(app.serviceManager.serverSettings, translator ?? nullTranslator);
    void registry?.load(studio.id).then(settings => {
      const read = () => {
        found.region = settings.get('region').composite as string;
      };
      read();
      settings.changed.connect(read);
    });
    return found;
  }
};
