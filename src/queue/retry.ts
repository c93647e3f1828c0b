import type { Setback } from '../linkback/verdict.ts';

const minute = 60_000;

/** Waits between attempts that met temporary trouble, in milliseconds; after the last one we give up. */
export const retryWaitsMs: readonly number[] = [1, 5, 30, 120, 480, 1440].map((minutes) => minutes * minute);

/** Each wait is stretched or shortened by up to this share, so that what failed together is not retried together. */
export const jitter = 0.2;

export type RetryOptions = { readonly now: () => number; readonly random: () => number };

/**
 * Makes the retry schedule: when to try again after so many setbacks in a row, or undefined when we have tried enough.
 *
 * What the other side asks for by `Retry-After` wins over our own schedule.
 */
export function makeRetryAt({
  now,
  random,
}: RetryOptions): (setbacks: number, setback: Setback) => number | undefined {
  return (setbacks, { retryAfterMs }) => {
    const wait = retryWaitsMs[setbacks];
    if (wait === undefined) return undefined;
    const spread = 1 - jitter + 2 * jitter * random();
    return now() + Math.round(retryAfterMs === undefined ? wait * spread : Math.max(retryAfterMs, 1000));
  };
}
