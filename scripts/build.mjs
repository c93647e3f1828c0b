/**
 * Builds dist/ from src/: TypeScript compiled, everything else (browser code, templates) copied beside it.
 *
 *   node scripts/build.mjs              builds
 *   node scripts/build.mjs --if-stale   builds unless dist/ was made from these very sources
 *
 * The build happens in a folder of its own which then takes dist/'s place, so nothing of an earlier build stays
 * and a running service finds whole files. The stamp is written last of all: a build that was interrupted, or
 * that the compiler found fault with, is never taken for a finished one. Code with type errors is put in place all
 * the same, since the tests of what is not broken want to run; the exit code tells.
 */
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { STAMP, filesBelow, hashSources, isStale } from './ready/dist.cjs';
import { run } from './ready/run.cjs';
import { NotReady, say } from './ready/say.cjs';
import { inTurn } from './ready/turn.cjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BUILDING = '.dist-';

/** Compiles src/ into a folder and tells whether the compiler was content. Its words go to stderr. */
async function compile(into) {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', join(ROOT, 'src'), '--outDir', into];
  return (await run(process.execPath, args, { cwd: ROOT, stdio: [0, 2, 2] })) === 0;
}

/** Copies what the compiler leaves alone. */
function copyTheRest(into) {
  const src = join(ROOT, 'src');
  for (const file of filesBelow(src)) {
    if (file.endsWith('.ts') || file.endsWith('tsconfig.json')) continue;
    const copy = join(into, relative(src, file));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
  }
}

/** Removes what interrupted builds left behind. */
function sweep() {
  for (const name of readdirSync(ROOT)) {
    if (name.startsWith(BUILDING)) rmSync(join(ROOT, name), { recursive: true, force: true });
  }
}

/** Puts the finished folder in dist/'s place. */
function swap(built) {
  const dist = join(ROOT, 'dist');
  rmSync(join(ROOT, STAMP), { force: true });
  const old = join(ROOT, `${BUILDING}old`);
  try {
    renameSync(dist, old);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  renameSync(built, dist);
  rmSync(old, { recursive: true, force: true });
}

/** Builds, and tells whether dist/ is now a finished build. The hash is taken first: what changes meanwhile is newer. */
async function build() {
  say('building dist/');
  sweep();
  const hash = hashSources(ROOT);
  const into = join(ROOT, `${BUILDING}new`);
  mkdirSync(into);
  const isClean = await compile(into);
  copyTheRest(into);
  swap(into);
  if (isClean) writeFileSync(join(ROOT, STAMP), hash);
  return isClean;
}

try {
  const isWanted = () => !process.argv.includes('--if-stale') || isStale(ROOT);
  const isDone = await inTurn(ROOT, () => !isWanted() || build());
  process.exitCode = isDone ? 0 : 1;
} catch (error) {
  if (!(error instanceof NotReady)) throw error;
  say(error.message);
  process.exitCode = 1;
}
