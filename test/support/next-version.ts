import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../../', import.meta.url).pathname;

/**
 * Makes a copy of the built program that is newer by one step of the schema, and gives the path of what to run.
 *
 * `folder` is made; `step` is the name of the step's file, and `statements` what is in it.
 */
export function buildNextVersion(folder: string, step: string, statements: string): string {
  mkdirSync(folder);
  for (const part of ['dist', 'migrations'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'migrations', step), statements);
  return join(folder, 'dist', 'main.js');
}
