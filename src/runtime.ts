/**
 * Lets the program go on only on a Node that can run it. Imported first by every door, for this effect alone.
 *
 * On an older Node the SQLite module ends the process with a segmentation fault, so nothing else may be evaluated
 * before this. Where a checkout has brought its own Node the program starts over on that one; everywhere else one
 * line says what is needed. Throwing is what keeps the imports after this one from being evaluated while the other
 * process runs; that the throw goes unseen is set up just before.
 *
 * Limits:  a process that is killed outright (SIGKILL) cannot tell the one it started; behind a service manager
 *          run the newer Node itself.
 */
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

/** The oldest Node that runs this program, as in package.json ("engines"). */
const FLOOR = '22.19';

const BROUGHT = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

/** Tells whether a version is at least the floor, by major and minor number. */
function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = FLOOR.split('.').map(Number);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}

/** Tells whether there is another Node beside the program than the one that is running. */
function hasBrought(): boolean {
  return existsSync(BROUGHT) && realpathSync(BROUGHT) !== realpathSync(process.execPath);
}

/** Writes one line on what is needed and how to get it, and ends the process. */
function refuse(): never {
  const needed = `linkbackd: needs Node ${FLOOR} or later, and this is ${process.versions.node}`;
  const cure = 'install a newer Node; on Linux, "npm start" brings its own as node_modules/.bin/node';
  process.stderr.write(`${needed}; ${cure}\n`);
  process.exit(1);
}

/** Lists the signals to hand on. A terminal sends its interrupt to both processes; handing it on would make two. */
function signalsToForward(): readonly NodeJS.Signals[] {
  return isatty(0) ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
}

/** Starts the same program on the brought Node, hands signals on to it, and ends as it ends. */
function startOver(): never {
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(BROUGHT, args, { stdio: 'inherit' });
  for (const signal of signalsToForward()) process.on(signal, () => child.kill(signal));
  if (isatty(0)) process.on('SIGINT', () => undefined);
  child.on('exit', (code, signal) => {
    endAs(code, signal);
  });
  child.on('error', refuse);
  process.on('uncaughtException', () => undefined);
  throw new Error('the program runs on another Node');
}

/** Ends this process the way the other one ended: with its exit code, or by the signal that ended it. */
function endAs(code: number | null, signal: NodeJS.Signals | null): void {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

if (!isNewEnough(process.versions.node)) {
  if (hasBrought()) startOver();
  refuse();
}
