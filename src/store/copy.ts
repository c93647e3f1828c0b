import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Halt } from '../linkback/halt.ts';
import { batchOf, sideBySide, textOf } from './copy-rows.ts';
import { openCopySource, type CopiedTable, type CopySource } from './copy-source.ts';
import { withCopyTarget, type CopyTarget, type Receipt } from './copy-target.ts';
import type { Address } from './postgres-connection.ts';
import { assertMigrated, migratePostgres } from './postgres-schema.ts';

export type CopyOptions = {
  /** The SQLite file. */
  readonly file: string;
  /** The PostgreSQL database. */
  readonly to: Address;
  readonly migrations: string;
  /** Whether only to say what would be done. */
  readonly isDryRun?: boolean;
  /** Whether to overwrite what was written there by others. */
  readonly replaces?: boolean;
  readonly tell?: (progress: CopyProgress) => void;
};

export type CopyProgress = {
  readonly step: 'comparing' | 'copying' | 'checking';
  readonly table: string;
  /** Rows of all tables, of this step. */
  readonly done: number;
  readonly total: number;
};

/** What was done to a table. */
export type CopiedRows = {
  readonly name: string;
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** SHA-256 of all its rows, the same on both sides; null where it was not read. */
  readonly hash: string | null;
};

/** How long processes that are just ending have for it, in milliseconds. */
const endingMs = 2000;
/** How many rows lie between two words on how far it is. */
const rowsBetween = 500;

/**
 * Copies a SQLite database, as it is at this instant, into a PostgreSQL database, beside a service that goes on.
 *
 * The first time all of it; from then on what has changed since. It is one transaction there: it is committed once every
 * table was read again and has the same hash on both sides, and otherwise nothing has happened.
 *
 * Gives: what was done, table by table.
 * Throws: {@link Halt} for databases that are not fit, for a target that others have written to, unless it `replaces`,
 *         and for a copy that is not the same.
 */
export async function copyToPostgres(options: CopyOptions): Promise<readonly CopiedRows[]> {
  try {
    const source = openCopySource(options);
    try {
      return await withCopyTarget(options.to, (target) => copy(source, target, options));
    } finally {
      source.close();
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    throw new Halt(
      `${options.file} cannot be read: ${error.message}.`,
      'Check that this user may read it and the files beside it, and that it is sound.',
      { cause: error },
    );
  }
}

async function copy(
  source: CopySource,
  target: CopyTarget,
  { to, migrations, isDryRun = false, replaces = false, tell = () => undefined }: CopyOptions,
): Promise<readonly CopiedRows[]> {
  const isNew = (await target.tableNames()).length === 0;
  if (!isNew) await assertOurs(target);
  await assertUnused(target);
  if (isNew && isDryRun) return source.tables.map((table) => allOf(source, table));
  await (isDryRun ? assertMigrated : migratePostgres)({ ...to, migrations }).catch(aboutTarget);
  await target.begin(source.tables, isDryRun ? 'to look' : 'to write');
  const total = source.tables.reduce((sum, table) => sum + source.count(table), 0);
  const meter = { total, tell };
  const compared = await compareAll(source, target, isDryRun, makeMeter('comparing', meter));
  if (!replaces) assertExpected(compared, await target.receipt(), source);
  if (isDryRun) return compared.map(({ result }) => result);
  const hashes = await writeAll(source, target, makeMeter('copying', meter));
  await check(source.tables, target, hashes, makeMeter('checking', meter));
  await target.saveReceipt({ ...source, hashes: Object.fromEntries(hashes) });
  await target.commit();
  return compared.map(({ result }) => ({ ...result, hash: hashes.get(result.name) ?? null }));
}

async function assertOurs(target: CopyTarget): Promise<void> {
  if (await target.isOurs()) return;
  const names = (await target.tableNames()).slice(0, 5).join(', ');
  throw new Halt(
    `The PostgreSQL database belongs to something else: it has tables (${names}) and none of linkbackd.`,
    "Make one of its own, with CREATE DATABASE linkbackd ENCODING 'UTF8' TEMPLATE template0; and name that.",
  );
}

/** What a service there writes would be lost, or come in between. */
async function assertUnused(target: CopyTarget): Promise<void> {
  const until = performance.now() + endingMs;
  while ((await target.servicesOnIt()) > 0) {
    if (performance.now() > until)
      throw new Halt(
        'A linkbackd is running on the PostgreSQL database.',
        'Stop it, then start again; the service on SQLite may go on.',
      );
    await wait(100);
  }
}

/** Of two databases, the words say which is meant. */
function aboutTarget(error: unknown): never {
  if (!(error instanceof Halt)) throw error;
  const remedy = error.remedy.replace('with the same DATABASE_URL', 'with this address as DATABASE_URL');
  throw new Halt(`The PostgreSQL database: ${error.message}`, remedy, { cause: error });
}

function allOf(source: CopySource, table: CopiedTable): CopiedRows {
  const rows = source.count(table);
  return { name: table.name, rows, added: rows, changed: 0, removed: 0, hash: null };
}

type Compared = { readonly result: CopiedRows; readonly theirHash: string; readonly theirRows: number };
type Meter = (table: CopiedTable) => void;

/**
 * Compares all tables, those that name others first, and makes room: what is gone here is removed there, and what holds
 * on to it lets go, so that afterwards all else can be written in the other order.
 */
async function compareAll(
  source: CopySource,
  target: CopyTarget,
  isDryRun: boolean,
  meter: Meter,
): Promise<readonly Compared[]> {
  const compared: Compared[] = [];
  for (const table of source.tables.toReversed()) {
    await assertSameColumns(table, target);
    compared.unshift(await compare(table, source, target, isDryRun, meter));
  }
  return compared;
}

async function assertSameColumns(table: CopiedTable, target: CopyTarget): Promise<void> {
  const theirs = new Set(await target.columns(table));
  if (table.columns.length === theirs.size && table.columns.every((column) => theirs.has(column))) return;
  throw new Halt(
    `The table ${table.name} has other columns in PostgreSQL than in SQLite.`,
    'Report this: the steps of the schema do not go together.',
  );
}

async function compare(
  table: CopiedTable,
  source: CopySource,
  target: CopyTarget,
  isDryRun: boolean,
  meter: Meter,
): Promise<Compared> {
  const { name } = table;
  const hash = createHash('sha256');
  const count = { rows: 0, added: 0, changed: 0, removed: 0, theirs: 0 };
  const gone = batchOf(table, (rows) => target.remove(table, rows));
  const loosened = batchOf(table, (rows) => target.loosen(table, rows));
  for await (const { mine, theirs } of sideBySide(table, source.rows(table), target.rows(table))) {
    meter(table);
    if (mine !== undefined) count.rows += 1;
    if (theirs === undefined) {
      count.added += 1;
      continue;
    }
    const text = textOf(theirs);
    hash.update(text).update('\n');
    count.theirs += 1;
    const isGone = mine === undefined;
    if (!isGone && textOf(mine) === text) continue;
    count[isGone ? 'removed' : 'changed'] += 1;
    // Nothing names it, so it may go until it is written as it is now.
    if (!isDryRun) await (isGone || !table.isNamed ? gone : loosened).add(theirs, text);
  }
  await gone.flush();
  await loosened.flush();
  const { theirs: theirRows, ...result } = count;
  return { result: { name, ...result, hash: null }, theirHash: hash.digest('hex'), theirRows };
}

/**
 * The rule: what is overwritten there is what the last copy of this very database left there, and nothing else.
 *
 * Throws: {@link Halt} otherwise.
 */
function assertExpected(
  compared: readonly Compared[],
  receipt: Receipt | undefined,
  { madeAt, published }: CopySource,
): void {
  const remedy =
    'Nothing was changed. If what is there may go, start again with --replace; else name another database.';
  if (receipt === undefined) {
    // The counter's row is part of the schema.
    const filled = compared.filter(({ result, theirRows }) => theirRows > 0 && result.name !== 'counter');
    if (filled.length === 0) return;
    const some = filled.map(({ result, theirRows }) => `${result.name}: ${theirRows}`).join(', ');
    throw new Halt(`The PostgreSQL database has rows already that are no copy (${some}).`, remedy);
  }
  if (receipt.madeAt !== madeAt)
    throw new Halt('The PostgreSQL database is the copy of another database than this one.', remedy);
  if (receipt.published > published)
    throw new Halt(
      'The SQLite database is older than what was copied last: is it a restored backup?',
      remedy,
    );
  const written = compared.filter(({ result, theirHash }) => receipt.hashes[result.name] !== theirHash);
  if (written.length > 0) {
    const names = written.map(({ result }) => result.name).join(', ');
    throw new Halt(`The PostgreSQL database has been written to since it was copied (${names}).`, remedy);
  }
}

/** Writes what is new or other here, those first that others name; gives the hash of each table as it is here. */
async function writeAll(
  source: CopySource,
  target: CopyTarget,
  meter: Meter,
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const table of source.tables) {
    const hash = createHash('sha256');
    const batch = batchOf(table, (rows) => target.put(table, rows));
    for await (const { mine, theirs } of sideBySide(table, source.rows(table), target.rows(table))) {
      meter(table);
      if (mine === undefined) continue;
      const text = textOf(mine);
      hash.update(text).update('\n');
      if (theirs === undefined || textOf(theirs) !== text) await batch.add(mine, text);
    }
    await batch.flush();
    hashes.set(table.name, hash.digest('hex'));
  }
  return hashes;
}

/** Reads all of the copy, and sees that it is the same. */
async function check(
  tables: readonly CopiedTable[],
  target: CopyTarget,
  hashes: ReadonlyMap<string, string>,
  meter: Meter,
): Promise<void> {
  const different: string[] = [];
  for (const table of tables) {
    const hash = createHash('sha256');
    for await (const row of target.rows(table)) {
      meter(table);
      hash.update(textOf(row)).update('\n');
    }
    if (hash.digest('hex') !== hashes.get(table.name)) different.push(table.name);
  }
  if (different.length === 0) return;
  throw new Halt(
    `The copy is not the same (${different.join(', ')}): something in the PostgreSQL database changes what is written.`,
    'Nothing was kept. Look for triggers and rules on these tables; then start again.',
  );
}

function makeMeter(
  step: CopyProgress['step'],
  { total, tell }: Required<Pick<CopyOptions, 'tell'>> & Pick<CopyProgress, 'total'>,
): Meter {
  let done = 0;
  let table = '';
  return ({ name }) => {
    done += 1;
    if (done % rowsBetween === 0 || name !== table || done === total)
      tell({ step, table: name, done, total });
    table = name;
  };
}
