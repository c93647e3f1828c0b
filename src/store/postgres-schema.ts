import pg from 'pg';
import { Halt } from '../linkback/halt.ts';
import {
  migrationTable,
  pendingMigrations,
  readMigrations,
  type AppliedMigration,
  type Migration,
} from './migrate.ts';
import { connection, type Address } from './postgres-connection.ts';
import { messageOf } from './postgres-errors.ts';

/** "lkbd" in ASCII: whoever changes the schema holds this lock. */
export const schemaLock = 0x6c6b6264;
/** The oldest server that has all we ask of it, as it counts its versions. */
const oldestServer = 130_000;

export type PostgresPlace = Address & { readonly migrations: string };

/**
 * Brings a PostgreSQL database to the schema of the migrations folder, each step in a transaction of its own.
 *
 * Several processes may do so at once: one does the work, the others wait for it.
 *
 * Gives: the names of the steps that were taken.
 * Throws: {@link Halt} when database and folder do not go together, or when a step fails.
 */
export async function migratePostgres(place: PostgresPlace): Promise<readonly string[]> {
  return withClient(place, async (client) => {
    // Belongs to the connection: whatever way this ends, it is free again.
    await client.query('SELECT pg_advisory_lock($1)', [schemaLock]);
    await client.query(migrationTable);
    const pending = await pendingOf(client, place.migrations);
    for (const migration of pending) await apply(client, migration);
    return pending.map(fileOf);
  });
}

/**
 * Makes sure that a database has the schema of this program.
 *
 * Throws: {@link Halt} when it has not.
 */
export async function assertMigrated(place: PostgresPlace): Promise<void> {
  await withClient(place, async (client) => {
    const { rows } = await client.query<{ found: boolean }>(
      "SELECT to_regclass('migration') IS NOT NULL AS found",
    );
    const pending = rows[0]?.found === true ? await pendingOf(client, place.migrations) : ['all of it'];
    if (pending.length === 0) {
      await assertMayWrite(client);
      return;
    }
    throw new Halt(
      rows[0]?.found === true
        ? `The database is from an older linkbackd: it lacks ${pending.length} of the steps of its schema.`
        : 'The database is empty: it has none of the tables of linkbackd.',
      'Run `linkbackd migrate` once, with the same DATABASE_URL; then start again.',
    );
  });
}

async function pendingOf(client: pg.Client, folder: string): Promise<readonly Migration[]> {
  const { rows } = await client.query<AppliedMigration>(
    'SELECT number, name, checksum FROM migration ORDER BY number',
  );
  return pendingMigrations(readMigrations(folder, 'postgres'), rows);
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { number, name, sql, checksum } = migration;
  try {
    await client.query('BEGIN');
    await client.query(sql);
    await client.query('INSERT INTO migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)', [
      number,
      name,
      checksum,
      Date.now(),
    ]);
    await client.query('COMMIT');
  } catch (error) {
    throw new Halt(
      `The step ${fileOf(migration)} does not fit the database: ${messageOf(error)}.`,
      'The database is as it was before this step. Go back to the version that ran until now, and report this.',
      { cause: error },
    );
  }
}

function fileOf({ number, name }: Pick<Migration, 'number' | 'name'>): string {
  return `migrations/${String(number).padStart(4, '0')}-${name}.sql`;
}

async function withClient<Result>(
  place: Address,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  // A step of the schema, and the wait for whoever takes one, may be long.
  const client = new pg.Client({
    ...connection(place),
    query_timeout: 0,
    statement_timeout: 0,
    lock_timeout: 0,
  });
  // What it says once nobody asks any more.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await assertUsable(client);
    return await work(client);
  } catch (error) {
    throw error instanceof Halt ? error : notReached(error, place);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function assertUsable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding",
  );
  const { version = '0', encoding = '' } = rows[0] ?? {};
  if (Number(version) < oldestServer)
    throw new Halt(`The PostgreSQL server is too old (${version}).`, 'Use PostgreSQL 13 or newer.');
  if (encoding !== 'UTF8')
    throw new Halt(
      `The database keeps its text as ${encoding}, which cannot hold every language.`,
      "Make one with: CREATE DATABASE linkbackd ENCODING 'UTF8' TEMPLATE template0;",
    );
}

async function assertMayWrite(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ user: string; may: boolean }>(
    `SELECT current_user AS user,
      bool_and(has_table_privilege('linkback', needed)) AS may
      FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS needed`,
  );
  const [row] = rows;
  if (row?.may === true) return;
  throw new Halt(
    `The user ${row?.user ?? ''} may not write the tables of linkbackd.`,
    'Use the user in DATABASE_URL that ran `linkbackd migrate`, or GRANT this one SELECT, INSERT, UPDATE and DELETE on them.',
  );
}

function notReached(error: unknown, { url }: Address): Halt {
  const { hostname, port, pathname } = new URL(url);
  const where = `${decodeURIComponent(pathname.slice(1)) || 'the database'} on ${hostname || 'this machine'}${port && `:${port}`}`;
  return new Halt(
    `PostgreSQL cannot be used: ${messageOf(error)} (${where}).`,
    'Check that the server runs, and the name, password and database in DATABASE_URL.',
    { cause: error },
  );
}
