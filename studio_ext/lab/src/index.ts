import { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { citizenship } from './plugins/citizenship';
import { forms } from './plugins/forms';
import { pages } from './plugins/pages';
import { sidebar } from './plugins/sidebar';
import { studio } from './plugins/studio';

const plugins: JupyterFrontEndPlugin<any>[] = [studio, pages, forms, sidebar, citizenship];

export default plugins;
