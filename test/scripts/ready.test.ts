import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const load = createRequire(import.meta.url);

type Lock = Readonly<
  Record<string, { version?: string; dev?: true; optional?: true; os?: readonly string[] }>
>;

const { compareLocks } = load('../../scripts/ready/packages.cjs') as {
  compareLocks: (wanted: Lock, installed: Lock, withDev: boolean) => readonly string[];
};
const { compareVersions, floorOf, isNeeded } = load('../../scripts/ready/runtime.cjs') as {
  compareVersions: (a: string, b: string) => number;
  floorOf: (root: string) => string;
  isNeeded: (root: string, running: string) => boolean;
};
const { STAMP, hashSources, isStale } = load('../../scripts/ready/dist.cjs') as {
  STAMP: string;
  hashSources: (root: string) => string;
  isStale: (root: string) => boolean;
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linkbackd-ready-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the packages', () => {
  const wanted: Lock = {
    '': { version: '0.1.0' },
    'node_modules/fastify': { version: '5.0.0' },
    'node_modules/a/node_modules/@scope/b': { version: '1.0.0' },
    'node_modules/vitest': { version: '5.1.1', dev: true },
    'node_modules/fsevents': { version: '2.3.3', optional: true },
    'node_modules/for-another-system': { version: '1.0.0', os: ['darwin'] },
  };

  test('are complete when every required one has the locked version', () => {
    expect(compareLocks(wanted, wanted, true)).toEqual([]);
  });

  test('that are absent or of another version are named', () => {
    const installed: Lock = {
      'node_modules/fastify': { version: '4.9.0' },
      'node_modules/vitest': { version: '5.1.1' },
    };
    expect(compareLocks(wanted, installed, true)).toEqual(['fastify@5.0.0', '@scope/b@1.0.0']);
  });

  test('for development do not count where they are not asked for', () => {
    const { 'node_modules/vitest': _vitest, ...installed } = wanted;
    expect(compareLocks(wanted, installed, false)).toEqual([]);
    expect(compareLocks(wanted, installed, true)).toEqual(['vitest@5.1.1']);
  });
});

describe('the runtime', () => {
  test.each([
    ['22.19', '22.19.0', 0],
    ['20.20.2', '22.19', -1],
    ['22.9.0', '22.19', -1],
    ['22.19.1', '22.19', 1],
    ['24.0.0', '22.19', 1],
    ['100.0.0', '22.19', 1],
  ])('orders %s and %s by their numbers', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  test.each([
    ['20.20.2', true],
    ['22.18.0', true],
    ['22.19.0', false],
    ['26.1.0', false],
  ])('on %s: is one needed? %s', (running, needed) => {
    writeFileSync(join(folder, 'package.json'), '{ "engines": { "node": ">=22.19" } }');
    expect(isNeeded(folder, running)).toBe(needed);
  });

  test('has the same floor in package.json and in the program', () => {
    const inProgram = /FLOOR = '([\d.]+)'/.exec(readFileSync(join(ROOT, 'src', 'runtime.ts'), 'utf8'))?.[1];
    expect(inProgram).toBe(floorOf(ROOT));
  });

  test('is new enough in this very process', () => {
    expect(compareVersions(process.versions.node, floorOf(ROOT))).toBeGreaterThanOrEqual(0);
  });
});

describe('dist/', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'src', 'web'), { recursive: true });
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'src', 'web', 'fetch.ts'), 'export {};');
    writeFileSync(join(folder, STAMP), hashSources(folder));
  });

  test('is fresh when the stamp is of these sources, whatever their times', () => {
    utimesSync(join(folder, 'src', 'web', 'fetch.ts'), new Date(), new Date(Date.now() + 3_600_000));
    expect(isStale(folder)).toBe(false);
  });

  test('is stale without a stamp, as an interrupted build leaves it', () => {
    rmSync(join(folder, STAMP));
    expect(isStale(folder)).toBe(true);
  });

  test.each([
    ['changed', 'src/web/fetch.ts', 'export const a = 1;'],
    ['added', 'src/web/address.ts', 'export {};'],
    ['added to the migrations', 'migrations/0001_start.sql', 'select 1;'],
  ])('is stale when a file was %s', (_how, file, text) => {
    mkdirSync(join(folder, 'migrations'));
    writeFileSync(join(folder, file), text);
    expect(isStale(folder)).toBe(true);
  });

  test('is stale when a file was renamed or removed', () => {
    cpSync(join(folder, 'src', 'web', 'fetch.ts'), join(folder, 'src', 'web', 'read.ts'));
    rmSync(join(folder, 'src', 'web', 'fetch.ts'));
    expect(isStale(folder)).toBe(true);
    rmSync(join(folder, 'src', 'web', 'read.ts'));
    expect(isStale(folder)).toBe(true);
  });
});

describe('two processes at once', () => {
  const TURN = join(ROOT, 'scripts', 'ready', 'turn.cjs');
  const WORK = `
    const fs = require('node:fs');
    void require(process.argv[1]).inTurn(process.argv[2], () => {
      const before = Number(fs.readFileSync('count', 'utf8'));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      fs.writeFileSync('count', String(before + 1));
    });`;

  test('work one after the other, also after one that died at it', async () => {
    const dead = spawnSync(process.execPath, ['--eval', '']).pid;
    writeFileSync(join(folder, '.ready.lock'), String(dead));
    writeFileSync(join(folder, 'count'), '0');
    const work = async (): Promise<unknown> =>
      promisify(execFile)(process.execPath, ['--eval', WORK, TURN, folder], { cwd: folder });
    await Promise.all([work(), work(), work()]);
    expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('3');
    expect(readdirSync(folder)).toEqual(['count']);
  });
});

describe.runIf(process.env['LINKBACKD_LONG'] === '1')('a fresh clone', () => {
  test('has a Node that is new enough after npm ci, and nothing left to do', () => {
    const clone = join(folder, 'clone');
    execFileSync('git', ['clone', '--quiet', ROOT, clone]);
    const run = (program: string, ...args: readonly string[]): string => {
      const { status, stdout, stderr } = spawnSync(program, args, {
        cwd: clone,
        encoding: 'utf8',
        env: environmentOfAPerson(),
      });
      expect(status, stderr).toBe(0);
      return stdout + stderr;
    };
    run('npm', 'ci');
    const version = /^v([\d.]+)$/mu.exec(run('npx', '-c', 'node --version'))?.[1] ?? '0';
    expect(compareVersions(version, floorOf(ROOT))).toBeGreaterThanOrEqual(0);
    expect(run('npm', 'run', '--silent', 'predev')).not.toContain('linkbackd:');
  });
});

/** Gives the environment without what npm and vitest put there for their own children, this checkout's Node included. */
function environmentOfAPerson(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE|VITEST|INIT_CWD)/u.test(name));
  const folders = (process.env['PATH'] ?? '').split(':').filter((place) => !place.includes('node_modules'));
  return { ...Object.fromEntries(own), PATH: folders.join(':') };
}
