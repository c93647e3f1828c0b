import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import type { Reading, ReadingTask } from './document.ts';

/** Time and memory that one page may cost before its reading is given up. */
export const readTimeoutMs = 2000;
const maxHeapMb = 128;
const stackMb = 4;
const threads = 2;

export type Reader = {
  /** Reads a page in a thread of its own; `too-complex` when it outlived its limits or killed the thread. */
  readonly read: (task: ReadingTask) => Promise<Reading | 'too-complex'>;
  readonly close: () => Promise<void>;
};

/**
 * Opens the pool of threads in which strangers' pages are read, so that no page can hold up or end the service.
 *
 * Limits: {@link readTimeoutMs} and {@link maxHeapMb} a page.
 */
export function openReader(): Reader {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const pool = new Piscina({
    filename: new URL(`./read-worker.${extension}`, import.meta.url).href,
    name: 'read',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: 64, stackSizeMb: stackMb },
  });
  const read = async (task: ReadingTask): Promise<Reading | 'too-complex'> => {
    try {
      const signal = AbortSignal.timeout(readTimeoutMs);
      return (await pool.run(task, { signal, transferList: [task.bytes.buffer] })) as Reading;
    } catch (error) {
      if (isTooMuch(error)) return 'too-complex';
      throw error;
    }
  };
  // The clock of a page starts when a thread is free for it, not while it waits behind another.
  const whenFree = pLimit(threads);
  return {
    read: (task) => whenFree(read, task),
    close: () => pool.close({ force: true }),
  };
}

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isOver = error.name === 'AbortError' || error.name === 'TimeoutError' || error instanceof RangeError;
  return isOver || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY');
}
