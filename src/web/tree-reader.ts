import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { ReadingTask } from './document.ts';
import type { Microformats } from './microformats.ts';

/** Time that the tree of one page may cost, in milliseconds. */
export const treeTimeoutMs = 1000;
/** Memory that it may cost, in megabytes. */
const maxHeapMb = 128;
/** A page that has waited so long for its turn goes without, in milliseconds. */
const patienceMs = 5000;
/** How long the program may take to start on a busy machine; then the page goes without, in milliseconds. */
const startWithinMs = 10_000;
/** How long it stays when it has nothing to do, in milliseconds. */
const idleMs = 60_000;

/** What the program says. */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly microformats: Microformats | undefined }
  | { readonly kind: 'too-complex' }
  | { readonly kind: 'defect'; readonly detail: string };

export type TreeReader = {
  /** Reads a page's microformats; `too-complex` when its tree outlived its limits or ended the program. */
  readonly read: (task: ReadingTask) => Promise<Microformats | 'too-complex' | undefined>;
  /** Ends the program at once; what is being read then rejects. */
  readonly close: () => void;
};

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const program = fileURLToPath(new URL(`./tree-program.${extension}`, import.meta.url));

/**
 * Opens the reader of whole trees: a process of its own, started for the first page, for a heap that bursts ends the
 * process it is in, whatever thread it belongs to.
 *
 * Limits: one page at a time; {@link treeTimeoutMs} and {@link maxHeapMb} a page.
 */
export function openTreeReader(timeoutMs: number = treeTimeoutMs): TreeReader {
  let running: ChildProcess | undefined;
  let isOpen = true;
  const end = (): void => {
    running?.kill('SIGKILL');
    running = undefined;
  };
  const idle = setTimeout(end, idleMs).unref();

  const start = async (): Promise<ChildProcess | undefined> => {
    const child = (running = startProgram());
    child.once('exit', () => {
      if (running === child) running = undefined;
    });
    const told = await nextWord(child, startWithinMs);
    if (told?.kind === 'ready') return child;
    end();
    return undefined;
  };

  const read = async (
    task: ReadingTask,
    askedAt: number,
  ): Promise<Microformats | 'too-complex' | undefined> => {
    if (isOpen && performance.now() - askedAt > patienceMs) return 'too-complex';
    idle.refresh();
    const child = isOpen ? (running ?? (await start())) : undefined;
    const told = child === undefined ? undefined : await ask(child, task, timeoutMs);
    if (!isOpen) throw new Error('the reader is closed');
    if (told === undefined) end();
    if (told?.kind === 'defect') throw new Error(`reading microformats failed: ${told.detail}`);
    return told?.kind === 'read' ? told.microformats : 'too-complex';
  };

  // The clock of a page starts when it has its turn.
  const whenFree = pLimit(1);
  return {
    read: (task) => whenFree(read, task, performance.now()),
    close: () => {
      isOpen = false;
      clearTimeout(idle);
      end();
    },
  };
}

/** It is given nothing of what this process knows: neither its settings nor its files. */
function startProgram(): ChildProcess {
  const child = fork(program, {
    env: {},
    execArgv: [`--max-old-space-size=${maxHeapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // Heard as its end.
  child.on('error', () => undefined);
  // It keeps nobody from stopping: whoever waits for its word has a timer.
  child.unref();
  child.channel?.unref();
  return child;
}

function ask(child: ChildProcess, task: ReadingTask, timeoutMs: number): Promise<Told | undefined> {
  const told = nextWord(child, timeoutMs);
  child.send(task, () => undefined);
  return told;
}

/** What it says next; undefined when it ends or is silent instead. */
async function nextWord(child: ChildProcess, withinMs: number): Promise<Told | undefined> {
  const word = Promise.withResolvers<Told | undefined>();
  const hear = (told: unknown): void => word.resolve(told as Told);
  const giveUp = (): void => word.resolve(undefined);
  const timer = setTimeout(giveUp, withinMs);
  child.once('message', hear).once('exit', giveUp).once('error', giveUp);
  try {
    return await word.promise;
  } finally {
    clearTimeout(timer);
    child.off('message', hear).off('exit', giveUp).off('error', giveUp);
  }
}
