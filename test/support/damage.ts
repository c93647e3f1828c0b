import { closeSync, openSync, writeSync } from 'node:fs';

/** Overwrites bytes in the middle of a file. */
export function damage(file: string, at: number, bytes: Uint8Array): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}
