import { closeSync, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { Halt } from '../linkback/halt.ts';
import { Damaged } from '../linkback/unavailable.ts';
import type { Engine, TellOfStore } from './engine.ts';
import { groupCommits } from './group-commit.ts';
import { checkWhileServing, findFault, markDamaged } from './soundness.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { applicationId, migrateSqlite } from './sqlite-schema.ts';
import type { Tables } from './tables.ts';
import { withoutLocks } from './without-locks.ts';
import { emptyWal, walWarnBytes, watchWal } from './wal.ts';

/** Older ones may corrupt a database that two connections write (the WAL-reset bug). */
const oldestSqlite = [3, 51, 3] as const;

export type SqliteOptions = {
  /** Path of the database file; made, with its folder, when missing. */
  readonly file: string;
  readonly migrations: string;
  /** How long a write waits for another process's lock before it gives up, in milliseconds. */
  readonly lockTimeoutMs?: number;
  /** Take the role of the one service on this file, and void the leases of an earlier one. */
  readonly isService: boolean;
  /** Instead of {@link walWarnBytes}. */
  readonly walWarnBytes?: number;
  readonly tell?: TellOfStore;
  /** Is told of each transaction how many units shared it. */
  readonly committed?: (units: number) => void;
};

/**
 * Opens a SQLite file as the store's engine: WAL, full synchronous durability, one writing connection with group
 * commit, one reading connection.
 *
 * Throws: {@link Halt} for a folder that cannot be written, a file that is corrupt, foreign, newer than this program,
 *         or already served by another process.
 */
export function openSqlite(given: SqliteOptions): Engine {
  makeFile(given.file);
  // One file may have several names, and what stands beside it goes by its own.
  const options = { ...given, file: realpathSync(given.file) };
  const lock = options.isService ? lockService(options.file) : undefined;
  try {
    const writer = openWriter(options);
    const reader = new Database(options.file, { readonly: true });
    return sqliteEngine(writer, reader, lock, options);
  } catch (error) {
    lock?.close();
    throw error;
  }
}

function sqliteEngine(
  writer: Database.Database,
  reader: Database.Database,
  lock: Database.Database | undefined,
  options: SqliteOptions,
): Engine {
  const { file, tell = () => undefined, lockTimeoutMs = 5000 } = options;
  let damage: unknown;
  const isNowDamaged = (cause: unknown): void => {
    if (damage !== undefined) return;
    damage = cause;
    markDamaged(file);
    tell({ kind: 'damaged', detail: messageOf(cause) });
  };
  const noteDamage = (error: unknown): void => {
    if (isDamage(error)) isNowDamaged(error);
  };
  const writing = new Kysely<Tables>({
    dialect: sqliteDialect(writer, noteDamage),
    plugins: [withoutLocks],
  });
  const reading = new Kysely<Tables>({
    dialect: sqliteDialect(reader, noteDamage),
    plugins: [withoutLocks],
    log: (event) => {
      if (event.level === 'error') noteDamage(event.error);
    },
  });
  const watch = watchWal(writer, file, options.walWarnBytes ?? walWarnBytes, tell);
  const commits = groupCommits(writer, writing, lockTimeoutMs, (units) => {
    options.committed?.(units);
    watch();
  });
  const endCheck = options.isService ? checkWhileServing(file, isNowDamaged) : () => undefined;
  return {
    name: 'sqlite',
    db: reading,
    write: async (unit) => {
      try {
        if (damage === undefined) return await commits.write(unit);
      } catch (error) {
        noteDamage(error);
        if (damage === undefined) throw error;
      }
      // A promise that is written down here would be lost with the damaged file.
      throw new Damaged('The database is damaged.', { cause: damage });
    },
    close: async () => {
      endCheck();
      await commits.drained();
      reader.close();
      // One file is left then; on a full disk the log stays beside it, and the next start reads both.
      emptyWal(writer);
      writer.close();
      lock?.close();
    },
  };
}

/** Made before SQLite does, so that the file and what SQLite puts beside it belong to its owner only. */
function makeFile(file: string): void {
  const remedy = `Make ${dirname(file)} a folder this user may write to, or name another file in DATABASE_URL.`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  } catch (error) {
    throw new Halt(`The database file ${file} cannot be written: ${messageOf(error)}.`, remedy, {
      cause: error,
    });
  }
}

/** Held for the life of the process and freed by the system whatever way it ends. */
function lockService(file: string): Database.Database {
  const beside = `${file}.serve`;
  // Opening it otherwise than through SQLite would free a lock that this process holds on it.
  if (!existsSync(beside)) makeFile(beside);
  const lock = new Database(beside, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (!isLocked(error)) throw explained(error, beside);
    throw new Halt(
      `Another linkbackd is serving ${file} already.`,
      'Stop it first; on SQLite one service does all the work. Commands such as "backup" run beside it.',
      { cause: error },
    );
  }
}

function openWriter(options: SqliteOptions): Database.Database {
  const writer = new Database(options.file, { timeout: options.lockTimeoutMs ?? 5000 });
  try {
    assertVersion(writer);
    assertSound(writer, options.file);
    writer.pragma('journal_mode = WAL');
    // Set after WAL: this build takes WAL to mean NORMAL, which loses the newest commits in a power cut.
    writer.pragma('synchronous = FULL');
    writer.pragma('foreign_keys = ON');
    writer.pragma('mmap_size = 0');
    migrateSqlite(writer, options);
    if (options.isService) voidLeases(writer);
    // What a unit may have to undo is kept in memory: a temporary file costs more than the unit.
    writer.pragma('temp_store = MEMORY');
    // From here on waiting for a lock must not block the event loop: group commits wait on timers instead.
    writer.pragma('busy_timeout = 0');
    return writer;
  } catch (error) {
    writer.close();
    throw explained(error, options.file);
  }
}

function assertVersion(writer: Database.Database): void {
  const version = String(writer.prepare('SELECT sqlite_version()').pluck().get());
  const parts = version.split('.').map(Number);
  const isOlder = oldestSqlite.findIndex((oldest, at) => (parts[at] ?? 0) !== oldest);
  if (isOlder === -1 || (parts[isOlder] ?? 0) > (oldestSqlite[isOlder] ?? 0)) return;
  throw new Halt(
    `SQLite ${version} may corrupt databases.`,
    `Install a build with ${oldestSqlite.join('.')} or newer.`,
  );
}

function assertSound(writer: Database.Database, file: string): void {
  const id = writer.pragma('application_id', { simple: true });
  const hasTables = writer.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (hasTables && id !== applicationId) {
    throw new Halt(
      `${file} is a SQLite database, but not one of linkbackd.`,
      'Name another file in DATABASE_URL.',
    );
  }
  const fault = findFault(writer, file);
  if (fault !== undefined) throw corrupt(file, fault);
}

/**
 * How long a job rests that was in hand at two ends of a process, in milliseconds: whoever restarts us again and again
 * meets other work meanwhile, and it is not taken for what ends us because it always comes first.
 */
const suspectRestMs = 3000;

/**
 * One service per file: whatever is leased was leased by a process that is no more. It was due then, and so it is now,
 * also where the clock went back meanwhile.
 */
function voidLeases(writer: Database.Database): void {
  const now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
  const dueNow = `due_at = min(due_at, ${now})`;
  const dueOrRested = `due_at = CASE WHEN unfinished > 1 THEN ${now} + ${suspectRestMs} ELSE min(due_at, ${now}) END`;
  writer.exec(`UPDATE job SET state = 'waiting', token = NULL, lease_until = NULL, again_at = NULL, ${dueOrRested},
    setbacks = CASE WHEN again_at IS NULL THEN setbacks ELSE 0 END,
    looks = CASE WHEN again_at IS NULL THEN looks ELSE 0 END
    WHERE state = 'leased'`);
  writer.exec(
    `UPDATE delivery SET state = 'waiting', token = NULL, lease_until = NULL, ${dueNow} WHERE state = 'leased'`,
  );
}

function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (isDamage(error)) return corrupt(file, error.message);
  if (isLocked(error)) {
    return new Halt(`${file} is locked by another program.`, 'Stop that program, then start again.', {
      cause: error,
    });
  }
  const remedy = 'Check that the disk has room and that this user may write the folder.';
  return new Halt(`${file} cannot be opened for writing: ${error.message}.`, remedy, { cause: error });
}

function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/u.test(error.code);
}

function isLocked(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function corrupt(file: string, found: string): Halt {
  return new Halt(
    `${file} is damaged: ${found}.`,
    `Stop everything that uses it, move ${file} and the files beside it away, and copy a backup to its place. ` +
      'linkbackd never repairs a database by itself.',
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
