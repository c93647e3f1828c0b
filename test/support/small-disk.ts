import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder a disk of its own, of so many kibibytes of memory, and gives what takes it away again. */
export function mountSmallDisk(folder: string, kibibytes: number): () => void {
  run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=700`, 'linkbackd-test', folder);
  return () => {
    run('umount', folder);
  };
}

/** Whether this user may mount no disk here; said aloud once, where it is asked. */
export const smallDisksAreMissing: boolean = areMissing();

function areMissing(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
  try {
    mountSmallDisk(folder, 64)();
    return false;
  } catch (error) {
    console.warn(`SKIPPED: no small disk can be mounted here (only root may): ${String(error)}`);
    return true;
  } finally {
    rmdirSync(folder);
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr.toString().trim()}`);
}
