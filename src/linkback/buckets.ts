/** Keys remembered at once; beyond that, the one that has been quiet for longest is forgotten. */
export const maxKeys = 50_000;

/** How many may come at once, and how long until each of them may come again. */
export type Rate = { readonly atOnce: number; readonly eachMs: number };

export function perMinute(count: number): Rate {
  return { atOnce: count, eachMs: 60_000 / count };
}

export function perHour(count: number): Rate {
  return { atOnce: count, eachMs: 3_600_000 / count };
}

/** Token buckets, one for each key; a key that is not known has a full one. */
export type Buckets = {
  /** Milliseconds until this key's bucket has a token: 0 when it has one now. */
  readonly waitMs: (key: string, now: number) => number;
  /** Takes a token, also out of an empty bucket. */
  readonly take: (key: string, now: number) => void;
  /** Puts a token back that turned out not to be needed. */
  readonly giveBack: (key: string, now: number) => void;
  /** How many keys are remembered. */
  readonly size: () => number;
};

/**
 * Makes buckets in the memory of this process.
 *
 * A bucket is one number, the instant at which it is full again: then it may be forgotten, and is, before long. So the
 * memory holds the keys that were busy lately, and nobody has another's bucket forgotten by using many names once.
 *
 * Limits: {@link maxKeys}.
 */
export function makeBuckets({ atOnce, eachMs }: Rate, keys: number = maxKeys): Buckets {
  const fullAt = new Map<string, number>();
  const capacityMs = atOnce * eachMs;
  let hand = fullAt.entries();

  /** A clock that went back must not leave a bucket emptier than empty, nor empty until it is as late again. */
  const debtMs = (key: string, now: number): number => {
    const debt = Math.max((fullAt.get(key) ?? now) - now, 0);
    if (debt > capacityMs) fullAt.set(key, now + capacityMs);
    return Math.min(debt, capacityMs);
  };

  /** Looks at two keys for each that comes, so that it goes round more quickly than they become more. */
  const forgetFull = (now: number): void => {
    for (let looks = 0; looks < 2; looks += 1) {
      const { done, value } = hand.next();
      if (done === true) hand = fullAt.entries();
      else if (value[1] <= now) fullAt.delete(value[0]);
    }
  };

  const set = (key: string, debt: number, now: number): void => {
    // A map keeps its keys in the order in which they were set.
    fullAt.delete(key);
    if (debt > 0) fullAt.set(key, now + debt);
    forgetFull(now);
    const [oldest] = fullAt.size > keys ? fullAt.keys() : [];
    if (oldest !== undefined) fullAt.delete(oldest);
  };

  return {
    waitMs: (key, now) => {
      const wait = debtMs(key, now) + eachMs - capacityMs;
      // Less than a millisecond is what adding up fractions came to.
      return wait < 1 ? 0 : wait;
    },
    take: (key, now) => set(key, Math.min(debtMs(key, now) + eachMs, capacityMs), now),
    giveBack: (key, now) => set(key, debtMs(key, now) - eachMs, now),
    size: () => fullAt.size,
  };
}
