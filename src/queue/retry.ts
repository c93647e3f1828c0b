import type { Setback } from '../linkback/verdict.ts';

const minute = 60_000;

/** Waits between attempts that met temporary trouble, in milliseconds; after the last one we give up. */
export const retryWaitsMs: readonly number[] = [1, 5, 30, 120, 480, 1440].map((minutes) => minutes * minute);

/** The least rest that `Retry-After` may ask for: a few seconds each would use up all tries within a minute. */
const shortestRetryMs = minute;

/** Each wait is stretched or shortened by up to this share, so that what failed together is not retried together. */
export const jitter = 0.2;

const day = 24 * 60 * minute;

export type RetryOptions = { readonly now: () => number; readonly random: () => number };

/**
 * Makes the retry schedule: when to try again after so many setbacks in a row, or undefined when we have tried enough.
 *
 * What the other side asks for by `Retry-After` wins over our own schedule.
 *
 * Limits: {@link shortestRetryMs} at least; the longest was set where the header was read.
 */
export function makeRetryAt({
  now,
  random,
}: RetryOptions): (setbacks: number, setback: Setback) => number | undefined {
  return (setbacks, { retryAfterMs }) => {
    const wait = retryWaitsMs[setbacks];
    if (wait === undefined) return undefined;
    const spread = 1 - jitter + 2 * jitter * random();
    return (
      now() + Math.round(retryAfterMs === undefined ? wait * spread : Math.max(retryAfterMs, shortestRetryMs))
    );
  };
}

/**
 * Makes the schedule by which verified linkbacks are looked at again by themselves: the older, the more seldom.
 *
 * `afterDays` are the waits, growing; each lasts until the linkback is as old as the wait is long, and the last for
 * ever. Without any, nothing is looked at by itself.
 */
export function makeRecheckAt(
  afterDays: readonly number[],
  { now, random }: RetryOptions,
): (verifiedAt: number) => number | undefined {
  return (verifiedAt) => {
    const ageDays = (now() - verifiedAt) / day;
    const days = afterDays.find((each) => ageDays < each) ?? afterDays.at(-1);
    if (days === undefined) return undefined;
    return now() + Math.round(days * day * (1 - jitter + 2 * jitter * random()));
  };
}
