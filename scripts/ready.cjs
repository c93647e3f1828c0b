'use strict';

/**
 * Makes a checkout ready to run: packages installed, a Node that is new enough, dist/ up to date.
 *
 *   node scripts/ready.cjs           packages and runtime
 *   node scripts/ready.cjs start     the same, and dist/ built; content with a shipped dist/ and no dev packages
 *   node scripts/ready.cjs build     the same, and dist/ built
 *   node scripts/ready.cjs prepare   the runtime only, and never an error: npm itself is installing
 *
 * It stands before every npm script as its "pre" script, because a shell remembers where it found `node`: only
 * the next one finds the Node that was brought here. It is plain CommonJS without dependencies since it runs
 * first of all, on whatever Node the machine has (18 or later). What is ready already costs one short look.
 *
 * Everything it says goes to stderr, so that `npm run -s linkbackd -- list --json` stays JSON.
 */

const path = require('node:path');

const dist = require('./ready/dist.cjs');
const packages = require('./ready/packages.cjs');
const { run } = require('./ready/run.cjs');
const runtime = require('./ready/runtime.cjs');
const { NotReady, say } = require('./ready/say.cjs');
const { inTurn } = require('./ready/turn.cjs');

const ROOT = path.dirname(__dirname);
const MODES = ['', 'start', 'build', 'prepare'];

/** Installs the locked packages unless they are there; a second process waits for the first and looks again. */
async function readyPackages(mode) {
  const withDev = !(mode === 'start' && dist.isThere(ROOT) && !packages.hasDevPackages(ROOT));
  if (packages.missing(ROOT, withDev).length === 0) return;
  await inTurn(ROOT, async () => {
    const missing = packages.missing(ROOT, withDev);
    if (missing.length > 0) await packages.install(ROOT, missing, withDev);
  });
}

/** Builds dist/ when the sources have changed since; a shipped dist/ without a compiler is used as it is. */
async function readyDist(mode) {
  if (!dist.isStale(ROOT)) return;
  if (!packages.hasCompiler(ROOT)) {
    if (mode !== 'start' || !dist.isThere(ROOT))
      throw new NotReady('the compiler is missing: run `npm ci --include=dev`');
    if (dist.hasSources(ROOT))
      say('dist/ is not built from these sources, and there is no compiler; starting it as it is');
    return;
  }
  const node = runtime.nodeFor(ROOT);
  const status = await run(node, [path.join(ROOT, 'scripts', 'build.mjs'), '--if-stale'], {
    stdio: [0, 2, 2],
  });
  if (status !== 0) throw new NotReady('the build failed; what is wrong stands above');
}

/** Does what the mode asks for, in the only order that works: packages, then the runtime, then the build. */
async function makeReady(mode) {
  if (!MODES.includes(mode)) throw new NotReady(`"${mode}" is none of: ${MODES.filter(Boolean).join(', ')}`);
  if (mode !== 'prepare') await readyPackages(mode);
  await runtime.ready(ROOT);
  if (mode === 'start' || mode === 'build') await readyDist(mode);
}

async function main(mode) {
  try {
    await makeReady(mode);
  } catch (error) {
    say(error instanceof NotReady ? error.message : error.stack);
    if (mode !== 'prepare') process.exitCode = 1;
  }
}

if (require.main === module) main(process.argv[2] ?? '');
