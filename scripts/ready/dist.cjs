'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/** What dist/ is made from. */
const SOURCES = ['src', 'migrations', 'tsconfig.json', 'tsconfig.browser.json', 'scripts/build.mjs'];

/** The last file that a build writes: the hash of the sources it was made from. */
const STAMP = path.join('dist', '.built-from');

/** Lists a file, or every file below a folder, in an order that does not depend on the file system. */
function filesBelow(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isDirectory()) return [file];
  return fs
    .readdirSync(file)
    .sort()
    .flatMap((name) => filesBelow(path.join(file, name)));
}

/**
 * Gives one hash over the names and contents of everything that dist/ is made from.
 *
 * Contents, not times: a checkout, a copy or a clock may set any time.
 */
function hashSources(root) {
  const hash = crypto.createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesBelow(path.join(root, source)))) {
    const bytes = fs.readFileSync(file);
    hash.update(`${path.relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** Tells whether the sources have changed since dist/ was built, or it never was, or not to the end. */
function isStale(root) {
  try {
    return fs.readFileSync(path.join(root, STAMP), 'utf8') !== hashSources(root);
  } catch {
    return true;
  }
}

/** Tells whether there is a program to start, stale or not. */
function isThere(root) {
  return fs.existsSync(path.join(root, 'dist', 'main.js'));
}

/** Tells whether the sources are here at all; a packed release has none. */
function hasSources(root) {
  return fs.existsSync(path.join(root, 'src'));
}

module.exports = { STAMP, filesBelow, hasSources, hashSources, isStale, isThere };
