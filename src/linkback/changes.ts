import type { Linkback } from './linkback.ts';

/** A linkback before and after a commit: null before it is filed, and after it is erased. */
export type Change = {
  readonly before: Linkback | null;
  readonly after: Linkback | null;
  /** The decision that moves it with many others: whoever watches a list reads it anew rather than hear of each. */
  readonly decision?: string;
};

/** Hears of changes; never throws. */
export type Listener = {
  readonly onChange: (change: Change) => void;
  /** Something has changed that is not told one by one: another process moved many, or could not be heard for a while. */
  readonly onMissed: () => void;
};

export type Changes = {
  /** Tells everybody who listens, at once and in order. */
  readonly tell: (change: Change) => void;
  readonly tellMissed: () => void;
  /** Hears of every change from now on, until the function it gives back is called. */
  readonly listen: (listener: Listener) => () => void;
};

/** Makes the place where what has been committed is heard of: by those who watch a list live. */
export function makeChanges(): Changes {
  const listeners = new Set<Listener>();
  return {
    tell: (change) => {
      for (const { onChange } of listeners) onChange(change);
    },
    tellMissed: () => {
      for (const { onMissed } of listeners) onMissed();
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
