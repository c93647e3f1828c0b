import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { TellOfStore } from './engine.ts';

/** A write-ahead log of this size is told of, in bytes; as long as nobody hinders it, it stays below a tenth of that. */
export const walWarnBytes: number = 64 * 1024 * 1024;

/** How often a log that is too large is tried to be emptied, in milliseconds. */
const emptyEveryMs = 1000;

/**
 * Makes what is to be called after each commit: it watches the write-ahead log, and empties it where it can.
 *
 * The log grows for as long as somebody reads the database as it was a while ago: a backup that hangs, a forgotten
 * shell. SQLite itself empties it in passing, but leaves its file as large as it once was.
 */
export function watchWal(
  writer: Database.Database,
  file: string,
  warnBytes: number,
  tell: TellOfStore,
): () => void {
  // What stays of the file when SQLite begins it anew.
  writer.pragma(`journal_size_limit = ${Math.floor(warnBytes / 4)}`);
  let nextWarning = warnBytes;
  let triedAt = -Infinity;
  return () => {
    let bytes = sizeOf(`${file}-wal`);
    if (bytes >= warnBytes && performance.now() - triedAt >= emptyEveryMs) {
      triedAt = performance.now();
      emptyWal(writer);
      bytes = sizeOf(`${file}-wal`);
    }
    if (bytes >= nextWarning) {
      tell({ kind: 'log-grows', bytes });
      nextWarning = bytes * 2;
    } else if (bytes < warnBytes && nextWarning > warnBytes) {
      tell({ kind: 'log-is-small-again', bytes });
      nextWarning = warnBytes;
    }
  };
}

/** Copies the log to the database and makes it empty; on a full disk, or while somebody reads it, it stays. */
export function emptyWal(writer: Database.Database): void {
  try {
    writer.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
