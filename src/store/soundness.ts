import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';

/** A database of at most so many bytes is read as a whole before it is served: a moment's work. */
export const checkedAtOnceBytes: number = 64 * 1024 * 1024;
/** How long after the start the others are begun to be read, in milliseconds. */
const checkAfterMs = 2000;

/** Beside a database that was found damaged, until it was read as a whole and is sound: a copy from a backup, say. */
const markOf = (file: string): string => `${file}.damaged`;

/**
 * Reads a database before it is served, and gives what is wrong with it; undefined when nothing was found.
 *
 * To read all of it takes as long as it is large, and nobody is served meanwhile. So a large one is read as a whole only
 * once it was found damaged; else {@link checkWhileServing} reads it.
 */
export function findFault(database: Database.Database, file: string): string | undefined {
  const isMarked = existsSync(markOf(file));
  if (!isMarked && statSync(file).size > checkedAtOnceBytes) return undefined;
  const found = String(database.pragma('quick_check(1)', { simple: true }));
  if (found !== 'ok') return found;
  if (isMarked) rmSync(markOf(file), { force: true });
  return undefined;
}

/** Has the next start read all of a database before it serves it. */
export function markDamaged(file: string): void {
  try {
    closeSync(openSync(markOf(file), 'a', 0o600));
  } catch {
    // On a disk that takes nothing any more, the next start finds it out as this one did.
  }
}

/**
 * Reads a large database in a process of its own while it is served, and tells what is wrong with it.
 *
 * Gives what ends it.
 */
export function checkWhileServing(
  file: string,
  tell: (fault: string) => void,
  atOnceBytes: number = checkedAtOnceBytes,
): () => void {
  if (statSync(file).size <= atOnceBytes) return () => undefined;
  let end = (): void => undefined;
  const begin = setTimeout(() => {
    end = startChecking(file, tell);
  }, checkAfterMs).unref();
  return () => {
    clearTimeout(begin);
    end();
  };
}

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const program = fileURLToPath(new URL(`./soundness-program.${extension}`, import.meta.url));

function startChecking(file: string, tell: (fault: string) => void): () => void {
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  // A machine that has no room for another process may have it at the next start.
  child.on('error', () => undefined);
  child.on('close', (code) => {
    if (code === 0 && said !== '') tell(said);
  });
  child.unref();
  return () => void child.kill('SIGKILL');
}
