import { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { citizenship } from './plugins/citizenship';
import { desk } from './plugins/desk';
import { drive } from './plugins/drive';
import { forms } from './plugins/forms';
import { pages } from './plugins/pages';
import { run } from './plugins/run';
import { sidebar } from './plugins/sidebar';
import { studio } from './plugins/studio';

const plugins: JupyterFrontEndPlugin<any>[] = [studio, pages, desk, forms, run, drive, sidebar, citizenship];

export default plugins;
