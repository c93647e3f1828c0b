import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { Halt } from '../linkback/halt.ts';
import type { TellOfStore } from './engine.ts';
import {
  migrationTable,
  pendingMigrations,
  readMigrations,
  type AppliedMigration,
  type Migration,
} from './migrate.ts';

/** "lkbd" in ASCII: says that a SQLite file is ours. */
export const applicationId = 0x6c6b6264;

/** Copies from before changes of the schema that are kept: this one, and those of the changes before. */
const copiesKept = 3;

export type MigrateOptions = {
  readonly file: string;
  /** The folder with the steps. */
  readonly migrations: string;
  readonly tell?: TellOfStore;
};

/**
 * Brings a SQLite file to the schema of the migrations folder, each step in a transaction of its own.
 *
 * A file that has a schema already is copied before it is changed; the newest {@link copiesKept} copies are kept.
 *
 * Throws: {@link Halt} when file and folder do not go together, or when a step fails.
 */
export function migrateSqlite(
  writer: Database.Database,
  { file, migrations: folder, tell }: MigrateOptions,
): void {
  // Said first: a start that is cut short must not leave behind what looks like another program's file.
  if (writer.pragma('application_id', { simple: true }) !== applicationId)
    writer.pragma(`application_id = ${applicationId}`);
  writer.exec(migrationTable);
  const applied = writer
    .prepare<[], AppliedMigration>('SELECT number, name, checksum FROM migration ORDER BY number')
    .all();
  const pending = pendingMigrations(readMigrations(folder, 'sqlite'), applied);
  const [next] = pending;
  if (next !== undefined && applied.length > 0) {
    const copy = `${file}.before-${next.number}`;
    backUp(writer, copy);
    tell?.({ kind: 'copied', to: copy });
    removeOldCopies(file);
  }
  for (const migration of pending) apply(writer, migration);
}

function apply(writer: Database.Database, { number, name, sql, checksum }: Migration): void {
  const step = writer.transaction(() => {
    // A command and a service may both open a new file.
    if (writer.prepare('SELECT 1 FROM migration WHERE number = ?').get(number) !== undefined) return;
    writer.exec(sql);
    writer
      .prepare('INSERT INTO migration (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)')
      .run(number, name, checksum, Date.now());
    writer.pragma(`user_version = ${number}`);
  });
  try {
    step.immediate();
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_ERROR') throw error;
    const file = `migrations/${String(number).padStart(4, '0')}-${name}.sql`;
    throw new Halt(
      `The step ${file} does not fit the database: ${error.message}.`,
      'The database is as it was before this step. Go back to the version that ran until now, and report this.',
      { cause: error },
    );
  }
}

/**
 * Copies the database as it is before a change of its schema; an earlier copy of that name is replaced by a whole one.
 *
 * SQLite does not wait until such a copy is on disk, so we do: the change comes right after it.
 */
function backUp(writer: Database.Database, copy: string): void {
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  const handle = openSync(part, 'wx', 0o600);
  try {
    writer.prepare('VACUUM INTO ?').run(part);
    fsyncSync(handle);
  } catch (error) {
    // On a full disk, half a copy would take what room is left.
    rmSync(part);
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(part, copy);
}

function removeOldCopies(file: string): void {
  const start = `${basename(file)}.before-`;
  const numbers = readdirSync(dirname(file))
    .filter((name) => name.startsWith(start) && /^\d+$/u.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .sort((one, other) => other - one);
  for (const number of numbers.slice(copiesKept)) rmSync(join(dirname(file), `${start}${number}`));
}
