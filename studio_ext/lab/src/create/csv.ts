import { TranslationBundle } from '@jupyterlab/translation';

/** A CSV as people have them: names in the first row or not, texts and numbers mixed. */
export interface Table {
  /** Null when the first row is data. */
  header: string[] | null;
  rows: string[][];
}

/** What a model learns from a table. */
export interface Task {
  /** Texts of the classes, numbered from 0; null for a number to be estimated. */
  classes: string[] | null;
}

export interface Prepared extends Task {
  train: string;
  /** `''` when nothing is held out. */
  validation: string;
  /** What was done to the table, for people. */
  notes: string[];
}

const MOST_CLASSES = 50;
const HOLD_OUT = 5; // one row in five
const LABELS = /^(y|label|target|class|species|outcome|result|price|churn|survived|quality)$/i;

/** Reads a table; with `partial` the last row may be cut off and is left out. */
export function parse(text: string, partial = false): Table {
  const body = text.replace(/^\uFEFF/, '');
  const line = body.slice(0, (body.indexOf('\n') + 1 || body.length + 1) - 1);
  const mark = [',', ';', '\t'].reduce((best, each) =>
    line.split(each).length > line.split(best).length ? each : best
  );
  const rows = split(body, mark);
  if (partial && rows.length > 1) {
    rows.pop();
  }
  return hasHeader(rows) ? { header: rows[0], rows: rows.slice(1) } : { header: null, rows };
}

function split(text: string, mark: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (quoted) {
      if (letter !== '"') {
        cell += letter;
      } else if (text[index + 1] === '"') {
        cell += '"';
        index += 1;
      } else {
        quoted = false;
      }
    } else if (letter === '"' && cell === '') {
      quoted = true;
    } else if (letter === mark) {
      row.push(cell.trim());
      cell = '';
    } else if (letter === '\n') {
      row.push(cell.trim());
      rows.push(row);
      row = [];
      cell = '';
    } else {
      cell += letter;
    }
  }
  if (cell || row.length) {
    rows.push([...row, cell.trim()]);
  }
  return rows.filter(each => each.length > 1 || each[0] !== '');
}

function isNumber(cell: string): boolean {
  return cell !== '' && Number.isFinite(Number(cell));
}

function hasHeader(rows: string[][]): boolean {
  const [first, ...rest] = rows;
  if (!first || first.some(isNumber) || first.some(cell => cell === '')) {
    return false;
  }
  // A row of texts is data only where its texts come again below it.
  return !first.every((cell, column) => rest.some(row => row[column] === cell));
}

/** The column that is most likely to be learnt. */
export function likelyTarget({ header, rows }: Table): number {
  if (!header) {
    return 0; // as SageMaker's algorithms expect it
  }
  const named = header.findIndex(name => LABELS.test(name));
  return named >= 0 ? named : (rows[0]?.length ?? header.length) - 1;
}

/** What kind of question a column asks. */
export function taskOf({ rows }: Table, target: number): Task {
  const values = [...new Set(rows.map(row => row[target] ?? ''))].filter(value => value !== '');
  const numbers = values.every(isNumber);
  const few = values.length >= 2 && values.length <= MOST_CLASSES;
  const classes = few && (!numbers || (values.length <= 20 && values.every(each => Number.isInteger(Number(each)))));
  if (!classes) {
    return { classes: null };
  }
  return { classes: values.sort(numbers ? (a, b) => Number(a) - Number(b) : undefined) };
}

/** Whether SageMaker's algorithms read the table as it is, with this target. */
export function isReady(table: Table, target: number): boolean {
  const { classes } = taskOf(table, target);
  return (
    !table.header &&
    target === 0 &&
    table.rows.every(row => row.every(cell => cell === '' || isNumber(cell))) &&
    (!classes || classes.every((value, index) => Number(value) === index))
  );
}

/**
 * The table as SageMaker's algorithms read it: no names, the target first, numbers only.
 *
 * @throws Error what is wrong with the table.
 */
export function prepare(table: Table, target: number, holdOut: boolean, trans: TranslationBundle): Prepared {
  const { header, rows } = table;
  const width = rows[0]?.length ?? 0;
  const ragged = rows.findIndex(row => row.length !== width);
  if (ragged >= 0) {
    throw new Error(
      trans.__('Row %1 has %2 columns; expected %3 as in the first.', ragged + (header ? 2 : 1), rows[ragged].length, width)
    );
  }
  const { classes } = taskOf(table, target);
  const notes: string[] = [];
  const name = (column: number) => header?.[column] ?? trans.__('column %1', column + 1);
  if (header) {
    notes.push(trans.__('The row of names was left out.'));
  }
  if (target) {
    notes.push(trans.__('“%1” was moved to the front.', name(target)));
  }
  const codes = new Map<number, Map<string, string>>();
  for (let column = 0; column < width; column += 1) {
    const texts = column === target ? classes : textsOf(rows, column);
    if (texts && !texts.every((text, index) => Number(text) === index && text !== '')) {
      codes.set(column, new Map(texts.map((text, index) => [text, String(index)])));
      notes.push(trans.__('The %1 values of “%2” were numbered from 0.', texts.length, name(column)));
    }
  }
  const kept = rows.filter(row => row[target] !== '');
  if (kept.length < rows.length) {
    notes.push(trans.__('%1 rows without “%2” were left out.', rows.length - kept.length, name(target)));
  }
  const order = [target, ...Array.from({ length: width }, (_, column) => column).filter(each => each !== target)];
  const lines = kept.map(row => order.map(column => codes.get(column)?.get(row[column]) ?? row[column]).join(','));
  const [train, validation] = holdOut ? parted(lines) : [lines, []];
  if (validation.length) {
    notes.push(trans.__('%1 of %2 rows are held out for validation.', validation.length, lines.length));
  }
  const joined = (part: string[]) => (part.length ? `${part.join('\n')}\n` : '');
  return { train: joined(train), validation: joined(validation), notes, classes };
}

/** The texts of a column that is not of numbers, in order. */
function textsOf(rows: string[][], column: number): string[] | null {
  const cells = rows.map(row => row[column]).filter(cell => cell !== '');
  return cells.every(isNumber) ? null : [...new Set(cells)].sort();
}

/** Rows to learn from and rows to hold out, at random but always the same. */
function parted(lines: string[]): [string[], string[]] {
  const train: string[] = [];
  const held: string[] = [];
  let state = 42;
  for (const line of lines) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    (state / 2 ** 32 < 1 / HOLD_OUT ? held : train).push(line);
  }
  return train.length && held.length ? [train, held] : [lines, []];
}
