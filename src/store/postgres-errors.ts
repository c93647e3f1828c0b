import pg from 'pg';
import { Damaged, Slow, Stopped, Unavailable } from '../linkback/unavailable.ts';

/**
 * What a unit meets when another was faster: a deadlock, a row that was there first, one that is gone. It finds things
 * as they are now when it runs again.
 *
 * Spec: PostgreSQL, appendix A: 23503 foreign key, 23505 unique, 40001 serialization, 40P01 deadlock.
 */
const conflicts: ReadonlySet<string> = new Set(['23503', '23505', '40001', '40P01']);

/** Classes and codes that say "not now": connections, resources, operators, reading only, locks, timeouts, the system. */
const temporary = /^(?:08|40|53|57|58|25006|55P03|25P0[34])/u;
/** A server that ends, or that has only just begun. */
const stopped = /^57P0[123]$/u;
/** A statement that was ended for taking too long. */
const slow = /^57014$/u;
/** The server found its files damaged. */
const damage = /^XX00[12]$/u;

export function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && conflicts.has(error.code ?? '');
}

/** Says in the store's own words what went wrong; what is neither temporary nor damage is a defect, and stays as it is. */
export function explained(error: unknown): unknown {
  if (error instanceof Unavailable) return error;
  if (!(error instanceof pg.DatabaseError)) return unreachable(error);
  const code = error.code ?? '';
  if (damage.test(code)) return new Damaged('The database is damaged.', { cause: error });
  if (stopped.test(code)) return new Stopped(`The database is not there now (${code}).`, { cause: error });
  if (slow.test(code)) return new Slow('The database did not answer in time.', { cause: error });
  if (temporary.test(code))
    return new Unavailable(`The database does not answer now (${code}).`, { cause: error });
  return error;
}

/** Whether the connection is of no use any more after this. */
export function isBroken(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return true;
  return /^(?:08|57P0[1234]|25P0[34])/u.test(error.code ?? '');
}

/** What the driver itself says, without a code of the server: the network, a timeout, a server that hung up. */
function unreachable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const message = messageOf(error);
  const Kind = /timeout/iu.test(message) ? Slow : Stopped;
  return new Kind(`The database cannot be reached (${message}).`, { cause: error });
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
