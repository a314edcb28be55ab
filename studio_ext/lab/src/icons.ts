import { LabIcon } from '@jupyterlab/ui-components';

import bucket from '../style/icons/bucket.svg';
import failed from '../style/icons/failed.svg';
import idle from '../style/icons/idle.svg';
import running from '../style/icons/running.svg';
import stopped from '../style/icons/stopped.svg';
import studio from '../style/icons/studio.svg';
import succeeded from '../style/icons/succeeded.svg';
import waiting from '../style/icons/waiting.svg';

const icon = (name: string, svgstr: string) => new LabIcon({ name: `studio:${name}`, svgstr });

export const studioIcon = icon('studio', studio);
export const bucketIcon = icon('bucket', bucket);
export const runningIcon = icon('running', running);
export const waitingIcon = icon('waiting', waiting);
export const succeededIcon = icon('succeeded', succeeded);
export const failedIcon = icon('failed', failed);
export const stoppedIcon = icon('stopped', stopped);
export const idleIcon = icon('idle', idle);
