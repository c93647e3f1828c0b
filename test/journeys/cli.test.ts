import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, bearer, session, tell } from '../support/credentials.ts';
import { startHere } from '../support/here.ts';
import { lockDatabase } from '../support/lock-database.ts';
import { startService } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const cli = new URL('../../dist/cli.js', import.meta.url).pathname;

let folder: string;

beforeEach(() => {
  folder = makeFolder();
});

afterEach(() => removeFolder(folder));

type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs the built program with a database of this test's own. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: tmpdir(),
    env: { PATH, HOME, DATABASE_URL: `sqlite:${join(folder, 'linkbackd.db')}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

async function json(args: readonly string[], env = {}): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run([...args, '--json'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** What goes wrong says so in a sentence, without a stack, and nothing else. */
async function fails(args: readonly string[], code: number, env = {}): Promise<string> {
  const ran = await run(args, env);
  expect(ran).toEqual({ code, stdout: '', stderr: expect.any(String) });
  expect(ran.stderr).not.toMatch(/^\s+at |node:internal|Error:/mu);
  return ran.stderr;
}

describe('site', () => {
  it('adds, lists and removes sites', async () => {
    expect((await run(['site', 'list'])).stdout).toBe('There is no site yet.\n');
    const added = await run([
      'site',
      'add',
      'https://blog.example',
      'www.blog.example',
      '--policy',
      'hold-all',
    ]);
    expect(added).toEqual({
      code: 0,
      stdout:
        'The site "blog" is added. What to paste into its pages: ' +
        'http://127.0.0.1:8470/setup?target=https%3A%2F%2Fblog.example%2F\n',
      stderr: '',
    });
    const configured = { SITES: 'shop=https://shop.example', BASE_URL: 'https://linkbacks.example/at' };
    expect((await run(['site', 'list'], configured)).stdout.replaceAll(/ {3,}/gu, '  ')).toBe(
      'shop  hold-first  https://shop.example/  (from the settings)\n' +
        'blog  hold-all  https://blog.example/ https://www.blog.example/\n',
    );
    const listed = await json(['site', 'list'], configured);
    expect(listed).toMatchObject([
      { slug: 'shop', isConfigured: true },
      {
        slug: 'blog',
        addresses: ['https://blog.example/', 'https://www.blog.example/'],
        policy: 'hold-all',
        isConfigured: false,
        setup: { headers: { 'X-Pingback': 'https://linkbacks.example/at/blog/xmlrpc' } },
      },
    ]);
    expect(await run(['site', 'remove', 'blog'])).toMatchObject({
      code: 0,
      stdout: 'The site "blog" is removed.\n',
    });
    expect(await json(['site', 'list'])).toEqual([]);
  });

  it('chooses as the settings say', async () => {
    const env = {
      POLICY: 'approve-all',
      BLOCKED_HOSTS: 'spam.example',
      CLOSE_AFTER_DAYS: '30',
      HOLD_AT_SCORE: '5',
    };
    expect(await json(['site', 'add', 'https://blog.example'], env)).toMatchObject({
      policy: 'approve-all',
      blockedHosts: ['spam.example'],
      closeAfterDays: 30,
      thresholds: { holdAt: 5, spamAt: 8 },
    });
  });

  it('does nothing in a dry run', async () => {
    const dry = await run(['site', 'add', 'https://blog.example', '--dry-run']);
    expect(dry).toEqual({ code: 0, stdout: 'The site "blog" would be added.\n', stderr: '' });
    expect(await json(['site', 'list'])).toEqual([]);
    await run(['site', 'add', 'https://blog.example']);
    expect((await run(['site', 'remove', 'blog', '--dry-run'])).stdout).toBe(
      'The site "blog" would be removed.\n',
    );
    expect(await json(['site', 'list'])).toHaveLength(1);
  });

  it('says what is wrong, and how', async () => {
    const env = { SITES: 'shop=https://shop.example' };
    expect(await fails(['site', 'add', 'ftp://blog.example'], 2)).toContain('no http or https address');
    expect(await fails(['site', 'add', 'https://api.example'], 2)).toContain('"api" is a route of linkbackd');
    expect(await fails(['site', 'add', 'https://blog.example', '--slug', 'My Blog'], 2)).toContain(
      'no name for a site',
    );
    expect(await fails(['site', 'add', 'https://blog.example', '--policy', 'never'], 2)).toContain(
      'Allowed choices',
    );
    expect(await fails(['site', 'add'], 2)).toContain("missing required argument 'address'");
    expect(await fails(['site', 'add', 'https://shop.example'], 1, env)).toContain(
      'There is a site "shop" already',
    );
    expect(await fails(['site', 'add', 'https://shop.example', '--slug', 'other'], 1, env)).toContain(
      'https://shop.example/ belongs to the site "shop".',
    );
    expect(await fails(['site', 'remove', 'shop'], 1, env)).toContain('stands in the settings');
    expect(await fails(['site', 'remove', 'nobody'], 1)).toContain('There is no site "nobody".');
    expect(await fails(['site', 'list'], 1, { PORT: 'http' })).toContain('A setting is wrong');
    expect(await fails(['site', 'list'], 1, { DATABASE_URL: 'sqlite:/dev/null/x.db' })).toContain(
      'cannot be written',
    );
  });
});

describe('token', () => {
  it('makes, lists and revokes tokens', async () => {
    await run(['site', 'add', 'https://blog.example']);
    const made = await json([
      'token',
      'add',
      'a script',
      '--scope',
      'send',
      'read',
      '--site',
      'blog',
      '--expires',
      '2999-01-31',
    ]);
    expect(made).toEqual({
      id: expect.any(String),
      name: 'a script',
      scopes: ['read', 'send'],
      site: 'blog',
      expiresAt: '2999-01-31T00:00:00.000Z',
      lastUsedAt: null,
      createdAt: expect.any(String),
      isCurrent: false,
      token: expect.stringMatching(/^lkbd_[\w-]{43}$/u),
    });
    const other = await run(['token', 'add', 'me', '--scope', 'admin']);
    expect(other.stdout).toMatch(/^lkbd_[\w-]{43}\nKeep it safe/u);
    const list = await run(['token', 'list']);
    expect(list.stdout.split('\n')[0]).toMatch(
      /^\S+ {2}a script {2}read,send {2}blog {7}ends 2999-01-31T00:00:00.000Z {2}never used$/u,
    );
    expect(list.stdout).not.toContain('lkbd_');
    expect((await run(['token', 'revoke', String(made['id'])])).stdout).toBe(
      'The token "a script" has ended.\n',
    );
    expect((await run(['token', 'revoke', 'me', '--dry-run'])).stdout).toBe('The token "me" would end.\n');
    expect((await run(['token', 'revoke', 'me'])).stdout).toBe('The token "me" has ended.\n');
    expect((await run(['token', 'list'])).stdout).toBe('There is no token.\n');
    for (const file of ['linkbackd.db']) {
      const bytes = readFileSync(join(folder, file));
      expect(bytes.includes(String(made['token']))).toBe(false);
    }
  });

  it('says what is wrong, and how', async () => {
    expect(await fails(['token', 'add', 'x'], 2)).toContain(
      "required option '--scope <scope...>' not specified",
    );
    expect(await fails(['token', 'add', 'x', '--scope', 'all'], 2)).toContain(
      'Allowed choices are read, moderate, send, admin',
    );
    expect(await fails(['token', 'add', 'x', '--scope', 'read', '--site', 'nobody'], 2)).toContain(
      'There is no site "nobody".',
    );
    expect(await fails(['token', 'add', 'x', '--scope', 'read', '--expires', 'soon'], 2)).toContain(
      '"soon" is no time',
    );
    expect(await fails(['token', 'add', 'x', '--scope', 'read', '--expires', '2020-01-01'], 2)).toContain(
      'has passed already',
    );
    expect(await fails(['token', 'revoke', 'nobody'], 1)).toContain('There is no token "nobody".');
    for (let times = 0; times < 2; times += 1) await run(['token', 'add', 'twin', '--scope', 'read']);
    expect(await fails(['token', 'revoke', 'twin'], 2)).toContain('Several tokens are named "twin"');
  });
});

describe('help', () => {
  it.each([
    'site',
    'token',
    'site add',
    'site list',
    'site remove',
    'token add',
    'token list',
    'token revoke',
  ])('is there for %s', async (verb) => {
    const { code, stdout } = await run([...verb.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: linkbackd ${verb} `, 'u'));
  });
});

describe('beside a running service', () => {
  it('makes tokens that hold at once, and ends them with their sessions', async () => {
    const service = await startService({ folder, env: { ADMIN_TOKEN: '' } });
    try {
      const { id, token } = await json(['token', 'add', 'me', '--scope', 'admin']);
      const who = bearer(String(token));
      const page = await session(service, String(token));
      expect(await tell(service, who, 'GET', '/api/session')).toMatchObject({
        name: 'me',
        scopes: ['admin'],
      });
      expect((await ask(service, page, 'GET', '/api/tokens')).status).toBe(200);
      await run(['token', 'revoke', String(id)]);
      for (const each of [who, page])
        expect((await ask(service, each, 'GET', '/api/session')).status).toBe(401);
    } finally {
      await service.close();
    }
  });

  it('adds sites that it notices within half a minute', async () => {
    const here = await startHere({});
    try {
      const env = { DATABASE_URL: `sqlite:${join(here.folder, 'linkbackd.db')}` };
      await run(['site', 'add', 'https://blog.example'], env);
      const setup = `/api/setup?target=${encodeURIComponent('https://blog.example/post')}`;
      expect((await here.get(setup)).status).toBe(404);
      here.pass(30_000);
      await waitUntil(async () => (await here.get(setup)).status === 200, {
        what: 'the service knows the site',
      });
    } finally {
      await here.close();
    }
  });

  it('fails when another program holds the database', async () => {
    await run(['site', 'add', 'https://blog.example']);
    const lock = await lockDatabase(join(folder, 'linkbackd.db'));
    try {
      expect(await fails(['site', 'remove', 'blog'], 1)).toMatch(
        /locked by another program|cannot be written/u,
      );
    } finally {
      await lock.release();
    }
  });
});
