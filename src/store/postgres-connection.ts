import pg, { type ClientConfig } from 'pg';

/** How long a statement may take, in milliseconds: then its connection is given up, whatever the network does. */
export const usualTimeoutMs = 5000;
/** How long a connection may take to come, in milliseconds. */
export const connectWithinMs = 3000;
/** A row that another process holds for longer, in milliseconds, is not waited for. */
const lockWithinMs = 3000;
/** A transaction whose process says nothing for so long, in milliseconds, is ended by the server: it holds up nobody. */
const idleInTransactionMs = 15_000;

/** What the driver gives as text: 64-bit integers, which are counts and instants here, and what sums of them come to. */
const numbers = { int8: 20, numeric: 1700 } as const;

const types = new pg.TypeOverrides();
for (const type of Object.values(numbers)) types.setTypeParser(type, Number);

export type Address = {
  /** A connection URI; `sslmode` and its kin mean what they mean to PostgreSQL's own programs. */
  readonly url: string;
  readonly timeoutMs?: number;
};

/** What every connection to PostgreSQL is made with. */
export function connection({ url, timeoutMs = usualTimeoutMs }: Address): ClientConfig {
  return {
    connectionString: inPlainWords(url),
    application_name: 'linkbackd',
    connectionTimeoutMillis: connectWithinMs,
    // The server's own timeout says nothing when the network is silent.
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    lock_timeout: lockWithinMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    keepAlive: true,
    types,
  };
}

/** The driver has meanings of its own for `sslmode` unless it is asked for the usual ones. */
function inPlainWords(url: string): string {
  const plain = new URL(url);
  if (plain.searchParams.has('sslmode')) plain.searchParams.set('uselibpqcompat', 'true');
  return plain.href;
}
