import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/linkback/unavailable.ts';
import { groupCommits, type GroupCommits } from '../../src/store/group-commit.ts';
import type { Db } from '../../src/store/engine.ts';
import type { Tables } from '../../src/store/tables.ts';
import { lockDatabase } from '../support/lock-database.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const lockTimeoutMs = 600;

let folder: string;
let file: string;
let writer: Database.Database;
let statements: string[];
let commits: GroupCommits;

beforeEach(() => {
  folder = makeFolder();
  file = join(folder, 'numbers.db');
  writer = new Database(file, { timeout: 0, verbose: (text) => statements.push(String(text)) });
  statements = [];
  writer.pragma('journal_mode = WAL');
  writer.exec(`
    CREATE TABLE number (value INTEGER PRIMARY KEY, parent INTEGER REFERENCES number DEFERRABLE INITIALLY DEFERRED)
  `);
  statements.length = 0;
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: writer }) });
  commits = groupCommits(writer, db, lockTimeoutMs);
});

afterEach(async () => {
  await commits.drained();
  writer.close();
  removeFolder(folder);
});

const insert =
  (value: number, parent: number | null = null) =>
  async (db: Db) => {
    await sql`INSERT INTO number (value, parent) VALUES (${value}, ${parent})`.execute(db);
    return value;
  };

/** What a reader in another connection sees: only what is committed. */
function stored(): number[] {
  const reader = new Database(file, { readonly: true });
  try {
    return reader.prepare<[], number>('SELECT value FROM number ORDER BY value').pluck().all();
  } finally {
    reader.close();
  }
}

const countOf = (statement: string): number => statements.filter((each) => each === statement).length;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('writing in groups', () => {
  it('puts what comes at the same time into few transactions, and answers after the commit', async () => {
    const answers = upTo(200).map((value) =>
      commits.write(insert(value)).then((result) => ({ result, isStored: stored().includes(value) })),
    );
    expect(await Promise.all(answers)).toEqual(upTo(200).map((result) => ({ result, isStored: true })));
    expect(countOf('COMMIT')).toBe(4);
  });

  it('does not let a unit that fails undo the others, nor keep half of itself', async () => {
    const defect = new Error('a defect');
    const results = await Promise.allSettled([
      commits.write(insert(1)),
      commits.write(async (db) => {
        await insert(2)(db);
        throw defect;
      }),
      commits.write(async (db) => {
        await insert(3)(db);
        await insert(1)(db);
      }),
      commits.write(insert(4)),
    ]);
    expect(results.map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: defect });
    expect(results[2]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' } });
    expect(stored()).toEqual([1, 4]);
    expect(countOf('COMMIT')).toBe(1);
  });

  it('tells all of a group that they failed when the commit does, and keeps nothing of it', async () => {
    const results = await Promise.allSettled([
      commits.write(insert(1)),
      commits.write(insert(2, 77)),
      commits.write(insert(3)),
    ]);
    expect(results.map((each) => each.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(stored()).toEqual([]);
    expect(await commits.write(insert(4))).toBe(4);
    expect(stored()).toEqual([4]);
  });

  it('runs units one after another, in the order in which they came', async () => {
    const order: string[] = [];
    await Promise.all(
      upTo(5).map((at) =>
        commits.write(async (db) => {
          order.push(`${at} begins`);
          await insert(at)(db);
          await insert(at + 100)(db);
          order.push(`${at} ends`);
        }),
      ),
    );
    expect(order).toEqual(upTo(5).flatMap((at) => [`${at} begins`, `${at} ends`]));
  });

  it('drains what waits', async () => {
    const writes = upTo(100).map((value) => commits.write(insert(value)));
    await commits.drained();
    expect(stored()).toHaveLength(100);
    await Promise.all(writes);
  });
});

describe('a lock that another process holds', () => {
  it('is waited for, with the event loop free for other work', async () => {
    const lock = await lockDatabase(file);
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 10);
    const write = commits.write(insert(1));
    await waitUntil(() => turns >= 10, { timeoutMs: lockTimeoutMs, what: 'ten turns of the event loop' });
    clearInterval(ticking);
    await lock.release();
    expect(await write).toBe(1);
    expect(stored()).toEqual([1]);
  });

  it('makes a write give up after its time, with nothing half-written', async () => {
    const lock = await lockDatabase(file);
    const from = performance.now();
    const write = commits.write(insert(1));
    await expect(write).rejects.toThrow(Unavailable);
    const waited = performance.now() - from;
    expect(waited).toBeGreaterThanOrEqual(lockTimeoutMs);
    expect(waited).toBeLessThan(lockTimeoutMs * 3);
    await lock.release();
    expect(stored()).toEqual([]);
    expect(await commits.write(insert(2))).toBe(2);
    expect(stored()).toEqual([2]);
  });

  it('costs nobody more than that time, however many wait', async () => {
    const lock = await lockDatabase(file);
    const from = performance.now();
    const writes = await Promise.allSettled(upTo(500).map((value) => commits.write(insert(value))));
    expect(performance.now() - from).toBeLessThan(lockTimeoutMs * 3);
    await lock.release();
    expect(new Set(writes.map((each) => each.status))).toEqual(new Set(['rejected']));
    expect(stored()).toEqual([]);
  });

  it('gives those who came later their own time', async () => {
    const lock = await lockDatabase(file);
    const from = performance.now();
    const early = Promise.allSettled([commits.write(insert(1))]);
    await waitUntil(() => performance.now() - from > lockTimeoutMs / 2);
    const late = commits.write(insert(2));
    expect(await early).toMatchObject([{ status: 'rejected', reason: { name: 'Unavailable' } }]);
    await lock.release();
    expect(await late).toBe(2);
    expect(stored()).toEqual([2]);
  });
});
