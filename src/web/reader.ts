import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import type { Reading, ReadingTask } from './document.ts';
import type { Microformats } from './microformats.ts';

/** Time and memory that one page may cost before its reading is given up. */
export const readTimeoutMs = 2000;
const maxHeapMb = 128;
const stackMb = 4;
const threads = 2;
/** How long a thread may have nothing to do before it ends, unless it is to stay. */
const idleMs = 60_000;
/** A thread that is not there by then is started by the next page, in milliseconds. */
const startWithinMs = 10_000;

/** Microformats take a whole tree, so they have a thread of their own: pages that kill it hold up nobody's link. */
export const microformatsTimeoutMs = 1000;
/** A page that has waited so long for that thread goes without, in milliseconds. */
const microformatsPatienceMs = 5000;

/** A page as it was read; without microformats when it has none, or when reading them went over its limits. */
export type PageReading = Reading & { readonly microformats: Microformats | undefined };

export type Reader = {
  /** Reads a page in a thread of its own; `too-complex` when it outlived its limits or killed the thread. */
  readonly read: (task: ReadingTask) => Promise<PageReading | 'too-complex'>;
  /** Ends the threads at once; what is being read then rejects, for it has no verdict. */
  readonly close: () => Promise<void>;
};

export type ReaderLimits = { readonly readTimeoutMs: number; readonly microformatsTimeoutMs: number };

/**
 * Opens the pools of threads in which strangers' pages are read, so that no page can hold up or end the service.
 *
 * Limits: {@link readTimeoutMs} and {@link maxHeapMb} a page, {@link microformatsTimeoutMs} for its microformats.
 */
export function openReader(limits: ReaderLimits = { readTimeoutMs, microformatsTimeoutMs }): Reader {
  const scans = openPool('read', threads, limits.readTimeoutMs, Infinity);
  const trees = openPool('microformats', 1, limits.microformatsTimeoutMs, microformatsPatienceMs);
  return {
    read: async (task) => {
      const reading = (await scans.run(task)) as Reading | 'too-complex';
      if (reading === 'too-complex') return reading;
      const found = reading.hasMicroformats
        ? ((await trees.run(task)) as Microformats | 'too-complex' | undefined)
        : undefined;
      return { ...reading, microformats: found === 'too-complex' ? undefined : found };
    },
    close: async () => {
      await Promise.all([scans.close(), trees.close()]);
    },
  };
}

type Pool = {
  /** Gives what the thread gives, or `too-complex`. */
  readonly run: (task: ReadingTask) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

function openPool(
  name: 'read' | 'microformats',
  threadCount: number,
  timeoutMs: number,
  patienceMs: number,
): Pool {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const makePool = (): Piscina => {
    const pool = new Piscina({
      filename: new URL(`./read-worker.${extension}`, import.meta.url).href,
      name,
      minThreads: name === 'read' ? threadCount : 0,
      maxThreads: threadCount,
      idleTimeout: idleMs,
      resourceLimits: {
        maxOldGenerationSizeMb: maxHeapMb,
        maxYoungGenerationSizeMb: 64,
        stackSizeMb: stackMb,
      },
    });
    // A thread that runs out of memory while it is being ended has no task left to tell; unheard, that ends the process.
    return pool.on('error', () => undefined);
  };
  // Made for the first page: threads that start would slow down the start of the service.
  let made: Piscina | undefined;
  let isOpen = true;
  /** Until when threads may be starting, and when one was last there: else they are known to be there. */
  let startingUntil = -Infinity;
  let readAt = -Infinity;
  const mayBeStarting = (now: number): boolean => now < startingUntil || now - readAt > idleMs / 2;
  const run = async (task: ReadingTask, askedAt: number): Promise<unknown> => {
    if (!isOpen) throw new Error('the reader is closed');
    if (made === undefined) startingUntil = performance.now() + startWithinMs;
    const pool = (made ??= makePool());
    if (performance.now() - askedAt > patienceMs) return 'too-complex';
    // Starting a thread takes its time, on a busy machine more than a page may: that is not the page's fault.
    if (mayBeStarting(performance.now())) await pool.run(undefined, { name: 'ready' });
    try {
      const result: unknown = await pool.run(task, { signal: AbortSignal.timeout(timeoutMs) });
      readAt = performance.now();
      return result;
    } catch (error) {
      startingUntil = performance.now() + startWithinMs;
      if (isTooMuch(error)) return 'too-complex';
      throw error;
    }
  };
  // The clock of a page starts when a thread is free for it, not while it waits behind another.
  const whenFree = pLimit(threadCount);
  return {
    run: (task) => whenFree(run, task, performance.now()),
    close: async () => {
      isOpen = false;
      await made?.destroy();
    },
  };
}

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isOver = error.name === 'AbortError' || error.name === 'TimeoutError' || error instanceof RangeError;
  return isOver || ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY');
}
