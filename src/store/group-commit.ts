import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Unavailable } from '../linkback/unavailable.ts';
import type { Db } from './engine.ts';

/** Most units that share one transaction: more would hold the event loop too long. */
const unitsPerCommit = 64;

/**
 * While a few units come at a time, the next ones are gathered for twice as long as the last transaction took, at most so
 * many milliseconds: a slow disk is asked less often. Who writes alone never waits, nor do many who share one anyway.
 */
const gatherAtMostMs = 5;
const fewUnits = 8;

/** How often a lock held by another process is tried again, in milliseconds. */
const lockRetryMs = 20;

export type GroupCommits = {
  readonly write: <Result>(unit: (db: Db) => Promise<Result>) => Promise<Result>;
  /** Resolves when nothing waits to be written. */
  readonly drained: () => Promise<void>;
};

type Waiting = {
  /** Since when it waits, in milliseconds of a clock that never jumps. */
  readonly since: number;
  readonly run: (db: Db) => Promise<void>;
  readonly committed: () => void;
  readonly failed: (error: unknown) => void;
};

/**
 * Gathers the units of one turn of the event loop into one transaction, so that full durability costs one disk flush
 * for many callers instead of one each.
 *
 * Units run one after another, each in a savepoint of its own. They must await nothing but their statements.
 * `afterCommit` is called when a transaction is over, whatever came of it, with the number of its units.
 *
 * Limits: {@link unitsPerCommit} units a transaction; `lockTimeoutMs` for each unit to wait for a lock of another
 *         process, then it fails.
 */
export function groupCommits(
  writer: Database.Database,
  db: Db,
  lockTimeoutMs: number,
  afterCommit: (units: number) => void = () => undefined,
): GroupCommits {
  const queue: Waiting[] = [];
  let draining: Promise<void> | undefined;

  let gatherMs = 0;
  const gather = (): Promise<unknown> =>
    gatherMs > 0 && queue.length < unitsPerCommit ? wait(gatherMs) : new Promise(setImmediate);

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      await gather();
      const refused = begin(writer);
      if (refused === undefined) {
        const units = queue.splice(0, unitsPerCommit);
        const startedAt = performance.now();
        await commit(writer, db, units);
        const areFew = units.length > 1 && units.length <= fewUnits;
        gatherMs = areFew ? Math.min(2 * (performance.now() - startedAt), gatherAtMostMs) : 0;
        afterCommit(units.length);
      } else if (isBusy(refused.error)) await waitForLock(queue, refused.error, lockTimeoutMs);
      else fail(queue.splice(0), refused.error);
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
    since: performance.now(),
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

async function commit(writer: Database.Database, db: Db, units: readonly Waiting[]): Promise<void> {
  const done: Waiting[] = [];
  try {
    for (const unit of units) if (await runInSavepoint(writer, db, unit)) done.push(unit);
    writer.exec('COMMIT');
  } catch (error) {
    rollBack(writer);
    fail(units, error);
    return;
  }
  for (const unit of done) unit.committed();
}

function fail(units: readonly Waiting[], error: unknown): void {
  for (const unit of units) unit.failed(explained(error));
}

function rollBack(writer: Database.Database): void {
  try {
    if (writer.inTransaction) writer.exec('ROLLBACK');
  } catch {
    // The error that made us roll back is the one to tell.
  }
}

/** IMMEDIATE, for a transaction that begins by reading is refused at once when another has written meanwhile. */
function begin(writer: Database.Database): { readonly error: unknown } | undefined {
  try {
    writer.exec('BEGIN IMMEDIATE');
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** Waits a little, without holding up the event loop; units that have waited long enough give up. */
async function waitForLock(queue: Waiting[], error: unknown, lockTimeoutMs: number): Promise<void> {
  const isPatient = (unit: Waiting): boolean => performance.now() - unit.since < lockTimeoutMs;
  const patient = queue.findIndex(isPatient);
  fail(queue.splice(0, patient === -1 ? queue.length : patient), error);
  if (queue.length > 0) await wait(lockRetryMs);
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
