import { createHash } from 'node:crypto';
import type { Excerpt, Linkback } from './linkback.ts';
import type { Signal } from './signal.ts';

/** What the store knows of the linkbacks around one. */
export type Surroundings = {
  /** When this site first heard of the source's host, this linkback aside; null when it never has. */
  readonly hostFirstSeenAt: number | null;
  /** How many linkbacks of the host, this one aside, came in during the last hour. */
  readonly hostLastHour: number;
  /** About how many other pages a linkback says the same words. */
  readonly sameTextTargets: number;
};

export const noSurroundings: Surroundings = { hostFirstSeenAt: null, hostLastHour: 0, sameTextTargets: 0 };

/** Looks for evidence in a verified linkback. */
export type Weigh = (linkback: Linkback, surroundings: Surroundings, now: number) => readonly Signal[];

/** Shorter quotations are alike by chance, in characters. */
const leastTextLength = 30;

/** A digest of the quoted words, the same whatever their case and blanks; null where too few are quoted. */
export function textKeyOf(excerpt: Excerpt): string | null {
  const words = (excerpt.before + excerpt.link + excerpt.after)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return words.length < leastTextLength ? null : createHash('sha256').update(words).digest('base64url');
}
