import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig, settings, type SettingName } from '../../src/config.ts';
import { damage } from '../support/damage.ts';
import {
  defaults,
  runToEnd,
  startService,
  type RunOptions,
  type Service,
  type ServiceOptions,
} from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';

let folder: string;
let services: Service[];

beforeEach(() => {
  folder = makeFolder();
  services = [];
});

afterEach(async () => {
  await Promise.all(services.map((each) => each.close()));
  removeFolder(folder);
});

async function start(options: ServiceOptions = {}): Promise<Service> {
  const service = await startService({ folder, ...options });
  services.push(service);
  return service;
}

/** Starts what cannot start, and gives what it said: one message, what to do about it, and no stack trace. */
async function refusal(env: Readonly<Record<string, string>>, how: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runToEnd({ ...defaults(folder), ...env }, how);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^linkbackd cannot start\. \S/u);
  expect(stderr).not.toMatch(/^\s+at |node:internal|Node\.js v/mu);
  expect(stderr.trimEnd().split('\n').length).toBeGreaterThan(1);
  return stderr;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');

const file = (): string => join(folder, 'linkbackd.db');

/** Serves once, so that there is a database, and stops. */
async function serveOnce(): Promise<void> {
  const service = await start();
  expect(await service.end('SIGTERM')).toBe(0);
}

describe('settings that are wrong', () => {
  /** For each setting a wrong value and what is said of it; null where any text will do, as far as the rest is wrong. */
  const wrong: Readonly<Record<SettingName, readonly [string, string] | null>> = {
    HOST: null,
    PORT: ['99999', '"99999" must be a whole number from 0 to 65535'],
    WORKER_PORT: ['-1', '"-1" must be a whole number from 0 to 65535'],
    BASE_URL: ['ftp://blog.example', '"ftp://blog.example" is no http or https address'],
    DATABASE_URL: ['mysql://db.example/x', 'write "sqlite:" and a path, or postgres://'],
    DATABASE_POOL_SIZE: ['1', '"1" must be a whole number from 2 to 500'],
    DATABASE_TIMEOUT_MS: ['soon', '"soon" must be a whole number from 100 to 600000'],
    SITES: ['api=https://blog.example', '"api" is a route of linkbackd'],
    ADMIN_TOKEN: ['short', 'must be at least 16 printable characters'],
    FEED_TOKEN: ['short, too', 'must be at least 16 printable characters'],
    METRICS_TOKEN: ['short', 'must be at least 16 printable characters'],
    POLICY: ['sometimes', '"sometimes" must be one of hold-first, hold-all, approve-all'],
    BLOCKED_HOSTS: ['https://spam.example/', '"https://spam.example/" is no host name'],
    CLOSED_PATHS: ['about', '"about" is no path'],
    CLOSE_AFTER_DAYS: ['0', '"0" must be a whole number from 1 to 36500'],
    OWN_LINKBACKS: ['maybe', '"maybe" must be "on" or "off"'],
    HOLD_AT_SCORE: ['-1', '"-1" must be a whole number from 1 to 1000'],
    SPAM_AT_SCORE: ['many', '"many" must be a whole number from 1 to 1000'],
    VOUCH_REQUIRED: null,
    LENIENT_WEBMENTIONS: null,
    EXCERPT_STYLE: ['baroque', '"baroque" must be one of wordpress, complete'],
    EXCERPT_WINDOW: ['5', '"5" must be a whole number from 20 to 500'],
    EXCERPT_MARK: ['…'.repeat(21), 'must be at most 20 characters'],
    ANSWER_WITHIN_MS: ['2s', '"2s" must be a whole number from 0 to 60000'],
    REVERIFY_AFTER_DAYS: ['7,1', '"7,1" must be "off" or days that grow'],
    ALLOW_PRIVATE_NETWORK: ['10.0.0.0/99', '"10.0.0.0/99" is neither a network'],
    ALLOW_IP_HOSTS: ['yes', '"yes" must be "on" or "off"'],
    DNS_SERVERS: ['dns.example', '"dns.example" is no address of a name server'],
    TRUST_PROXY: ['everyone', '"everyone" is neither "off", a number of hops, nor a network'],
    LIMITS: ['none', '"none" must be "on" or "off"'],
    PINGS_PER_MINUTE: ['0', '"0" must be a whole number from 1 to 1000000'],
    NEW_PAIRS_PER_MINUTE: ['many', '"many" must be a whole number from 1 to 1000000'],
    AKISMET_KEY: ['short', 'must be 8 to 64 letters and digits'],
    AKISMET_URL: ['akismet', '"akismet" is no http or https address'],
    DIGEST: ['sometimes', '"sometimes" must be one of off, daily, weekly'],
    DIGEST_TO: ['nobody', '"nobody" is no e-mail address'],
    DIGEST_FROM: ['@blog.example', '"@blog.example" is no e-mail address'],
    DIGEST_HOUR: ['24', '"24" must be a whole number from 0 to 23'],
    SMTP_URL: ['https://mail.example', 'must be smtp:// or smtps:// and the name of a server'],
    LOG_LEVEL: ['loud', '"loud" must be one of trace, debug, info'],
  };

  it('are all named at once, each with what is right', async () => {
    expect(Object.keys(wrong).sort()).toEqual(Object.keys(settings).sort());
    const cases = Object.entries(wrong).flatMap(([name, each]) =>
      each === null ? [] : [[name, ...each] as const],
    );
    const said = await refusal(Object.fromEntries(cases.map(([name, value]) => [name, value])));
    expect(said).toContain(`${cases.length} settings are wrong:`);
    for (const [name, , text] of cases)
      expect(said).toMatch(new RegExp(`^  ${name}: .*${escaped(text)}`, 'mu'));
    expect(said).toContain(
      'Correct them in the environment or in .env; docs/configuration.md describes each.',
    );
    expect(existsSync(file())).toBe(false);
  });

  it('are named one by one, too', async () => {
    expect(await refusal({ PORT: 'http' })).toContain('A setting is wrong:\n  PORT: "http" must be');
  });

  it.each([
    ['two sites of one name', 'https://blog.example,https://blog.example.org', 'two sites are named "blog"'],
    ['a site without a usable name', 'Mein Blog=https://blog.example', '"Mein Blog" is no name for a site'],
    ['a site with a query', 'https://blog.example/?p=1', 'has a query or a fragment'],
    ['a site that is no address', 'blog', '"blog" is no http or https address'],
    [
      'an alias that is none',
      'https://blog.example|ftp://blog.example',
      '"ftp://blog.example" is no http or https address',
    ],
  ])('tell of %s', (_what, SITES, text) => {
    expect(() => readConfig({ SITES })).toThrow(text);
  });

  it('tell of a digest that cannot be sent, and never show the password of its server', async () => {
    const lacking = { DIGEST: 'daily', DIGEST_TO: 'me@blog.example', DIGEST_FROM: 'it@blog.example' };
    expect(await refusal(lacking)).toContain('DIGEST: "daily" needs DIGEST_TO, DIGEST_FROM and SMTP_URL');
    const said = await refusal({ ...lacking, SMTP_URL: 'smtp+me:open-sesame@mail.example' });
    expect(said).toContain('SMTP_URL: must be smtp:// or smtps://');
    expect(said).not.toContain('sesame');
    const percent = await refusal({ ...lacking, SMTP_URL: 'smtp://me:100%sesame@mail.example' });
    expect(percent).toContain('SMTP_URL: must be smtp:// or smtps://');
    expect(percent).not.toContain('sesame');
    const whole = { ...lacking, SMTP_URL: 'smtp://me:open-sesame@mail.example' };
    expect(readConfig(whole).digest).toMatchObject({ every: 'daily', hour: 7 });
  });

  it('tell of a site that there is not', async () => {
    const said = await refusal({
      SITES: 'https://blog.example,https://notes.example',
      BLOCKED_HOSTS: 'spam.example,blogg:spam.example',
      CLOSED_PATHS: 'notes:/about,about:/about',
      VOUCH_REQUIRED: 'blog,bog',
      LENIENT_WEBMENTIONS: 'glob',
    });
    expect(said).toContain('4 settings are wrong');
    expect(said).toContain('BLOCKED_HOSTS: "blogg" is no site; SITES has blog, notes');
    expect(said).toContain('CLOSED_PATHS: "about" is no site');
    expect(said).toContain('VOUCH_REQUIRED: "bog" is no site');
    expect(said).toContain('LENIENT_WEBMENTIONS: "glob" is no site');
  });

  it('never show a secret that stands in them', async () => {
    const said = await refusal({
      ADMIN_TOKEN: 'hunter 2 hunter 2 hunter 2',
      FEED_TOKEN: 'hunter 8 hunter 8 hunter 8',
      DATABASE_URL: 'postgres://owner:hunter/3@db.example/linkbacks?password=hunter4',
      BASE_URL: 'ftp://owner:hunter5@linkbacks.example',
      SITES: 'https://owner:hunter6@blog.example',
      DNS_SERVERS: 'https://owner:hunter7@dns.example',
    });
    expect(said).toContain('6 settings are wrong');
    expect(said).not.toContain('hunter');
  });
});

describe('a place that cannot be served at', () => {
  it('is told when another program has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const said = await refusal({ PORT: String(port) });
    expect(said).toContain(`Port ${port} on 127.0.0.1 is used by another program.`);
    expect(said).toContain('set PORT to a free port');
    other.close();
  });

  it('is told when the address is not of this machine', async () => {
    const said = await refusal({ HOST: '192.0.2.1' });
    expect(said).toContain('192.0.2.1 is no address of this machine.');
    expect(said).toContain('Set HOST to 127.0.0.1, 0.0.0.0 or an address it has.');
  });

  it.each(['no-such-host.invalid', 'not a host'])(
    'is told when there is no such host as %s',
    async (host) => {
      const said = await refusal({ HOST: host });
      expect(said).toContain(`${host} is no address of this machine.`);
    },
  );

  it('is told when this user may not have the port', async () => {
    const [first] = [readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')].map(Number);
    // Where everybody may have every port there is nothing to tell.
    if (first === 0) return;
    const isRoot = process.getuid?.() === 0;
    const drop = ['setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service'];
    if (isRoot) expect(spawnSync('setpriv', ['--version']).status).toBe(0);
    const said = await refusal({ PORT: '81' }, isRoot ? { through: drop } : {});
    expect(said).toContain('This user may not listen on port 81.');
    expect(said).toContain('Set PORT to a number above 1023.');
  });
});

describe('a database that cannot be served', () => {
  it('is told when its folder cannot be made', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const said = await refusal({ DATABASE_URL: `sqlite:${join(folder, 'a-file', 'data', 'linkbackd.db')}` });
    expect(said).toMatch(/The database file \S+ cannot be written: ENOTDIR/u);
    expect(said).toContain('name another file in DATABASE_URL');
  });

  it('is told when it is none that could be kept', async () => {
    expect(await refusal({ DATABASE_URL: 'sqlite::memory:' })).toContain('DATABASE_URL: ');
    expect(await refusal({ DATABASE_URL: 'sqlite:' })).toContain('DATABASE_URL: ');
  });

  it('is told when it may not be written', async () => {
    await serveOnce();
    // The format's own mark for "only newer programs may write this": permissions do not stop root.
    damage(file(), 18, Uint8Array.of(3));
    const said = await refusal({});
    expect(said).toMatch(/\S+ cannot be opened for writing: attempt to write a readonly database/u);
    expect(said).toContain('this user may write');
  });

  it('is told when it is from a newer program', async () => {
    await serveOnce();
    const database = new Database(file());
    database.exec("INSERT INTO migration VALUES (9999, 'from-the-future', 'x', 1)");
    database.close();
    const said = await refusal({});
    expect(said).toContain('it has schema 9999 (from-the-future)');
    expect(said).toContain('Install the newer version again, or restore a backup');
  });

  it('is told, with the way back, when a page is damaged', async () => {
    await serveOnce();
    damage(file(), 4096, Buffer.alloc(4096, 0xa5));
    const before = readFileSync(file());
    const said = await refusal({});
    expect(said).toMatch(/\S+ is damaged: /u);
    expect(said).toContain('copy a backup to its place');
    expect(readFileSync(file()).equals(before)).toBe(true);
  });

  it('is told when it belongs to another program', async () => {
    const database = new Database(file());
    database.exec('CREATE TABLE recipe (name TEXT)');
    database.close();
    const before = readFileSync(file());
    expect(await refusal({})).toContain('is a SQLite database, but not one of linkbackd.');
    expect(readFileSync(file()).equals(before)).toBe(true);
  });

  it('is told when another service has it, which goes on undisturbed', async () => {
    const first = await start();
    const said = await refusal({});
    expect(said).toMatch(/Another linkbackd is serving \S+ already\./u);
    expect(said).toContain('Stop it first');
    expect((await first.get('/readyz')).status).toBe(200);
    expect(await first.end('SIGTERM')).toBe(0);
    await start();
  });
});

describe('a first start', () => {
  it('says how to add a site when there is none', async () => {
    const { stdout } = (await start()).output();
    expect(stdout).toContain('There is no site yet.');
    expect(stdout).toContain('SITES=https://blog.example');
  });

  it('says what to paste for each site when there are some', async () => {
    const service = await start({ env: { SITES: 'https://blog.example,notes=https://example.org/notes' } });
    const { stdout } = service.output();
    expect(stdout).toContain(`X-Pingback: ${service.url}/blog/xmlrpc`);
    expect(stdout).toContain(`<link rel="pingback" href="${service.url}/notes/xmlrpc">`);
  });

  const tokens = (service: Service): string[] => service.output().stdout.match(/lkbd_\S+/gu) ?? [];

  it('makes an admin token, shows it once, and never again', async () => {
    const first = await start({ env: { ADMIN_TOKEN: '' } });
    const [token, ...more] = tokens(first);
    expect(more).toEqual([]);
    const authorization = `Bearer ${token ?? ''}`;
    expect((await first.get('/api/moderation/linkbacks', { authorization })).status).toBe(200);
    await first.end('SIGTERM');
    expect(JSON.stringify(first.output())).toMatch(/lkbd_/u);
    expect(first.output().stderr).not.toContain('lkbd_');
    expect(readFileSync(file()).includes(token ?? 'no token')).toBe(false);

    const second = await start({ env: { ADMIN_TOKEN: '' } });
    expect(tokens(second)).toEqual([]);
    expect(second.output().stdout).not.toContain('token');
    expect((await second.get('/api/moderation/linkbacks', { authorization })).status).toBe(200);
  });

  it('shows its token at the next start when it could not listen', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    await refusal({ ADMIN_TOKEN: '', PORT: String((other.address() as AddressInfo).port) });
    other.close();
    expect(tokens(await start({ env: { ADMIN_TOKEN: '' } }))).toHaveLength(1);
  });

  it('shows no token when the owner has set one', async () => {
    const service = await start({ env: { ADMIN_TOKEN: 'a-token-of-the-owner' } });
    expect(service.output().stdout).not.toContain('token');
    expect((await service.api('GET', '/api/moderation/linkbacks')).status).toBe(200);
    const answer = await service.get('/api/moderation/linkbacks', {
      authorization: 'Bearer another-token-than-that',
    });
    expect(answer.status).toBe(401);
  });
});

describe('the file .env', () => {
  it('is read in the folder of the start, and the environment wins over it', async () => {
    const cwd = join(folder, 'here');
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.env'), '# ours\nSITES=https://from-the-file.example\nPORT=not-a-number\n');
    const { stdout } = (await start({ cwd })).output();
    expect(stdout).toContain('for https://from-the-file.example/');
    const env = { SITES: 'https://from-the-environment.example' };
    await services.pop()?.close();
    const second = await start({ cwd, env });
    expect(second.output().stdout).toContain('for https://from-the-environment.example/');
    expect(second.output().stdout).not.toContain('from-the-file');
  });

  it('is told of like any setting when something in it is wrong', async () => {
    writeFileSync(join(folder, '.env'), 'LOG_LEVEL=loud\n');
    expect(await refusal({}, { cwd: folder })).toContain('LOG_LEVEL: "loud" must be one of');
  });

  it('is told of when it cannot be read', async () => {
    mkdirSync(join(folder, '.env'));
    const said = await refusal({}, { cwd: folder });
    expect(said).toContain('.env cannot be read: EISDIR');
  });
});
