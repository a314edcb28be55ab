import { Notification } from '@jupyterlab/apputils';

const LONGEST = 140; // characters that a notification shows

/** Says what went wrong, until the user has read it: without `autoClose` nothing would be seen. */
export function complain(text: string): void {
  Notification.error(text.slice(0, LONGEST), { autoClose: false });
}
