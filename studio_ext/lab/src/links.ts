import { Contents } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';

import { CommandIDs } from './commands';
import { Kind, Model } from './model';
import { parseUri } from './s3';

const DRIVE = 'studio:';

/** Where an S3 URI is in JupyterLab's contents; `''` for what is no S3 URI. */
export function drivePath(uri: string): string {
  const found = parseUri(uri);
  return found ? `${DRIVE}buckets/${found.bucket}/${found.key}`.replace(/\/+$/, '') : '';
}

/** The folder of a job's last attempt in JupyterLab's contents. @throws Error when it is gone. */
export async function runDirectory(
  contents: Contents.IManager,
  kind: string,
  region: string,
  name: string
): Promise<string> {
  const path = `${DRIVE}jobs/${kind}/${region}/${name}`;
  const { content } = await contents.get(path, { type: 'directory', content: true });
  const attempts = (content as Contents.IModel[])
    .filter(each => each.type === 'directory' && /^\d+$/.test(each.name))
    .map(each => Number(each.name));
  return attempts.length ? `${path}/${Math.max(...attempts)}` : path;
}

/** Shows a place of the drive in the file browser. */
export async function showPath(commands: CommandRegistry, path: string): Promise<void> {
  await commands.execute(CommandIDs.openBucket, { path: path.slice(DRIVE.length) });
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
