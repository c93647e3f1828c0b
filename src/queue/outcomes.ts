import type { Linkback } from '../linkback/linkback.ts';
import type { Reason } from '../linkback/refusal.ts';

/**
 * What an attempt told whoever waits for it: verified, or the reason of a "no", for now or for good; undefined when it
 * had nothing to tell, and the next one will be too late for them.
 */
export type Told = { readonly linkbackId: string; readonly answer: 'verified' | Reason | undefined };

export type Outcomes = {
  /** Resolves with the next attempt's answer, or with undefined after `withinMs`. Ask before the attempt can start. */
  readonly next: (linkbackId: string, withinMs: number) => Promise<Told['answer']>;
  readonly tell: (told: Told) => void;
  /** Lets everybody go who waits or comes later, with nothing to tell: the service is stopping. */
  readonly dismiss: () => void;
};

/** Makes the place where callers wait for the verdict on their ping. */
export function makeOutcomes(): Outcomes {
  const waiting = new Map<string, Set<(answer: Told['answer']) => void>>();
  let isDismissed = false;
  return {
    next: (id, withinMs) =>
      new Promise((resolve) => {
        if (isDismissed) {
          resolve(undefined);
          return;
        }
        const those = waiting.get(id) ?? new Set();
        const leave = (answer: Told['answer']): void => {
          clearTimeout(timer);
          those.delete(leave);
          if (those.size === 0) waiting.delete(id);
          resolve(answer);
        };
        const timer = setTimeout(leave, withinMs, undefined);
        waiting.set(id, those.add(leave));
      }),
    tell: ({ linkbackId, answer }) => {
      for (const leave of [...(waiting.get(linkbackId) ?? [])]) leave(answer);
    },
    dismiss: () => {
      isDismissed = true;
      for (const those of [...waiting.values()]) for (const leave of [...those]) leave(undefined);
    },
  };
}

/** What to tell of a linkback after an attempt; a setback left it as it was, and is told as `upstream`. */
export function answerOf(
  linkback: Linkback,
  kind: 'found' | 'not-found' | 'setback',
  reason?: Reason,
): Told['answer'] {
  if (kind === 'found') return 'verified';
  return reason ?? linkback.refusal ?? 'upstream';
}
