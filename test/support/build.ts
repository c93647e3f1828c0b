import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));

/**
 * Builds dist/ once before the tests, unless it is made from these very sources.
 *
 * Tests of the whole program start what is built, the way an owner does. Type errors do not stop the others:
 * the code runs without its types, and `npm test` has refused them already.
 */
export function setup(): void {
  const { status } = spawnSync(process.execPath, [BUILD, '--if-stale'], { stdio: 'inherit' });
  if (status !== 0) console.warn('The build found faults (above); the tests run all the same.');
}
