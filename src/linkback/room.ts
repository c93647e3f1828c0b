/** Open jobs above which no new pair is taken. */
export const maxOpenJobs = 100_000;

/** How old a count may be, in milliseconds: while there is room, and while there seems to be none. */
const recountAfterMs = { free: 10_000, full: 1000 } as const;

export type Room = {
  /** Counts anew, when the last count was too long ago. */
  readonly recount: (now: number) => Promise<void>;
  readonly isFull: () => boolean;
  /** Takes a place for one more job, unless there is none. */
  readonly take: () => boolean;
  /** Gives a place back that was not needed. */
  readonly giveBack: () => void;
};

/**
 * Makes the bound on promised work.
 *
 * A count walks through all open jobs, so it is made seldom; in between, what comes in is added up. Jobs that end
 * meanwhile are noticed at the next count, so no place is given twice, except to the few pings that are being written
 * while it counts.
 */
export function makeRoom(openJobs: (most: number) => Promise<number>, most: number = maxOpenJobs): Room {
  let open = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;

  const recount = async (now: number): Promise<void> => {
    try {
      open = await openJobs(most);
      countedAt = now;
    } finally {
      counting = undefined;
    }
  };

  return {
    recount: async (now) => {
      const isDue = Math.abs(now - countedAt) >= recountAfterMs[open >= most ? 'full' : 'free'];
      if (isDue) await (counting ??= recount(now));
    },
    isFull: () => open >= most,
    take: () => {
      if (open >= most) return false;
      open += 1;
      return true;
    },
    giveBack: () => {
      open -= 1;
    },
  };
}
