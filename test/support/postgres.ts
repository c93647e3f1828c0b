import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migratePostgres } from '../../src/store/postgres-schema.ts';
import { startPostgres } from './postgres-server.ts';
import { migrations } from './sqlite-store.ts';

/** A database with the whole schema and nothing in it, of which each test's own is a copy. */
export const template = 'linkbackd_template';

/**
 * Brings the PostgreSQL server of a test run: one that `TEST_POSTGRES_URL` names, or one of our own, stopped at its end.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_POSTGRES_URL']?.replace(/\/$/u, '');
  const server = given === undefined ? await startPostgres() : { url: given, close: async () => undefined };
  await statement(`${server.url}/postgres`, `DROP DATABASE IF EXISTS ${template}`);
  await statement(`${server.url}/postgres`, `CREATE DATABASE ${template} ENCODING 'UTF8' TEMPLATE template0`);
  await migratePostgres({ url: `${server.url}/${template}`, migrations });
  project.provide('postgresUrl', server.url);
  return server.close;
}

declare module 'vitest' {
  // Vitest's own interface, to be added to.
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions
  export interface ProvidedContext {
    readonly postgresUrl: string;
  }
}

/** Runs statements on a database, past everything. */
export async function statement<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(20, Number);
  const client = new pg.Client({ connectionString: url, types });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
