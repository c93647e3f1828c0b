import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { Piscina } from 'piscina';
import type { Reading, ReadingTask } from './document.ts';
import type { Microformats } from './microformats.ts';
import { openTreeReader, treeTimeoutMs } from './tree-reader.ts';

/** Time and memory that one page may cost before its reading is given up. */
export const readTimeoutMs = 2000;
const maxHeapMb = 64;
const stackMb = 4;
const youngHeapMb = 12;
/** Reading takes a fraction of what fetching and writing do: beside them, one thread is enough for two processors. */
const threads = availableParallelism() > 2 ? 2 : 1;
/** How long a thread may have nothing to do before it ends, unless it is to stay. */
const idleMs = 60_000;
/** A thread that is not there by then is started by the next page, in milliseconds. */
const startWithinMs = 10_000;

/** A page as it was read; without microformats when it has none, or when reading them went over its limits. */
export type PageReading = Reading & { readonly microformats: Microformats | undefined };

export type Reader = {
  /** Reads a page in a thread of its own; `too-complex` when it outlived its limits or killed the thread. */
  readonly read: (task: ReadingTask) => Promise<PageReading | 'too-complex'>;
  /** Ends the threads at once; what is being read then rejects, for it has no verdict. */
  readonly close: () => Promise<void>;
};

export type ReaderLimits = { readonly readTimeoutMs: number; readonly treeTimeoutMs: number };

/**
 * Opens the pool of threads in which strangers' pages are read, and beside it the process in which trees are built of
 * those with microformats, so that no page can hold up or end the service, nor another's link.
 *
 * Limits: {@link readTimeoutMs} and {@link maxHeapMb} a page; {@link treeTimeoutMs} for its microformats.
 */
export function openReader(limits: ReaderLimits = { readTimeoutMs, treeTimeoutMs }): Reader {
  const scans = openScans(limits.readTimeoutMs);
  const trees = openTreeReader(limits.treeTimeoutMs);
  return {
    read: async (task) => {
      const reading = await scans.run(task);
      if (reading === 'too-complex') return reading;
      const found = reading.hasMicroformats ? await trees.read(task) : undefined;
      return { ...reading, microformats: found === 'too-complex' ? undefined : found };
    },
    close: async () => {
      trees.close();
      await scans.close();
    },
  };
}

type Scans = {
  readonly run: (task: ReadingTask) => Promise<Reading | 'too-complex'>;
  readonly close: () => Promise<void>;
};

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

function makePool(): Piscina {
  const pool = new Piscina({
    filename: new URL(`./read-worker.${extension}`, import.meta.url).href,
    name: 'read',
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: idleMs,
    resourceLimits: {
      maxOldGenerationSizeMb: maxHeapMb,
      maxYoungGenerationSizeMb: youngHeapMb,
      stackSizeMb: stackMb,
    },
  });
  // A thread that runs out of memory while it is being ended has no task left to tell; unheard, that ends the process.
  return pool.on('error', () => undefined);
}

function openScans(timeoutMs: number): Scans {
  // Made for the first page: threads that start would slow down the start of the service.
  let made: Piscina | undefined;
  let isOpen = true;
  /** Until when threads may be starting, and when one was last there: else they are known to be there. */
  let startingUntil = -Infinity;
  let readAt = -Infinity;
  const mayBeStarting = (now: number): boolean => now < startingUntil || now - readAt > idleMs / 2;
  const run = async (task: ReadingTask): Promise<Reading | 'too-complex'> => {
    if (!isOpen) throw new Error('the reader is closed');
    if (made === undefined) startingUntil = performance.now() + startWithinMs;
    const pool = (made ??= makePool());
    // Starting a thread takes its time, on a busy machine more than a page may: that is not the page's fault.
    if (mayBeStarting(performance.now())) await pool.run(undefined, { name: 'ready' });
    try {
      const reading = (await pool.run(task, { signal: AbortSignal.timeout(timeoutMs) })) as Reading;
      readAt = performance.now();
      return reading;
    } catch (error) {
      startingUntil = performance.now() + startWithinMs;
      if (isTooMuch(error)) return 'too-complex';
      throw error;
    }
  };
  // The clock of a page starts when a thread is free for it, not while it waits behind another.
  const whenFree = pLimit(threads);
  return {
    run: (task) => whenFree(run, task),
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
