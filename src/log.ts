import { fstatSync, write, writeSync } from 'node:fs';

/** Log lines that wait to be written take this much memory at most, in bytes; what is more is dropped and counted. */
export const maxWaitingBytes: number = 1024 * 1024;

/** How much is written at once, in bytes. */
const maxChunkBytes = 64 * 1024;

/** How long a place that takes nothing, a full disk for one, is left alone before it is tried again, in milliseconds. */
const tryAgainMs = 1000;

/** Where log lines go. */
export type Log = {
  /** Takes a line, with its end, and never waits. */
  readonly write: (line: string) => void;
  /** Resolves with true when all is written, or with false after `withinMs`. */
  readonly written: (withinMs: number) => Promise<boolean>;
  /** Gives up the lines that nobody has begun to write: for the last moment of a process. */
  readonly takeRest: () => Buffer;
};

/** Writes some bytes, and tells how many were taken; where nobody takes them it may never call back. */
export type WriteOut = (bytes: Buffer, done: Went) => void;
type Went = (error: Error | null | undefined, taken: number) => void;

/**
 * Makes a log that never holds up the service: a reader that does not read, or a full disk, costs log lines only.
 *
 * Limits: {@link maxWaitingBytes} wait; lines beyond that are dropped, and where they are missing a line says how many.
 */
export function makeLog(writeOut: WriteOut, now: () => number): Log {
  const lines: Buffer[] = [];
  let inHand: Buffer = Buffer.alloc(0);
  let waitingBytes = 0;
  let dropped = 0;
  let isWriting = false;
  const whenWritten: (() => void)[] = [];

  const push = (line: string): void => {
    const bytes = Buffer.from(line);
    lines.push(bytes);
    waitingBytes += bytes.length;
  };

  const tellOfDropped = (): void => {
    if (dropped > 0) push(droppedLine(dropped, now()));
    dropped = 0;
  };

  const takeChunk = (): Buffer => {
    let bytes = 0;
    const end = lines.findIndex((line) => (bytes += line.length) > maxChunkBytes);
    return Buffer.concat(lines.splice(0, end === -1 ? lines.length : Math.max(end, 1)));
  };

  const next = (): void => {
    if (lines.length === 0) tellOfDropped();
    if (inHand.length === 0) inHand = takeChunk();
    isWriting = inHand.length > 0;
    if (isWriting) writeOut(inHand, goOn);
    else for (const tell of whenWritten.splice(0)) tell();
  };

  const goOn: Went = (error, taken) => {
    inHand = inHand.subarray(taken);
    waitingBytes -= taken;
    if (error instanceof Error) setTimeout(next, tryAgainMs).unref();
    else next();
  };

  return {
    write: (line) => {
      if (waitingBytes >= maxWaitingBytes) {
        dropped += 1;
        return;
      }
      tellOfDropped();
      push(line);
      if (!isWriting) next();
    },
    written: (withinMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs, false);
        whenWritten.push(() => {
          clearTimeout(timer);
          resolve(true);
        });
        if (!isWriting) next();
      }),
    takeRest: () => {
      tellOfDropped();
      return Buffer.concat(lines.splice(0));
    },
  };
}

function droppedLine(dropped: number, time: number): string {
  const msg = 'log lines were dropped: nobody took them';
  return `${JSON.stringify({ level: 40, time, dropped, msg })}\n`;
}

/**
 * Makes the log on standard error.
 *
 * Writing to a pipe that nobody reads holds the thread that does it, even beyond the end of the process; so pipes and
 * sockets are left to Node's own stream, which the system tells when there is room.
 */
export function logToStandardError(): Log {
  const kind = fstatSync(2);
  const isStream = kind.isFIFO() || kind.isSocket();
  // A reader that goes away is told of with each line, and once more like this.
  if (isStream) process.stderr.on('error', () => undefined);
  const log = makeLog(isStream ? writeToStream : writeToFile, Date.now);
  process.once('exit', () => {
    writeLast(log.takeRest());
  });
  return log;
}

const writeToStream: WriteOut = (bytes, done) => {
  process.stderr.write(bytes, (error) => {
    done(error, error instanceof Error ? 0 : bytes.length);
  });
};

const writeToFile: WriteOut = (bytes, done) => {
  write(2, bytes, done);
};

/** Without an event loop there is one try left; by now pipes refuse at once what they have no room for. */
function writeLast(bytes: Buffer): void {
  try {
    if (bytes.length > 0) writeSync(2, bytes);
  } catch {
    // Nobody takes it, and nobody is left to tell.
  }
}
