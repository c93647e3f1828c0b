// What several processes count together, where they share a database; a process alone counts in its memory.

/** Counts of what happened under a key within the last hour. */
export type Hourly = {
  /**
   * Counts one more under each of these keys, unless any has had its most: then counts nothing, and gives the milliseconds
   * until it may.
   */
  readonly take: (shares: readonly (readonly [key: string, most: number])[], now: number) => Promise<number>;
};

/** Turns at hosts: one process fetches from a host at a time, and then all leave it alone for a while. */
export type HostTurns = {
  /** Gives a token while the host is ours, or the milliseconds until it is worth asking again. */
  readonly begin: (host: string) => Promise<{ readonly token: string } | { readonly waitMs: number }>;
  readonly end: (host: string, token: string, restMs: number) => Promise<void>;
};
