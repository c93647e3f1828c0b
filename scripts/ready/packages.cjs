'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { run } = require('./run.cjs');
const { NotReady, say } = require('./say.cjs');

/** Reads the packages of a lock file by their folder; undefined when there is no such file or it is no JSON. */
function readLock(...parts) {
  try {
    return JSON.parse(fs.readFileSync(path.join(...parts), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Tells whether a locked package must be there on every machine: it is not optional, linked or one platform's. */
function isRequired(entry, withDev) {
  if (entry.link || entry.optional || entry.devOptional || entry.os || entry.cpu || entry.libc) return false;
  return withDev || !entry.dev;
}

/**
 * Lists what the lock wants and the folder does not have, as "name@version".
 *
 * Versions are compared, not times: a `git checkout` touches the lock file without changing what it wants.
 */
function compareLocks(wanted, installed, withDev) {
  return Object.entries(wanted)
    .filter(([folder, entry]) => folder !== '' && isRequired(entry, withDev))
    .filter(([folder, entry]) => installed[folder]?.version !== entry.version)
    .map(([folder, entry]) => `${folder.replace(/^.*node_modules\//, '')}@${entry.version}`);
}

/** Lists the missing packages of a checkout; none where there is no lock file to keep to (a packed release). */
function missing(root, withDev) {
  const wanted = readLock(root, 'package-lock.json') ?? {};
  return compareLocks(wanted, installed(root), withDev);
}

/** Gives what npm says it has installed; it writes this file last, so half an installation counts as none. */
function installed(root) {
  return readLock(root, 'node_modules', '.package-lock.json') ?? {};
}

/** Tells whether the folder was installed with dev packages. */
function hasDevPackages(root) {
  return Object.values(installed(root)).some((entry) => entry.dev);
}

/** Tells whether the TypeScript compiler is there. */
function hasCompiler(root) {
  return fs.existsSync(path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'));
}

/** Gives the program and first arguments that run npm: the very npm that runs us, where one does. */
function npmCommand() {
  const cli = process.env.npm_execpath ?? '';
  if (path.basename(cli) === 'npm-cli.js' && fs.existsSync(cli)) return [process.execPath, cli];
  return ['npm'];
}

/** Runs npm in the folder and gives its exit status. Windows finds npm (a .cmd file) through its shell only; no argument needs quoting. */
function npm(root, args, options) {
  const [program, ...first] = npmCommand();
  const shell = process.platform === 'win32' && program === 'npm';
  return run(program, [...first, ...args], { cwd: root, shell, ...options });
}

/** Installs exactly what is locked. Warnings are left out: on an older Node there are dozens, cured by what follows. */
async function install(root, missingPackages, withDev) {
  const some = missingPackages.slice(0, 3).join(', ');
  const more = missingPackages.length > 3 ? ` and ${missingPackages.length - 3} more` : '';
  say(`installing packages (npm ci): ${some}${more}`);
  const which = withDev ? '--include=dev' : '--omit=dev';
  const status = await npm(root, ['ci', which, '--loglevel=error'], { stdio: [0, 2, 2] });
  if (status !== 0) throw new NotReady('npm ci failed; what is wrong stands above');
}

module.exports = { compareLocks, hasCompiler, hasDevPackages, install, missing, npm };
