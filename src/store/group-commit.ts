import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Unavailable } from '../linkback/unavailable.ts';
import type { Db } from './engine.ts';

/** Most units that share one transaction: more would hold the event loop too long. */
const unitsPerCommit = 64;

/** How often a lock held by another process is tried again, in milliseconds. */
const lockRetryMs = 20;

export type GroupCommits = {
  readonly write: <Result>(unit: (db: Db) => Promise<Result>) => Promise<Result>;
  /** Resolves when nothing waits to be written. */
  readonly drained: () => Promise<void>;
};

type Waiting = {
  readonly run: (db: Db) => Promise<void>;
  readonly committed: () => void;
  readonly failed: (error: unknown) => void;
};

/**
 * Gathers the units of one turn of the event loop into one transaction, so that full durability costs one disk flush
 * for many callers instead of one each.
 *
 * Units run one after another, each in a savepoint of its own. They must await nothing but their statements.
 */
export function groupCommits(writer: Database.Database, db: Db, lockTimeoutMs: number): GroupCommits {
  const queue: Waiting[] = [];
  let draining: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      await new Promise(setImmediate);
      await commit(writer, db, queue.splice(0, unitsPerCommit), lockTimeoutMs);
    }
    draining = undefined;
  };

  return {
    write: (unit) =>
      new Promise((resolve, reject) => {
        queue.push(waiting(unit, resolve, reject));
        draining ??= drain();
      }),
    drained: async () => {
      await draining;
    },
  };
}

/** Keeps a unit's result back until its transaction is on disk. */
function waiting<Result>(
  unit: (db: Db) => Promise<Result>,
  resolve: (result: Result) => void,
  reject: (error: unknown) => void,
): Waiting {
  let committed = (): void => undefined;
  return {
    run: async (db) => {
      const result = await unit(db);
      committed = () => {
        resolve(result);
      };
    },
    committed: () => {
      committed();
    },
    failed: reject,
  };
}

async function commit(
  writer: Database.Database,
  db: Db,
  units: Waiting[],
  lockTimeoutMs: number,
): Promise<void> {
  const done: Waiting[] = [];
  try {
    await begin(writer, lockTimeoutMs);
    for (const unit of units) if (await runInSavepoint(writer, db, unit)) done.push(unit);
    writer.exec('COMMIT');
  } catch (error) {
    rollBack(writer);
    for (const unit of units) unit.failed(explained(error));
    return;
  }
  for (const unit of done) unit.committed();
}

function rollBack(writer: Database.Database): void {
  try {
    if (writer.inTransaction) writer.exec('ROLLBACK');
  } catch {
    // The error that made us roll back is the one to tell.
  }
}

/** IMMEDIATE, for a transaction that begins by reading is refused at once when another has written meanwhile. */
async function begin(writer: Database.Database, lockTimeoutMs: number): Promise<void> {
  const deadline = performance.now() + lockTimeoutMs;
  for (;;) {
    try {
      writer.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await wait(lockRetryMs);
    }
  }
}

async function runInSavepoint(writer: Database.Database, db: Db, unit: Waiting): Promise<boolean> {
  writer.exec('SAVEPOINT unit');
  try {
    await unit.run(db);
    writer.exec('RELEASE unit');
    return true;
  } catch (error) {
    // A full disk ends the whole transaction by itself; then there is no savepoint to go back to.
    if (!writer.inTransaction) throw error;
    writer.exec('ROLLBACK TO unit');
    writer.exec('RELEASE unit');
    unit.failed(explained(error));
    return false;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

const temporary = /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM)/u;

function explained(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || !temporary.test(error.code)) return error;
  return new Unavailable(`The database cannot write now (${error.code}).`, { cause: error });
}
