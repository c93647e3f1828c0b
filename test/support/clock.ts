/** A clock that stands until it is moved. */
export type Clock = {
  readonly now: () => number;
  readonly advance: (ms: number) => void;
  readonly set: (at: number) => void;
};

/** Makes a clock; it starts at an instant that no test needs to know. */
export function makeClock(start: number = Date.UTC(2026, 0, 5, 12)): Clock {
  let at = start;
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
    set: (to) => {
      at = to;
    },
  };
}

/** Makes ids that sort in the order in which they were given out, as the program's own do. */
export function makeIds(prefix = 'id'): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `${prefix}-${String(last).padStart(8, '0')}`;
  };
}
