import type { CopiedTable, Row } from './copy-source.ts';

/** The same row on both sides, or a row that one side only has. */
export type Pair = { readonly mine?: Row; readonly theirs?: Row };

/** A row as text: the same for the same values, whichever engine keeps them. */
export function textOf(row: Row): string {
  return JSON.stringify(row);
}

/** Walks both sides of a table at once; both come in the order of its key, so no more than a row of each is in hand. */
export async function* sideBySide(
  table: CopiedTable,
  mine: Iterable<Row>,
  theirs: AsyncIterator<Row>,
): AsyncGenerator<Pair> {
  const places = table.key.map((column) => table.columns.indexOf(column));
  let other = await theirs.next();
  for (const row of mine) {
    while (other.done !== true && compare(other.value, row, places) < 0) {
      yield { theirs: other.value };
      other = await theirs.next();
    }
    if (other.done !== true && compare(other.value, row, places) === 0) {
      yield { mine: row, theirs: other.value };
      other = await theirs.next();
    } else yield { mine: row };
  }
  while (other.done !== true) {
    yield { theirs: other.value };
    other = await theirs.next();
  }
}

function compare(one: Row, other: Row, places: readonly number[]): number {
  for (const place of places) {
    const order = compareValues(one[place], other[place]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by their value and texts by their bytes, as both engines sort them. */
function compareValues(one: unknown, other: unknown): number {
  if (one === other) return 0;
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)));
}

/** Rows on their way: handed on when there are enough of them for a statement. */
export type Batch = {
  readonly add: (row: Row, text: string) => Promise<void>;
  readonly flush: () => Promise<void>;
};

/** Most rows that go into a statement, and most text, in characters. */
const rowsEach = 1000;
const charactersEach = 2_000_000;

/** Gathers rows of a table, and hands them on as a JSON array of objects, which is what the other side takes apart. */
export function batchOf(
  { columns }: CopiedTable,
  hand: (rows: string, count: number) => Promise<void>,
): Batch {
  let rows: Row[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    const objects = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
    const count = rows.length;
    rows = [];
    size = 0;
    await hand(JSON.stringify(objects), count);
  };
  return {
    add: async (row, text) => {
      rows.push(row);
      size += text.length;
      if (rows.length >= rowsEach || size >= charactersEach) await flush();
    },
    flush,
  };
}
