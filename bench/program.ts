import { fork } from 'node:child_process';

/** A program of the benchmark in a process of its own, which ends with us. */
export type Program<Said, Ask, Answer> = {
  readonly pid: number;
  /** What it said once it was ready. */
  readonly said: Said;
  /** One at a time. */
  readonly ask: (ask: Ask) => Promise<Answer>;
  readonly close: () => Promise<void>;
};

/** Starts a file of this folder, which calls {@link answerParent}, and resolves when it is ready. */
export async function startProgram<Said, Ask, Answer>(
  file: string,
  ...args: readonly string[]
): Promise<Program<Said, Ask, Answer>> {
  const child = fork(new URL(file, import.meta.url), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const fail = (code: number | null): void => reject(new Error(`${file} ended with ${code}`));
      child.once('exit', fail);
      child.once('message', (message) => {
        child.off('exit', fail);
        resolve(message);
      });
    });
  return {
    pid: child.pid ?? 0,
    said: (await next()) as Said,
    ask: (ask) => {
      const answer = next();
      child.send(ask as object);
      return answer as Promise<Answer>;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The other side: says that this program is ready, answers what it is asked, and ends when nobody asks any more. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what a message is, only its reader knows
export function answerParent<Ask>(said: object, answer: (ask: Ask) => Promise<object> | object): void {
  const send = (message: object): void => void process.send?.(message);
  process.on('message', (ask) => {
    void Promise.resolve(answer(ask as Ask)).then(send, (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  process.on('disconnect', () => process.exit());
  send(said);
}
