import { createHash, randomBytes } from 'node:crypto';
import type { Hourly } from '../linkback/shared-limits.ts';

const partMs = 5 * 60_000;
/** The part of an hour under way, and all those of which the last hour may have seen some. */
const parts = 13;
const slots = 2 ** 16;
const rows = 2;

/** Counts of what happened under a key within the last hour. */
export type HourCounts = {
  /** Milliseconds until fewer than `most` are counted under this key; 0 when it is so now. */
  readonly waitMs: (key: string, most: number, now: number) => number;
  readonly count: (key: string, now: number) => void;
};

/** Makes the counts of a process that shares them with no other. */
export function makeHourly(counts: HourCounts = makeHourCounts()): Hourly {
  return {
    take: async (shares, now) => {
      const waitMs = Math.max(...shares.map(([key, most]) => counts.waitMs(key, most, now)));
      if (waitMs === 0) for (const [key] of shares) counts.count(key, now);
      return waitMs;
    },
  };
}

/**
 * Makes counts for any number of keys, which never come out too low.
 *
 * A key's count stands in two places that a secret picks, and the lower of the two holds: so nothing is ever forgotten to
 * make room, as somebody who uses very many keys would like, and hardly a key is taken for a busier one.
 *
 * Limits: 1.8 MB, whatever happens; counts up to 255; an hour is up to five minutes longer.
 */
export function makeHourCounts(): HourCounts {
  const secret = randomBytes(16);
  const counts = new Uint8Array(rows * slots * parts);
  const latest = new Float64Array(rows * slots);

  const slotsOf = (key: string): number[] => {
    const digest = createHash('sha256').update(secret).update(key).digest();
    return [digest.readUInt16LE(0), slots + digest.readUInt16LE(2)];
  };

  const at = (slot: number, part: number): number => slot * parts + (part % parts);

  /** Clears the parts that are over, and gives the one under way; a clock that goes back a little stands still. */
  const advance = (slot: number, now: number): number => {
    const part = Math.floor(now / partMs);
    const before = latest[slot] ?? 0;
    if (Math.abs(part - before) >= parts) counts.fill(0, slot * parts, (slot + 1) * parts);
    else for (let each = before + 1; each <= part; each += 1) counts[at(slot, each)] = 0;
    return (latest[slot] = Math.abs(part - before) >= parts ? part : Math.max(part, before));
  };

  const waitIn = (slot: number, most: number, now: number): number => {
    const part = advance(slot, now);
    let sum = 0;
    for (let each = part; each > part - parts; each -= 1) {
      sum += counts[at(slot, each)] ?? 0;
      if (sum >= most) return (each + parts) * partMs - now;
    }
    return 0;
  };

  return {
    waitMs: (key, most, now) => Math.min(...slotsOf(key).map((slot) => waitIn(slot, most, now))),
    count: (key, now) => {
      for (const slot of slotsOf(key)) {
        const here = at(slot, advance(slot, now));
        counts[here] = Math.min((counts[here] ?? 0) + 1, 255);
      }
    },
  };
}
