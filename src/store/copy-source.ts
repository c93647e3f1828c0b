import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Halt } from '../linkback/halt.ts';
import { pendingMigrations, readMigrations, type AppliedMigration } from './migrate.ts';
import { storable } from './postgres-pool.ts';
import { applicationId } from './sqlite-schema.ts';

/** A table as it is copied, known from the schema itself: a later step of the schema needs no word here. */
export type CopiedTable = {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns of its primary key; both engines sort them by number or by byte. */
  readonly key: readonly string[];
  /** Columns beside the key that no two rows share. */
  readonly unique: readonly string[];
  /** Columns that may be empty and otherwise name a row of another table. */
  readonly loose: readonly string[];
  /** Whether rows of others name its own. */
  readonly isNamed: boolean;
};

/** The values of a row, in the order of its table's columns. */
export type Row = readonly unknown[];

/** A SQLite database at one instant, whatever a service does to it meanwhile. */
export type CopySource = {
  /** Those that others name come first. */
  readonly tables: readonly CopiedTable[];
  /** When it was made: tells it from other databases, wherever its file lies. */
  readonly madeAt: number;
  /** How many linkbacks have become public so far: never fewer later. */
  readonly published: number;
  readonly count: (table: CopiedTable) => number;
  /** In the order of the key; one walk at a time. */
  readonly rows: (table: CopiedTable) => Iterable<Row>;
  readonly close: () => void;
};

export type SourceOptions = { readonly file: string; readonly migrations: string };

/**
 * What is in hand is not copied as such: on the other side nobody has it, so it waits. This is what a start makes of
 * the leases of an earlier process.
 */
const waitingAgain: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  job: {
    state: "CASE state WHEN 'leased' THEN 'waiting' ELSE state END",
    token: 'NULL',
    lease_until: 'NULL',
    again_at: 'NULL',
    setbacks: 'CASE WHEN again_at IS NULL THEN setbacks ELSE 0 END',
    looks: 'CASE WHEN again_at IS NULL THEN looks ELSE 0 END',
  },
  delivery: {
    state: "CASE state WHEN 'leased' THEN 'waiting' ELSE state END",
    token: 'NULL',
    lease_until: 'NULL',
  },
};

/**
 * Opens a SQLite file for reading, beside a service that may be at work on it, as it is at this instant.
 *
 * Throws: {@link Halt} for a file that is missing, not ours, or of another schema than this program's.
 */
export function openCopySource({ file, migrations }: SourceOptions): CopySource {
  if (!existsSync(file))
    throw new Halt(`There is no database file ${file}.`, 'Name the file of the service in DATABASE_URL.');
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    if (database.pragma('application_id', { simple: true }) !== applicationId)
      throw new Halt(`${file} is not a database of linkbackd.`, 'Name another file in DATABASE_URL.');
    // Reading begins here: what is written from now on is not seen.
    database.exec('BEGIN');
    assertCurrent(database, migrations);
    const tables = inOrder(readTables(database));
    const ask = (statement: string): number => Number(database.prepare(statement).pluck().get());
    return {
      tables,
      madeAt: ask('SELECT MIN(applied_at) FROM migration'),
      published: ask("SELECT value FROM counter WHERE name = 'publication'"),
      count: ({ name }) => ask(`SELECT COUNT(*) FROM ${quoted(name)}`),
      rows: (table) => walk(database, table),
      close: () => {
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

export function quoted(name: string): string {
  return `"${name}"`;
}

function assertCurrent(database: Database.Database, folder: string): void {
  const applied = database
    .prepare<[], AppliedMigration>('SELECT number, name, checksum FROM migration ORDER BY number')
    .all();
  if (pendingMigrations(readMigrations(folder, 'sqlite'), applied).length === 0) return;
  throw new Halt(
    'The SQLite database is from an older linkbackd.',
    'Run the service, or `linkbackd migrate`, with this version first; then copy it.',
  );
}

function* walk(database: Database.Database, { name, columns, key }: CopiedTable): Iterable<Row> {
  const asked = columns.map((column) => waitingAgain[name]?.[column] ?? quoted(column)).join(', ');
  const order = key.map((column) => `${quoted(name)}.${quoted(column)}`).join(', ');
  const rows = database
    .prepare<[], Row>(`SELECT ${asked} FROM ${quoted(name)} ORDER BY ${order}`)
    .raw()
    .iterate();
  for (const row of rows) yield row.map(storable);
}

type Column = { readonly name: string; readonly pk: number; readonly notnull: number };
type Reference = { readonly table: string; readonly from: string };
type Described = Omit<CopiedTable, 'isNamed'> & { readonly names: readonly string[] };

function readTables(database: Database.Database): readonly CopiedTable[] {
  const names = database
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migration'",
    )
    .pluck()
    .all();
  const tables = names.map((name) => describe(database, name));
  return tables.map((table) => ({
    ...table,
    isNamed: tables.some(({ names: others }) => others.includes(table.name)),
  }));
}

function describe(database: Database.Database, name: string): Described {
  const columns = database.pragma(`table_info(${quoted(name)})`) as readonly Column[];
  const references = database.pragma(`foreign_key_list(${quoted(name)})`) as readonly Reference[];
  const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
  const mayBeEmpty = (column: string): boolean =>
    columns.some((each) => each.name === column && each.notnull === 0);
  return {
    name,
    columns: columns.map((column) => column.name),
    key: key.map((column) => column.name),
    unique: database
      .prepare<[string], string>(
        "SELECT part.name FROM pragma_index_list(?) AS list, pragma_index_info(list.name) AS part WHERE list.origin = 'u'",
      )
      .pluck()
      .all(name),
    loose: references.map(({ from }) => from).filter(mayBeEmpty),
    names: references.map(({ table }) => table),
  };
}

/** Sorts tables so that each comes after those that it names. */
function inOrder(tables: readonly CopiedTable[]): readonly CopiedTable[] {
  const ordered = new Map<string, CopiedTable>();
  const place = (table: CopiedTable & Partial<Described>): void => {
    if (ordered.has(table.name)) return;
    for (const other of tables) if (table.names?.includes(other.name) === true) place(other);
    ordered.set(table.name, table);
  };
  for (const table of tables) place(table);
  return [...ordered.values()];
}
