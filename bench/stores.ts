import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseIn } from '../test/support/database.ts';
import { seed } from './seed.ts';

let shelf: string | undefined;
let isKept = false;

/** Keeps the stores in a folder between runs: to fill one with a million linkbacks takes minutes. */
export function keepStores(folder: string): void {
  shelf = folder;
  isKept = true;
}

/** The folder of a store with so many linkbacks, filled once a run; measurements add a little to it. */
export async function storeOf(count: number): Promise<string> {
  shelf ??= mkdtempSync(join(tmpdir(), 'linkbackd-bench-stores-'));
  const folder = join(shelf, String(count));
  if (existsSync(folder)) return folder;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const startedAt = performance.now();
  await seed({ file: databaseIn(part), count });
  console.error(`${count} linkbacks took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  renameSync(part, folder);
  return folder;
}

/** Removes what was filled, unless it is kept. */
export function clearStores(): void {
  if (shelf !== undefined && !isKept) rmSync(shelf, { recursive: true, force: true });
}

/** The sites whose pages the linkbacks of such a store are about. */
export const seededSites = 'blog=https://blog.example/, notes=https://notes.example/';
