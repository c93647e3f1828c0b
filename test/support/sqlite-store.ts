import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Engine } from '../../src/store/engine.ts';
import { openSqlite, type SqliteOptions } from '../../src/store/sqlite.ts';
import { makeStore, type StoreOptions } from '../../src/store/store.ts';
import type { OpenedStore } from '../conformance/store.ts';
import { makeClock, makeIds } from './clock.ts';

export const migrations: string = new URL('../../migrations', import.meta.url).pathname;

export type OpenedSqlite = OpenedStore & {
  readonly engine: Engine;
  readonly file: string;
};

/** Makes a folder that is its test's own; remove it with {@link removeFolder}. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Opens an empty store over a SQLite file of its own, with a clock to move; closing removes the file. */
export async function openSqliteStore(
  options: Partial<SqliteOptions> = {},
  wants: Partial<StoreOptions> = {},
): Promise<OpenedSqlite> {
  const folder = makeFolder();
  const file = join(folder, 'data', 'linkbackd.db');
  const engine = openSqlite({ file, migrations, isService: true, ...options });
  const clock = makeClock();
  const store = makeStore(engine, { now: clock.now, newId: makeIds(), ...wants });
  return {
    store,
    clock,
    engine,
    file,
    raw: (statement) => engine.write((db) => sql.raw(statement).execute(db)),
    close: async () => {
      await store.close();
      removeFolder(folder);
    },
  };
}
