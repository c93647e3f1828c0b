import { silentAfterMs, type Turn } from './turns.ts';

/** How long a host may take in all before it counts as silent, whatever it says meanwhile: who drips fills a place, too. */
export const slowAfterMs = 3000;

/** Watches over one request, from the lookup of its name on. */
export type Patience = {
  /** Fires when time is up, or the host has tried our patience. */
  readonly signal: AbortSignal;
  readonly lose: (why: string) => void;
  /** The host has begun to answer; from then on only its slowness counts. */
  readonly heard: () => void;
  readonly end: () => void;
};

/**
 * Makes the patience we have with a host: those who are silent or slow have few places between them.
 *
 * Limits: `silentAfterMs` without an answer, {@link slowAfterMs} in all; then it asks for one of those places, once.
 */
export function makePatience(turn: Turn, signal: AbortSignal): Patience {
  const lost = new AbortController();
  const lose = (why: string): void => lost.abort(new Error(why));
  let hasPlace = false;
  const askForPlace = (): void => {
    hasPlace ||= turn.maySitSilent();
    if (!hasPlace) lose('too many silent hosts at once');
  };
  const silence = setTimeout(askForPlace, silentAfterMs);
  const slowness = setTimeout(askForPlace, slowAfterMs);
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    lose,
    heard: () => clearTimeout(silence),
    end: () => {
      clearTimeout(silence);
      clearTimeout(slowness);
    },
  };
}
