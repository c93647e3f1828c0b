export type Alarm = {
  readonly ring: () => void;
  readonly sleep: (ms: number) => Promise<void>;
};

/** Makes a sleep that a ring ends; a ring while nobody sleeps ends the next sleep at once, so none is missed. */
export function makeAlarm(): Alarm {
  let wake: (() => void) | undefined;
  let hasRung = false;
  return {
    ring: () => {
      hasRung = true;
      wake?.();
    },
    sleep: async (ms) => {
      if (!hasRung && ms > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hasRung = false;
      wake = undefined;
    },
  };
}
