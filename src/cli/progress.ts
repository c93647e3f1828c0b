import { SingleBar } from 'cli-progress';

/** How far some work is, for whoever watches it on standard error. */
export type Progress = {
  /** `what` is done now; a new `step` begins anew. */
  readonly tell: (step: string, what: string, done: number, total: number) => void;
  readonly end: () => void;
};

/** A line in so many milliseconds, where there is no terminal. */
const linesApartMs = 5000;

/** Shows a bar on a terminal, and a line now and then elsewhere. */
export function showProgress(): Progress {
  return process.stderr.isTTY ? bar() : lines();
}

function bar(): Progress {
  const drawn = new SingleBar({
    format: '{step} [{bar}] {percentage}% | {value} of {total} rows | {what}',
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
  });
  let current = '';
  return {
    tell: (step, what, done, total) => {
      if (step !== current) drawn.start(total, done, { step, what });
      else drawn.update(done, { step, what });
      current = step;
    },
    end: () => {
      drawn.stop();
    },
  };
}

function lines(): Progress {
  let current = '';
  let lastAt = 0;
  return {
    tell: (step, what, done, total) => {
      if (step === current && performance.now() - lastAt < linesApartMs) return;
      current = step;
      lastAt = performance.now();
      process.stderr.write(`${step}: ${done} of ${total} rows, ${what}\n`);
    },
    end: () => undefined,
  };
}
