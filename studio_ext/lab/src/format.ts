import { TranslationBundle } from '@jupyterlab/translation';

/** A duration in seconds as `0:12`, `3 min`, `2 h 04`. */
export function duration(seconds: number, trans: TranslationBundle): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) {
    return `0:${String(whole).padStart(2, '0')}`;
  }
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? trans.__('%1 min', minutes)
    : trans.__('%1 h %2', Math.floor(minutes / 60), String(minutes % 60).padStart(2, '0'));
}

/** Bytes as `1.4 MB`. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

// Making a formatter takes a hundred times as long as formatting, and lists show many times.
const formatters = new Map<string, { ago: Intl.RelativeTimeFormat; when: Intl.DateTimeFormat }>();

function formatter(locale: string): { ago: Intl.RelativeTimeFormat; when: Intl.DateTimeFormat } {
  let found = formatters.get(locale);
  if (!found) {
    found = {
      ago: new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' }),
      when: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
    };
    formatters.set(locale, found);
  }
  return found;
}

/** Epoch seconds as `5 min ago`, in the language of the interface. */
export function ago(epoch: number, locale: string, now = Date.now() / 1000): string {
  const { ago: words } = formatter(locale);
  const passed = epoch - now;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60]
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(passed) >= length) {
      return words.format(Math.trunc(passed / length), unit);
    }
  }
  return words.format(Math.min(0, Math.trunc(passed)), 'second');
}

/** Epoch seconds in full, for a tooltip. */
export function when(epoch: number, locale: string): string {
  return formatter(locale).when.format(epoch * 1000);
}

/** A metric's value with as many digits as tell something. */
export function number(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
