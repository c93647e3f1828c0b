import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { mention, sendTrackback, sendWebmention } from '../support/announce.ts';
import { readRows } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { linkingPage } from '../support/linking-page.ts';
import { statement } from '../support/postgres.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { defaults, runToEnd, startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { startWeb, type Web } from '../support/web.ts';

const cli = new URL('../../dist/cli.js', import.meta.url).pathname;

// Each runs the program many times over, one after the other.
vi.setConfig({ testTimeout: 90_000 });

let folder: string;
let web: Web;
/** An address where nothing is yet, and what else was made beside it. */
let made: string[];
let to: string;
let services: Service[];
let env: Readonly<Record<string, string>>;

beforeEach(async () => {
  folder = makeFolder();
  services = [];
  made = [];
  to = await newDatabase();
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
    web.page(`/entry/${n}`, linkingPage(web.url('/post'), `Entry ${n}: «ü», 日本, 😀`));
  }
  env = { SITES: `blog=${web.url('/')}`, POLICY: 'hold-all', PORT: String(await freePort()) };
});

afterEach(async () => {
  await Promise.all(services.map((each) => each.close()));
  await web.close();
  await Promise.all(made.map(dropDatabase));
  removeFolder(folder);
});

async function newDatabase(): Promise<string> {
  const url = await makeDatabase();
  made.push(url);
  // As it is when it was just made: without the schema.
  await statement(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  return url;
}

async function start(over: Readonly<Record<string, string>> = {}, inside = folder): Promise<Service> {
  const service = await startService({ folder: inside, env: { ...env, ...sqlite(inside), ...over } });
  services.push(service);
  return service;
}

const sqlite = (inside: string): Readonly<Record<string, string>> => ({
  DATABASE_URL: `sqlite:${join(inside, 'linkbackd.db')}`,
});

type Copied = {
  readonly isDryRun: boolean;
  readonly tables: readonly {
    readonly name: string;
    readonly rows: number;
    readonly added: number;
    readonly changed: number;
    readonly removed: number;
    readonly hash: string | null;
  }[];
};

const run = (args: readonly string[], inside = folder): ReturnType<typeof runToEnd> =>
  runToEnd({ ...defaults(inside), ...sqlite(inside) }, { main: cli, args: ['migrate-to', ...args] });

async function copy(...args: readonly string[]): Promise<Copied> {
  const { code, stdout, stderr } = await run([to, '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Copied;
}

/** Fails in a sentence, and nothing else. */
async function refusal(args: readonly string[], code = 1, inside = folder): Promise<string> {
  const ran = await run(args, inside);
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).not.toMatch(/^\s+at |node:internal|Error:/mu);
  return ran.stderr;
}

const of = ({ tables }: Copied, name: string): Copied['tables'][number] | undefined =>
  tables.find((each) => each.name === name);

const total = ({ tables }: Copied, what: 'added' | 'changed' | 'removed'): number =>
  tables.reduce((sum, each) => sum + each[what], 0);

async function idOf(service: Service, path: string): Promise<string> {
  const response = await service.api('GET', `/api/moderation/linkbacks?q=${encodeURIComponent(path)}`);
  const { items } = (await response.json()) as { readonly items: readonly { readonly id: string }[] };
  return items[0]?.id ?? '';
}

async function decide(service: Service, path: string, moderation: string): Promise<void> {
  const at = `/api/moderation/linkbacks/${await idOf(service, path)}`;
  expect((await service.api('PATCH', at, { moderation })).status).toBe(200);
}

/** All that anybody is shown, word by word. */
async function everything(service: Service, statuses: readonly string[]): Promise<unknown> {
  const target = encodeURIComponent(web.url('/post'));
  const list = (await (await service.api('GET', '/api/moderation/linkbacks')).json()) as {
    readonly items: readonly { readonly id: string }[];
  };
  const details = list.items.map(({ id }) => `/api/moderation/linkbacks/${id}`);
  const paths = [
    `/api/linkbacks?target=${target}`,
    '/api/linkbacks?site=blog',
    `/api/mentions.jf2?target=${target}`,
    `/api/count?target=${target}`,
    '/feed.atom?site=blog',
    '/feed.rss?site=blog',
    '/feed.json?site=blog',
    `/linkbacks.html?target=${target}`,
    '/api/moderation/rules',
    '/api/webhooks',
    ...details,
    ...statuses,
  ];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const response = await service.api('GET', path);
      return [path, response.status, await response.text()] as const;
    }),
  );
  return [list, ...answers];
}

describe('moving up', () => {
  it('copies beside the running service, brings what came since, and shows the very same there', async () => {
    const service = await start();
    const post = web.url('/post');
    const sent = await sendWebmention(service, web.url('/entry/1'), post);
    const statuses = [new URL(sent.headers.get('location') ?? '').pathname];
    await mention(service, web.url('/entry/2'), post);
    await mention(service, web.url('/no-such-page'), post);
    expect(await service.ping(web.url('/entry/3'), post)).toContain('verified');
    for (const n of [1, 2]) await decide(service, `/entry/${n}`, 'approved');
    await decide(service, '/entry/3', 'spam');
    const rule = { action: 'block', sourceHost: 'spam.example', note: 'no' };
    expect((await service.api('POST', '/api/moderation/rules', rule)).status).toBe(201);
    const release = web.hold('/entry/4');
    await sendWebmention(service, web.url('/entry/4'), post);
    await web.waitForHit('/entry/4');
    expect(readRows(folder, "SELECT 1 FROM job WHERE state = 'leased'")).toHaveLength(1);

    const dry = await copy('--dry-run');
    expect(of(dry, 'linkback')).toMatchObject({ rows: 5, added: 5, hash: null });
    expect(await statement(to, 'SELECT 1 FROM pg_tables WHERE schemaname = current_schema()')).toEqual([]);

    const [first] = await Promise.all([copy(), mention(service, web.url('/entry/5'), post)]);
    expect(of(first, 'linkback')?.added).toBeGreaterThanOrEqual(5);
    expect(first.tables.every(({ hash }) => /^[0-9a-f]{64}$/u.test(hash ?? ''))).toBe(true);
    // Nobody has it in hand there.
    expect(await statement(to, "SELECT state, token, lease_until FROM job WHERE state = 'leased'")).toEqual(
      [],
    );
    release();

    // What changes meanwhile: new ones, other states, and one that is erased.
    await mention(service, web.url('/entry/6'), post);
    await sendTrackback(service, post, [['url', web.url('/entry/7')]]);
    expect(await service.ping(web.url('/entry/2'), post)).toContain('registered');
    await decide(service, '/entry/2', 'rejected');
    await decide(service, '/entry/6', 'approved');
    const erased = await idOf(service, '/entry/1');
    expect((await service.api('DELETE', `/api/moderation/linkbacks/${erased}`)).status).toBe(204);
    expect(await service.ping(web.url('/entry/8'), post)).toContain('verified');
    const before = await everything(service, statuses);
    expect(await service.end('SIGTERM')).toBe(0);

    const would = await copy('--dry-run');
    const second = await copy();
    expect(of(second, 'linkback')).toMatchObject({ removed: 1 });
    expect(of(second, 'linkback')?.added).toBeGreaterThanOrEqual(3);
    expect(total(second, 'changed')).toBeGreaterThan(2);
    expect(would.tables.map(({ hash: _none, ...counts }) => counts)).toEqual(
      second.tables.map(({ hash: _hash, ...counts }) => counts),
    );
    const third = await copy();
    expect([total(third, 'added'), total(third, 'changed'), total(third, 'removed')]).toEqual([0, 0, 0]);
    expect(third.tables.map(({ hash }) => hash)).toEqual(second.tables.map(({ hash }) => hash));
    for (const { name, rows } of third.tables) {
      expect(await statement(to, `SELECT COUNT(*) AS count FROM "${name}"`)).toEqual([{ count: rows }]);
    }

    const moved = await start({ DATABASE_URL: to });
    expect(await everything(moved, statuses)).toEqual(before);
    // Serials and counts go on where they were.
    web.page('/entry/9', linkingPage(post));
    await mention(moved, web.url('/entry/9'), post);
    await decide(moved, '/entry/9', 'approved');
    const [{ serial } = { serial: 0 }] = await statement<{ serial: number }>(
      to,
      'SELECT MAX(serial) AS serial FROM publication',
    );
    const [{ value } = { value: 0 }] = readRows<{ value: number }>(folder, 'SELECT value FROM counter');
    expect(serial).toBe(value + 1);
  });

  it('says it in plain lines where there is no terminal', async () => {
    const service = await start();
    await mention(service, web.url('/entry/1'), web.url('/post'));
    const { code, stdout, stderr } = await run([to]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^linkback +1 +\+1 +~0 +-0 +[0-9a-f]{12}$/mu);
    expect(stdout).toContain('both sides have the same rows');
    expect(stderr).toMatch(/^copying: \d+ of \d+ rows, \w+$/mu);
  });

  it('keeps nothing of a copy that is not the same', async () => {
    const service = await start();
    await mention(service, web.url('/entry/1'), web.url('/post'));
    await copy();
    await statement(
      to,
      `CREATE FUNCTION tamper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.why := 'other'; RETURN NEW; END $$;
       CREATE TRIGGER tamper BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION tamper()`,
    );
    await mention(service, web.url('/entry/2'), web.url('/post'));
    expect(await refusal([to, '--json'])).toMatch(/^The copy is not the same \(event\)/u);
    expect(await statement(to, 'SELECT COUNT(*) AS count FROM linkback')).toEqual([{ count: 1 }]);
    await statement(to, 'DROP TRIGGER tamper ON event');
    expect(of(await copy(), 'linkback')).toMatchObject({ rows: 2, added: 1 });
  });
});

describe('a target that is not just an older copy', () => {
  it('is not overwritten when somebody has written to it, unless told so', async () => {
    const service = await start();
    await mention(service, web.url('/entry/1'), web.url('/post'));
    await copy();
    await statement(to, "UPDATE event SET why = 'Tampered with.'");
    expect(await refusal([to, '--json'])).toContain('has been written to since it was copied (event)');
    expect(await refusal([to, '--json', '--dry-run'])).toContain('has been written to');
    const replaced = await copy('--replace');
    expect(of(replaced, 'event')).toMatchObject({ changed: 1 });
    expect(await statement(to, "SELECT 1 FROM event WHERE why = 'Tampered with.'")).toEqual([]);
    expect(total(await copy(), 'changed')).toBe(0);
  });

  it('is not overwritten while a service is on it, nor after that', async () => {
    const service = await start();
    await mention(service, web.url('/entry/1'), web.url('/post'));
    await copy();
    const there = await start({ DATABASE_URL: to, PORT: '0' });
    expect(await refusal([to, '--json'])).toContain('A linkbackd is running on the PostgreSQL database.');
    await mention(there, web.url('/entry/2'), web.url('/post'));
    expect(await there.end('SIGTERM')).toBe(0);
    expect(await refusal([to, '--json'])).toMatch(/has been written to since it was copied \(.*linkback/u);
    expect(of(await copy('--replace'), 'linkback')).toMatchObject({ rows: 1, removed: 1 });
  });

  it('is not overwritten with another database', async () => {
    const service = await start();
    await mention(service, web.url('/entry/1'), web.url('/post'));
    await copy();
    const other = join(folder, 'other');
    const another = await start({ PORT: '0' }, other);
    await mention(another, web.url('/entry/2'), web.url('/post'));
    expect(await refusal([to, '--json'], 1, other)).toContain('is the copy of another database');
    const served = await makeDatabase();
    made.push(served);
    await statement(served, "INSERT INTO schedule (name, done_at) VALUES ('digest', 1)");
    expect(await refusal([served, '--json'])).toContain('has rows already that are no copy (schedule: 1)');
  });

  it('is never another program’s', async () => {
    await (await start()).end('SIGTERM');
    await statement(to, 'CREATE TABLE orders (id INTEGER)');
    expect(await refusal([to, '--replace'])).toContain('belongs to something else: it has tables (orders)');
    expect(await statement(to, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([
      { tablename: 'orders' },
    ]);
  });
});

describe('what keeps a copy from being made', () => {
  it('is said in words', async () => {
    expect(await refusal([to])).toContain('There is no database file');
    await (await start()).end('SIGTERM');
    expect(await refusal([], 2)).toContain("missing required argument 'address'");
    expect(await refusal(['mysql://here/db'], 2)).toContain('must be like postgres://');
    const secret = `postgres://me:secret@127.0.0.1:${await freePort()}/db`;
    const unreachable = await refusal([secret]);
    expect(unreachable).toContain('The PostgreSQL database cannot be reached');
    expect(unreachable).not.toContain('secret');
    expect(await refusal([`${inject('postgresUrl')}/no_such_database`])).toContain('does not exist');
    await copy();
    await statement(
      to,
      "INSERT INTO migration (number, name, checksum, applied_at) VALUES (9999, 'later', 'x', 1)",
    );
    expect(await refusal([to, '--json'])).toContain('is from a newer linkbackd');
    const wrong = await runToEnd(
      { ...defaults(folder), DATABASE_URL: to },
      { main: cli, args: ['migrate-to', to] },
    );
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('a SQLite file') as string });
  });
});
