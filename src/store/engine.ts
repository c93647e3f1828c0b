import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** A database handle for statements: inside a unit of writing it is the transaction. */
export type Db = Kysely<Tables>;

/** What the owner should hear of the database, apart from what callers are told. */
export type StoreNews =
  | { readonly kind: 'log-grows'; readonly bytes: number }
  | { readonly kind: 'log-is-small-again'; readonly bytes: number }
  | { readonly kind: 'damaged'; readonly detail: string }
  | { readonly kind: 'copied'; readonly to: string };

export type TellOfStore = (news: StoreNews) => void;

/** One of the two databases behind the store: what differs between them and nothing else. */
export type Engine = {
  readonly name: 'sqlite' | 'postgres';
  /** For reading; never sees what is not committed. */
  readonly db: Db;
  /**
   * Runs a unit of statements in a transaction, alone or with others, and resolves when it is durable.
   *
   * A unit that throws is undone and changes nothing for the others.
   *
   * Throws: `Unavailable` when the database cannot write now; `Damaged` once it was found damaged; what the unit throws.
   */
  readonly write: <Result>(unit: (db: Db) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
};
