import type { Kysely, RawBuilder } from 'kysely';
import type { Tables } from './tables.ts';

/** A database handle for statements: inside a unit of writing it is the transaction. */
export type Db = Kysely<Tables>;

/** What the owner should hear of the database, apart from what callers are told. */
export type StoreNews =
  | { readonly kind: 'log-grows'; readonly bytes: number }
  | { readonly kind: 'log-is-small-again'; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly detail: string }
  | { readonly kind: 'copied'; readonly to: string }
  | { readonly kind: 'connection-lost'; readonly detail: string }
  | { readonly kind: 'connected-again' };

export type TellOfStore = (news: StoreNews) => void;

/** One of the two databases behind the store: what differs between them and nothing else. */
export type Engine = {
  readonly name: 'sqlite' | 'postgres';
  /** For reading; never sees what is not committed. */
  readonly db: Db;
  /**
   * Runs a unit of statements in a transaction, alone or with others, and resolves when it is durable.
   *
   * A unit that throws is undone and changes nothing for the others. One that others got in the way of is undone and
   * runs again, so it must do nothing but its statements.
   *
   * Throws: `Unavailable` when the database cannot write now; `Damaged` once it was found damaged; what the unit throws.
   */
  readonly write: <Result>(unit: (db: Db) => Promise<Result>) => Promise<Result>;
  /** The database's own clock, in milliseconds since 1970, where processes share it; else the process's is right. */
  readonly clock?: () => RawBuilder<number>;
  /** How processes that share the database hear of one another; absent where there is one process only. */
  readonly wire?: Wire;
  readonly close: () => Promise<void>;
};

/**
 * What one process says, and all others on the database hear, within a moment. Nothing depends on it: what is not heard
 * is found out a little later.
 */
export type Wire = {
  readonly say: (message: string) => void;
  /** Hears what others say from now on; `gap` says that something may have been missed. */
  readonly hear: (listener: (message: string) => void, gap: () => void) => Promise<void>;
};
