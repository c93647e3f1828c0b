import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { makeDatabase } from './postgres-store.ts';
import { waitUntil } from './wait.ts';

const builtMain = new URL('../../dist/main.js', import.meta.url).pathname;
/** What `npm start` tells Node. */
export const nodeOptions: readonly string[] = startOptions();

function startOptions(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

export type ServiceOptions = {
  /** Over the defaults for tests: a free port, a database of its own, loopback may be fetched, no rate limits. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder to keep between runs; else each run has its own, removed when it stops. */
  readonly folder?: string;
  /** The folder to start in: its `.env` is read. */
  readonly cwd?: string;
  /** A command, with its arguments, that becomes the program given after them. */
  readonly through?: readonly string[];
  /** Another copy of the built program. */
  readonly main?: string;
  /** What the program is called with. */
  readonly args?: readonly string[];
};

/** A running linkbackd: the built program, in a process of its own, on real sockets and a real database file. */
export type Service = {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
  readonly pid: number;
  /** Calls `pingback.ping` and gives the answer's text: the success string, or `fault CODE: TEXT`. */
  readonly ping: (source: string, target: string, path?: string) => Promise<string>;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  /** A call of the owner's API, with the admin token. */
  readonly api: (method: string, path: string, body?: unknown) => Promise<Response>;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  /** Sends a signal and resolves with the exit code, or the signal's name, when the process has ended. */
  readonly end: (signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT') => Promise<number | string>;
  /** Ends it if it still runs, and removes its folder. */
  readonly close: () => Promise<void>;
};

/** What a service says when it is ready: where it listens, or that it only works. */
const readiness = /listens at (\S+?)\/?\n|^(linkbackd works)/u;

export const adminToken = 'a-token-for-tests-only';

/** Starts the built program and resolves when it listens; rejects with what it said when it does not start. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
  const env = { ...defaults(folder), ...(await databaseOf(folder)), ...options.env };
  const child = spawnService(env, options);
  const exit = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
    });
  });
  const output = collect(child);
  const url = await Promise.race([
    // One that only works has no address.
    waitUntil(() => readiness.exec(output().stdout)?.slice(1).join(''), {
      what: 'the service listens',
      timeoutMs: 20_000,
    }),
    exit.then((code): never => {
      throw new Error(`the service ended with ${code}: ${output().stderr}`);
    }),
  ]).catch((error: unknown): never => {
    // One that is late would go on by itself.
    child.kill('SIGKILL');
    throw error;
  });
  const token = options.env?.['ADMIN_TOKEN'] ?? adminToken;
  return {
    url,
    token,
    folder,
    pid: child.pid ?? 0,
    output,
    ping: (source, target, path = '/pingback') => ping(`${url}${path}`, source, target),
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers, redirect: 'manual' }),
    api: (method, path, body) => callApi(`${url}${path}`, token, method, body),
    end: (signal) => {
      child.kill(signal);
      return exit;
    },
    close: async () => {
      child.kill('SIGKILL');
      await exit;
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type RunOptions = {
  /** The folder to start in: its `.env` is read. */
  readonly cwd?: string;
  /** A command, with its arguments, that becomes the program given after them. */
  readonly through?: readonly string[];
  /** Another copy of the built program. */
  readonly main?: string;
  /** What the program is called with. */
  readonly args?: readonly string[];
};

/** Runs the built program until it ends by itself, killed when it serves instead: for starts that must fail. */
export async function runToEnd(
  env: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<{ readonly code: number | string; readonly stdout: string; readonly stderr: string }> {
  const child = spawnService(env, options);
  const output = collect(child, (text) => {
    if (text.includes('listens at')) child.kill('SIGKILL');
  });
  const code = await new Promise<number | string>((resolve) => {
    child.on('close', (exitCode, signal) => {
      resolve(exitCode ?? signal ?? 'unknown');
    });
  });
  return { code, ...output() };
}

/** Where a service under test keeps everything, when it is not on SQLite: a database for each folder. */
export async function databaseOf(folder: string): Promise<{ readonly DATABASE_URL?: string }> {
  if (process.env['TEST_ENGINE'] !== 'postgres') return {};
  const url = databases.get(folder) ?? makeDatabase();
  databases.set(folder, url);
  return { DATABASE_URL: await url };
}

const databases = new Map<string, Promise<string>>();

/** The settings of a service under test, apart from what a test says itself. */
export function defaults(folder: string): Record<string, string> {
  return {
    PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, 'linkbackd.db')}`,
    ADMIN_TOKEN: adminToken,
    ALLOW_PRIVATE_NETWORK: '127.0.0.0/8',
    LIMITS: 'off',
    // Everything comes from one host here, and at once: what is made of that is its own tests' matter.
    HOLD_AT_SCORE: '1000',
    SPAM_AT_SCORE: '1000',
  };
}

/** Starts the built program, and nothing else: it may still fail. */
export function spawnService(
  env: Readonly<Record<string, string>>,
  { cwd = tmpdir(), through = [], main = builtMain, args: given = [] }: RunOptions,
): ChildProcessByStdio<null, Readable, Readable> {
  const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env;
  const [command = process.execPath, ...args] = [
    ...through,
    process.execPath,
    ...nodeOptions,
    main,
    ...given,
  ];
  // Run elsewhere than in the checkout, so that nobody's .env is read.
  return spawn(command, args, {
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
}

function collect(
  child: ChildProcessByStdio<null, Readable, Readable>,
  onStdout: (text: string) => void = () => undefined,
) {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onStdout(stdout);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return () => ({ stdout, stderr });
}

/** A call of the owner's API. */
export async function callApi(url: string, token: string, method: string, body: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  if (body === undefined) return fetch(url, { method, headers });
  return fetch(url, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function ping(endpoint: string, source: string, target: string): Promise<string> {
  const values = [source, target].map(
    (url) => `<param><value><string>${escaped(url)}</string></value></param>`,
  );
  const body = `<?xml version="1.0"?><methodCall><methodName>pingback.ping</methodName><params>${values.join('')}</params></methodCall>`;
  const response = await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'text/xml' }, body });
  return answerText(await response.text());
}

/** The text of an XML-RPC answer: the one string, or `fault CODE: TEXT`. */
export function answerText(xml: string): string {
  const text = /<string>([\s\S]*?)<\/string>/u.exec(xml)?.[1] ?? xml;
  const code = /<int>(-?\d+)<\/int>/u.exec(xml)?.[1];
  return xml.includes('<fault>') ? `fault ${code ?? '?'}: ${text}` : text;
}

function escaped(text: string): string {
  return text.replace(/&/gu, '&amp;').replace(/</gu, '&lt;');
}
