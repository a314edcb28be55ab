import { CommandRegistry } from '@lumino/commands';

import { Kind, Model } from './model';
import { parseUri } from './s3';

/** The name under which JupyterLab mounts Studio's drive. */
const DRIVE = 'studio:';

/** Where an S3 URI is in the file browser; `''` for what is no S3 URI. */
export function drivePath(uri: string): string {
  const found = parseUri(uri);
  return found ? `${DRIVE}buckets/${found.bucket}/${found.key}`.replace(/\/+$/, '') : '';
}

/** Where the run directories of a job are in the file browser. */
export function jobPath(kind: string, name: string): string {
  return `${DRIVE}jobs/${kind}/${name}`;
}

/** Shows a place of the drive: a folder in the file browser, a file in JupyterLab's viewer. */
export async function openPath(commands: CommandRegistry, path: string): Promise<void> {
  await commands.execute('filebrowser:open-path', { path });
}

/** The kind and key that a SageMaker ARN names; null when no page shows it. */
export function resourceOf(arn: string, model: Model): { kind: Kind; name: string } | null {
  const match = /^arn:aws[a-z-]*:sagemaker:[a-z0-9-]*:\d{12}:([a-z0-9-]+)\/(.+)$/.exec(arn);
  if (!match) {
    return null;
  }
  const token = match[1].replace(/-/g, '');
  const kind = Object.values(model.kinds).find(each => each.noun.toLowerCase() === token);
  if (!kind) {
    return null;
  }
  return { kind, name: kind.ids.at(-1) === kind.arn ? arn : match[2] };
}
