/** Chance that can be had again: the same seed gives the same numbers. */
export type Random = {
  readonly seed: number;
  /** A whole number from 0 to just below `limit`. */
  readonly below: (limit: number) => number;
};

/** Makes chance from LINKBACKD_SEED, or from the time; print the seed, so that a failure can be repeated. */
export function makeRandom(seed = Number(process.env['LINKBACKD_SEED'] ?? Date.now() % 2 ** 31)): Random {
  let state = seed;
  return {
    seed,
    // Mulberry32.
    below: (limit) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    },
  };
}
