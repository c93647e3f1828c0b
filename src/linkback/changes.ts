import type { Linkback } from './linkback.ts';

/** A linkback before and after a commit: null before it is filed, and after it is erased. */
export type Change = {
  readonly before: Linkback | null;
  readonly after: Linkback | null;
  /** The decision that moves it with many others: whoever watches a list reads it anew rather than hear of each. */
  readonly decision?: string;
};

export type Changes = {
  /** Tells everybody who listens, at once and in order. */
  readonly tell: (change: Change) => void;
  /** Hears of every change from now on, until the function it gives back is called. Listeners never throw. */
  readonly listen: (listener: (change: Change) => void) => () => void;
};

/** Makes the place where what has been committed is heard of: by those who watch a list live. */
export function makeChanges(): Changes {
  const listeners = new Set<(change: Change) => void>();
  return {
    tell: (change) => {
      for (const listener of listeners) listener(change);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
