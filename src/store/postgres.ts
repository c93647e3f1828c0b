import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Db, Engine, TellOfStore } from './engine.ts';
import { connection, connectWithinMs, type Address } from './postgres-connection.ts';
import { isConflict, messageOf } from './postgres-errors.ts';
import { guardPool } from './postgres-pool.ts';
import { assertMigrated } from './postgres-schema.ts';
import { openWire } from './postgres-wire.ts';
import type { Tables } from './tables.ts';

/** How long a statement waits for one of its process's connections, in milliseconds. */
const waitWithinMs = 15_000;
/** Connections of a process, beside the one on which it listens. */
export const usualPoolSize = 10;
/** How often a unit runs that others got in the way of. */
const maxTries = 10;
/** How long a unit waits before it runs again, in milliseconds; each time longer, and never the same. */
const triesApartMs = 5;
/** How long connections may take to end when the process stops, in milliseconds. */
const closeWithinMs = 2000;

export type PostgresOptions = Address & {
  readonly migrations: string;
  readonly poolSize?: number;
  readonly tell?: TellOfStore;
};

/**
 * Opens a PostgreSQL database as the store's engine: a pool of connections, and a transaction for each unit of writing.
 *
 * Units of several processes meet in the database: what a unit reads in order to change it is locked, and a unit that the
 * database undoes for another's sake runs again, up to {@link maxTries} times.
 *
 * Throws: `Halt` when the database cannot be reached, is not fit, or wants `linkbackd migrate` first.
 */
export async function openPostgres(options: PostgresOptions): Promise<Engine> {
  const { poolSize = usualPoolSize, tell = () => undefined } = options;
  await assertMigrated(options);
  const pool = new pg.Pool({ ...connection(options), ...queue, Client: Connecting, max: poolSize });
  // Without a listener, a connection that breaks while nobody uses it would end the process.
  pool.on('error', (error) => tell({ kind: 'connection-lost', detail: messageOf(error) }));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: guardPool(pool) }) });
  const wire = openWire(options, tell);
  return {
    name: 'postgres',
    db,
    write: (unit) => inTransaction(db, unit),
    clock: () => sql<number>`(extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
    wire,
    close: async () => {
      await wire.close();
      // A network that is silent would keep it from ending.
      await Promise.race([pool.end(), wait(closeWithinMs, undefined, { ref: false })]);
    },
  };
}

/** Whoever asks for a connection stands in line for longer than one takes to come. */
const queue = { connectionTimeoutMillis: waitWithinMs } as const;

/** What the pool makes its connections of. */
class Connecting extends pg.Client {
  constructor(config: pg.ClientConfig = {}) {
    super({ ...config, connectionTimeoutMillis: connectWithinMs });
    // The pool hears of what breaks while nobody uses it, and whoever waits for an answer is told of it; a connection
    // that breaks between two questions of a unit tells nobody else, and would end the process.
    this.on('error', () => undefined);
  }
}

/** Runs a unit in a transaction of its own, and again when others got in its way. */
async function inTransaction<Result>(db: Db, unit: (db: Db) => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await db.transaction().execute(unit);
    } catch (error) {
      if (!isConflict(error) || tries === maxTries) throw error;
      await wait(Math.random() * triesApartMs * tries);
    }
  }
}
