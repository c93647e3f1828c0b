import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { inject } from 'vitest';
import { openPostgres, type PostgresOptions } from '../../src/store/postgres.ts';
import type { Engine } from '../../src/store/engine.ts';
import { makeStore, type StoreOptions } from '../../src/store/store.ts';
import type { OpenedStore } from '../conformance/store.ts';
import { makeClock, makeIds } from './clock.ts';
import { statement, template } from './postgres.ts';
import { migrations } from './sqlite-store.ts';

export type OpenedPostgres = OpenedStore & { readonly engine: Engine; readonly url: string };

/** Makes a database of its own for whoever asks, with the schema and nothing else in it. */
export async function makeDatabase(server: string = inject('postgresUrl')): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await statement(`${server}/postgres`, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return `${server}/${name}`;
}

export async function dropDatabase(url: string): Promise<void> {
  const [, server = '', name = ''] = /^(.*)\/(\w+)$/u.exec(url) ?? [];
  await statement(`${server}/postgres`, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** The database of this test file: its tests come one after the other, and each finds it empty. */
let own: Promise<string> | undefined;

/** Opens an empty store over PostgreSQL, with a clock to move. */
export async function openPostgresStore(
  options: Partial<PostgresOptions> = {},
  wants: Partial<StoreOptions> = {},
): Promise<OpenedPostgres> {
  const url = await (own ??= makeDatabase());
  await empty(url);
  const engine = await openPostgres({ url, migrations, ...options });
  const clock = makeClock();
  // A database's clock cannot be moved.
  const { clock: _theirs, ...movable } = engine;
  const store = makeStore(movable, { now: clock.now, newId: makeIds(), ...wants });
  return {
    store,
    clock,
    engine: movable,
    url,
    raw: (text) => engine.write((db) => sql.raw(text).execute(db)),
    close: store.close,
  };
}

async function empty(url: string): Promise<void> {
  const tables = await statement<{ name: string }>(
    url,
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'",
  );
  const names = tables.map(({ name }) => name).join(', ');
  await statement(
    url,
    `TRUNCATE ${names} CASCADE; INSERT INTO counter (name, value) VALUES ('publication', 0)`,
  );
}
