/**
 * Builds dist/ from src/: TypeScript compiled, browser code bundled, everything else (styles, pages) copied beside it.
 *
 *   node scripts/build.mjs              builds
 *   node scripts/build.mjs --if-stale   builds unless dist/ was made from these very sources
 *
 * The build happens in a folder of its own which then takes dist/'s place, so nothing of an earlier build stays
 * and a running service finds whole files. The stamp is written last of all: a build that was interrupted, or
 * that the compiler found fault with, is never taken for a finished one. Code with type errors is put in place all
 * the same, since the tests of what is not broken want to run; the exit code tells.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { STAMP, filesBelow, hashSources, isStale } from './ready/dist.cjs';
import { run } from './ready/run.cjs';
import { NotReady, say } from './ready/say.cjs';
import { inTurn } from './ready/turn.cjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BUILDING = '.dist-';

/**
 * Scripts for browsers, each bundled into one file: where it begins below src/, where it goes below dist/.
 *
 * An `iife` runs as a plain script and as a module alike, wherever a blog's theme puts it.
 */
const BUNDLES = [
  { entry: 'display/widget/widget.ts', file: 'display/widget.js', format: 'iife' },
  { entry: 'moderation/page/main.tsx', file: 'moderation/page/main.js', format: 'esm' },
];
/** What every browser of the last two years reads. */
const TARGET = 'es2023';

/** Runs the compiler and tells whether it was content. Its words go to stderr. */
async function tsc(...args) {
  const bin = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  return (await run(process.execPath, [bin, ...args], { cwd: ROOT, stdio: [0, 2, 2] })) === 0;
}

/** Compiles what Node runs, and checks what browsers run, each with the types of its own world. */
async function compile(into) {
  const checks = [tsc('-p', join(ROOT, 'src'), '--outDir', into)];
  if (bundles().length > 0) checks.push(tsc('--noEmit', '-p', join(ROOT, 'tsconfig.browser.json')));
  return (await Promise.all(checks)).every(Boolean);
}

function bundles() {
  return BUNDLES.filter(({ entry }) => existsSync(join(ROOT, 'src', entry)));
}

/** Bundles the browsers' scripts and tells whether all came out. The bundler is asked for only when there are some. */
async function bundle(into) {
  let isClean = true;
  for (const { entry, file, format } of bundles()) {
    const { build } = await import('rolldown');
    try {
      await build({
        input: join(ROOT, 'src', entry),
        tsconfig: false,
        transform: { target: TARGET, jsx: { runtime: 'automatic', importSource: 'preact' } },
        output: { file: join(into, file), format, minify: true },
        logLevel: 'warn',
      });
    } catch (error) {
      isClean = false;
      say(`${entry} cannot be bundled: ${error.message}`);
    }
  }
  return isClean;
}

/** Copies what the compiler leaves alone. */
function copyTheRest(into) {
  const src = join(ROOT, 'src');
  for (const file of filesBelow(src)) {
    if (/\.tsx?$/u.test(file) || file.endsWith('tsconfig.json')) continue;
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
  const isClean = (await Promise.all([compile(into), bundle(into)])).every(Boolean);
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
