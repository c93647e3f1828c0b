import pg from 'pg';
import { Halt } from '../linkback/halt.ts';
import { quoted, type CopiedTable, type Row } from './copy-source.ts';
import { connection, type Address } from './postgres-connection.ts';
import { messageOf } from './postgres-errors.ts';

/** Rows that are fetched at once. */
const rowsEach = 1000;
/** What a copy's connection is called, so that it is not taken for a service. */
const ourName = 'linkbackd migrate-to';

/** How the last copy left the database, to tell whether anybody has written to it since. */
export type Receipt = {
  /** Which database was copied. */
  readonly madeAt: number;
  /** How many of its linkbacks had become public. */
  readonly published: number;
  /** The hash of each table. */
  readonly hashes: Readonly<Record<string, string>>;
};

/** The PostgreSQL side of a copy: one connection, and one transaction once it has begun. */
export type CopyTarget = {
  /** Names of its tables; empty in a new database. */
  readonly tableNames: () => Promise<readonly string[]>;
  readonly isOurs: () => Promise<boolean>;
  readonly servicesOnIt: () => Promise<number>;
  /** Begins: nobody else writes to these tables until it ends. For a look only, nobody is kept from anything. */
  readonly begin: (tables: readonly CopiedTable[], how: 'to look' | 'to write') => Promise<void>;
  readonly commit: () => Promise<void>;
  readonly receipt: () => Promise<Receipt | undefined>;
  readonly saveReceipt: (receipt: Receipt) => Promise<void>;
  readonly columns: (table: CopiedTable) => Promise<readonly string[]>;
  /** In the order of the key, as they were when the walk began. */
  readonly rows: (table: CopiedTable) => AsyncGenerator<Row, undefined>;
  /** Each takes a JSON array of rows. */
  readonly put: (table: CopiedTable, rows: string) => Promise<void>;
  readonly remove: (table: CopiedTable, rows: string) => Promise<void>;
  /** Frees what such rows hold that others may be about to have, and lets go of rows that may be about to go. */
  readonly loosen: (table: CopiedTable, rows: string) => Promise<void>;
};

/**
 * Works on a PostgreSQL database over one connection; what was begun and not committed is undone.
 *
 * Throws: {@link Halt} in words for whoever runs the copy.
 */
export async function withCopyTarget<Result>(
  address: Address,
  work: (target: CopyTarget) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    ...connection(address),
    application_name: ourName,
    query_timeout: 0,
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  client.on('error', () => undefined);
  try {
    await client.connect().catch((error: unknown) => {
      throw unreachable(error, address);
    });
    return await work(copyTarget(client));
  } finally {
    await client.end().catch(() => undefined);
  }
}

function copyTarget(client: pg.Client): CopyTarget {
  const ask = async (text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    try {
      return (await client.query<unknown[]>({ text, values: [...values], rowMode: 'array' })).rows;
    } catch (error) {
      throw refused(error);
    }
  };
  const run = async (text: string, rows: string): Promise<void> => {
    if (text !== '') await ask(text, [rows]);
  };
  return {
    tableNames: async () =>
      (await ask('SELECT tablename FROM pg_tables WHERE schemaname = current_schema()')).map(([name]) =>
        String(name),
      ),
    isOurs: async () => {
      const columns = await ask(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('migration') AND attname IN ('number', 'name', 'checksum', 'applied_at')",
      );
      return columns.length === 4;
    },
    servicesOnIt: async () => {
      const [row] = await ask(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'linkbackd' AND pid <> pg_backend_pid()",
      );
      return Number(row?.[0]);
    },
    begin: async (tables, how) => {
      if (how === 'to look') {
        await ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        return;
      }
      await ask('BEGIN');
      await ask(`LOCK TABLE ${tables.map(({ name }) => quoted(name)).join(', ')} IN EXCLUSIVE MODE`);
      await ask(
        'CREATE TABLE IF NOT EXISTS copied_from (id INTEGER PRIMARY KEY CHECK (id = 1), made_at BIGINT NOT NULL, published BIGINT NOT NULL, hashes TEXT NOT NULL)',
      );
    },
    commit: async () => {
      await ask('COMMIT');
    },
    receipt: async () => {
      const [there] = await ask("SELECT to_regclass('copied_from') IS NOT NULL");
      if (there?.[0] !== true) return undefined;
      const [row] = await ask('SELECT made_at, published, hashes FROM copied_from');
      return row === undefined
        ? undefined
        : {
            madeAt: Number(row[0]),
            published: Number(row[1]),
            hashes: JSON.parse(String(row[2])) as Receipt['hashes'],
          };
    },
    saveReceipt: async ({ madeAt, published, hashes }) => {
      await ask(
        'INSERT INTO copied_from (id, made_at, published, hashes) VALUES (1, $1, $2, $3) ON CONFLICT (id) DO UPDATE SET made_at = $1, published = $2, hashes = $3',
        [madeAt, published, JSON.stringify(hashes)],
      );
    },
    columns: async ({ name }) =>
      (
        await ask(
          'SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
          [name],
        )
      ).map(([column]) => String(column)),
    rows: (table) => fetchAll(ask, table),
    put: (table, rows) => run(putting(table), rows),
    remove: (table, rows) => run(removing(table), rows),
    loosen: (table, rows) => run(loosening(table), rows),
  };
}

type Ask = (text: string, values?: readonly unknown[]) => Promise<Row[]>;

async function* fetchAll(ask: Ask, { name, columns, key }: CopiedTable): AsyncGenerator<Row, undefined> {
  const [types] = await ask(
    `SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = to_regclass($1) AND atttypid = 'text'::regtype`,
    [name],
  );
  const texts = (types?.[0] ?? []) as readonly string[];
  // By the bytes, whatever the column's own order: this is how the other side sorts.
  const order = key.map((column) => `${quoted(column)}${texts.includes(column) ? ' COLLATE "C"' : ''}`);
  const cursor = quoted(`walk_${name}`);
  await ask(
    `DECLARE ${cursor} NO SCROLL CURSOR FOR SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(name)} ORDER BY ${order.join(', ')}`,
  );
  for (;;) {
    const rows = await ask(`FETCH ${rowsEach} FROM ${cursor}`);
    yield* rows;
    if (rows.length < rowsEach) break;
  }
  await ask(`CLOSE ${cursor}`);
  return undefined;
}

/** A JSON array of rows as a table of the same shape. */
const given = ({ name }: CopiedTable): string => `json_populate_recordset(NULL::${quoted(name)}, $1::json)`;

function putting(table: CopiedTable): string {
  const { name, columns, key } = table;
  const all = columns.map(quoted).join(', ');
  const rest = columns.filter((column) => !key.includes(column));
  const change =
    rest.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${rest.map((column) => `${quoted(column)} = excluded.${quoted(column)}`).join(', ')}`;
  return `INSERT INTO ${quoted(name)} (${all}) SELECT ${all} FROM ${given(table)} ON CONFLICT (${key.map(quoted).join(', ')}) DO ${change}`;
}

function sameKey({ name, key }: CopiedTable): string {
  return key.map((column) => `${quoted(name)}.${quoted(column)} = given.${quoted(column)}`).join(' AND ');
}

function removing(table: CopiedTable): string {
  return `DELETE FROM ${quoted(table.name)} USING ${given(table)} AS given WHERE ${sameKey(table)}`;
}

function loosening(table: CopiedTable): string {
  const { name, key, unique, loose } = table;
  const own = `'being copied ' || concat_ws(' ', ${key.map((column) => `given.${quoted(column)}`).join(', ')})`;
  const changes = [
    ...unique.map((column) => `${quoted(column)} = ${own}`),
    ...loose.map((column) => `${quoted(column)} = NULL`),
  ];
  if (changes.length === 0) return '';
  return `UPDATE ${quoted(name)} SET ${changes.join(', ')} FROM ${given(table)} AS given WHERE ${sameKey(table)}`;
}

function unreachable(error: unknown, { url }: Address): Halt {
  const { hostname, port, pathname } = new URL(url);
  const where = `${decodeURIComponent(pathname.slice(1)) || 'the database'} on ${hostname || 'this machine'}${port && `:${port}`}`;
  return new Halt(
    `The PostgreSQL database cannot be reached: ${messageOf(error)} (${where}).`,
    'Check that the server runs and that the database is made, and the name and password in the address.',
    { cause: error },
  );
}

const asBefore = 'The PostgreSQL database is as it was before.';

/** What each code of the server means to whoever copies, and what to do. */
const meanings: Readonly<Record<string, readonly [string, string]>> = {
  '53100': ['The disk of the PostgreSQL server is full.', 'Make room there and start again.'],
  '55P03': ['Somebody is writing to the PostgreSQL database.', 'Stop what uses it and start again.'],
  '42501': [
    'This user may not do so in the PostgreSQL database.',
    'Make it the owner of the database, or use one that is.',
  ],
};

function refused(error: unknown): Halt {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  const [what, remedy] = meanings[code] ?? [
    code === ''
      ? 'The connection to the PostgreSQL database broke.'
      : 'The PostgreSQL database refused a statement.',
    code === '' ? 'Start again.' : 'Report this when it comes again.',
  ];
  const sentence = `${what} (${messageOf(error)}${code && `, ${code}`})`;
  return new Halt(`${sentence} ${asBefore}`, remedy, { cause: error });
}
