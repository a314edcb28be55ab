import { TranslationBundle } from '@jupyterlab/translation';

/** What to change after a failure, in a sentence; the reason is told beside it. */
export function advice(reason: string, trans: TranslationBundle): string {
  const module = /No module named '([^']+)'/.exec(reason)?.[1];
  if (module) {
    return trans.__('Install %1 where Studio runs, or with %pip in the notebook, then run it again.', module);
  }
  if (/HyperparameterError/.test(reason)) {
    return trans.__('Clone the job and change the hyperparameter that is named.');
  }
  if (/DataError|FormatError|UnknownContentType|column \d+|line \d+/.test(reason)) {
    return trans.__('Mend the data, or clone the job with another channel or content type.');
  }
  if (/No space left|Disk quota/i.test(reason)) {
    return trans.__('Make room on the disk, then clone the job.');
  }
  if (/MemoryError|out of memory|SIGKILL|signal 9|killed/i.test(reason)) {
    return trans.__('Clone the job with a bigger instance type, or give it less data.');
  }
  if (/no parameter|parameter '/.test(reason)) {
    return trans.__('Clone the job with the parameters that the notebook has.');
  }
  if (/^InternalServerError/.test(reason)) {
    return trans.__('It was not the fault of the job: clone it, or give it a retry strategy.');
  }
  if (/S3|bucket|NoSuchKey/i.test(reason)) {
    return trans.__('Look whether the data is where the inputs say, then clone the job.');
  }
  return trans.__('Open the notebook at the failing cell, mend it, and run it again.');
}
