import { afterEach, beforeEach, expect, it } from 'vitest';
import pg from 'pg';
import { migratePostgres, schemaLock } from '../../src/store/postgres-schema.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { migrations } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

let url: string;

beforeEach(async () => {
  url = await makeDatabase();
});

afterEach(async () => {
  await dropDatabase(url);
});

it('waits for whoever changes the schema, however much longer that takes than any statement may', async () => {
  const timeoutMs = 100;
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('SELECT pg_advisory_lock($1)', [schemaLock]);
  const migrating = migratePostgres({ url, migrations, timeoutMs });
  await waitUntil(
    async () => {
      const waiting = await statement(
        url,
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'
          AND clock_timestamp() - query_start > ${5 * timeoutMs} * interval '1 millisecond'`,
      );
      return waiting.length === 1;
    },
    { what: 'it to have waited for long' },
  );
  await other.end();
  expect(await migrating).toEqual([]);
});
