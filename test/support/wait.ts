import { setTimeout as delay } from 'node:timers/promises';
import { isLong } from './long.ts';

/** How long to wait, how often to look, and what for (the words of the failure). */
export type WaitOptions = {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
  readonly what?: string;
};

/** The long run shares its machine with whatever else goes on there, for hours: nothing in it fails for being late. */
export const patience: number = isLong ? 10 : 1;

/** What a check may give; `undefined`, `false` and a thrown error mean "not yet". */
export type Check<T> = () => T | undefined | false | Promise<T | undefined | false>;

/**
 * Looks again and again until `check` gives something, and gives that.
 *
 * Throws: when the time is up, with `what` was waited for and the last error of `check` as its cause.
 */
export async function waitUntil<T>(check: Check<T>, options: WaitOptions = {}): Promise<T> {
  const { timeoutMs = 20_000, everyMs = 10, what = 'the condition' } = options;
  const endsAt = performance.now() + timeoutMs * patience;
  for (;;) {
    let cause: unknown;
    try {
      const found = await check();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= endsAt)
      throw new Error(`Waited ${timeoutMs * patience} ms in vain for ${what}`, { cause });
    await delay(everyMs);
  }
}
