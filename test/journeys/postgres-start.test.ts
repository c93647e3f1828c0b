import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migratePostgres } from '../../src/store/postgres-schema.ts';
import { freePort } from '../support/free-port.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { cli } from '../support/processes.ts';
import { adminToken, runToEnd, startService } from '../support/service.ts';
import { layLine } from '../support/slow-line.ts';
import { migrations } from '../support/sqlite-store.ts';

const startsMs = 60_000;

const env = { PORT: '0', ADMIN_TOKEN: adminToken };

type Ended = Awaited<ReturnType<typeof runToEnd>>;

const run = (args: readonly string[], DATABASE_URL: string): Promise<Ended> =>
  runToEnd({ ...env, DATABASE_URL }, { main: cli, args });

/** What a process says that does not start: clear words, and nothing of its insides. */
async function refusal(args: readonly string[], url: string): Promise<string> {
  const { code, stdout, stderr } = await run(args, url);
  expect(code, stderr).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/^\s+at |Error:|node:internal/mu);
  return stderr;
}

const databases: string[] = [];

/** A database without the schema, made as `how` says. */
async function makeBare(how = "ENCODING 'UTF8' TEMPLATE template0"): Promise<string> {
  const url = await makeDatabase();
  await dropDatabase(url);
  await statement(
    `${inject('postgresUrl')}/postgres`,
    `CREATE DATABASE ${new URL(url).pathname.slice(1)} ${how}`,
  );
  databases.push(url);
  return url;
}

afterAll(async () => {
  for (const each of databases) await dropDatabase(each);
});

describe('on SQLite', () => {
  it.each([[['serve', '--no-work']], [['work']]])('%j says that it needs PostgreSQL', async (args) => {
    const said = await refusal(args, `sqlite:${join(tmpdir(), 'linkbackd-never-made.db')}`);
    expect(said).toContain('On SQLite one process does everything.');
    expect(said).toContain('PostgreSQL');
  });
});

describe('an empty database', () => {
  it(
    'wants one command, which may run twice, also at the same time',
    async () => {
      const url = await makeBare();
      for (const args of [['serve'], ['work'], ['serve', '--no-work']]) {
        const said = await refusal(args, url);
        expect(said).toContain('The database is empty');
        expect(said).toContain('linkbackd migrate');
      }
      const [one, other] = await Promise.all([run(['migrate'], url), run(['migrate'], url)]);
      expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
      const taken = [one, other].filter(({ stdout }) => stdout.includes('0001'));
      expect(taken).toHaveLength(1);
      expect(await run(['migrate'], url)).toEqual({
        code: 0,
        stdout: 'The database is up to date.\n',
        stderr: '',
      });
      const service = await startService({ main: cli, args: ['serve'], env: { DATABASE_URL: url } });
      try {
        expect((await service.get('/readyz')).status).toBe(200);
        expect(await service.end('SIGTERM')).toBe(0);
      } finally {
        await service.close();
      }
    },
    2 * startsMs,
  );
});

describe('a database of another version', () => {
  it(
    'wants the command when it is older, which keeps what is there',
    async () => {
      const url = await makeBare();
      const older = mkdtempSync(join(tmpdir(), 'linkbackd-older-'));
      mkdirSync(join(older, 'migrations'));
      const first = readdirSync(migrations).filter((file) => /^000[12]-/u.test(file));
      for (const file of first) cpSync(join(migrations, file), join(older, 'migrations', file));
      await migratePostgres({ url, migrations: join(older, 'migrations') });
      rmSync(older, { recursive: true });
      await statement(url, 'INSERT INTO pulse (id, at) VALUES (1, 7)');
      const said = await refusal(['serve'], url);
      expect(said).toMatch(/from an older linkbackd: it lacks \d+ of the steps of its schema/u);
      expect(said).toContain('linkbackd migrate');
      expect(await run(['migrate'], url)).toMatchObject({ code: 0, stderr: '' });
      expect(await statement(url, 'SELECT at FROM pulse')).toEqual([{ at: 7 }]);
      expect(await run(['site', 'list'], url)).toMatchObject({ code: 0, stderr: '' });
    },
    startsMs,
  );

  it(
    'is refused when it is newer, by everything',
    async () => {
      const url = await makeDatabase();
      databases.push(url);
      await statement(
        url,
        "INSERT INTO migration (number, name, checksum, applied_at) VALUES (9000, 'later', 'x', 1)",
      );
      for (const args of [['serve'], ['work'], ['migrate'], ['site', 'list']]) {
        expect(await refusal(args, url)).toContain('from a newer linkbackd: it has schema 9000 (later)');
      }
    },
    startsMs,
  );
});

describe('a database that cannot be used', () => {
  it(
    'is refused when it cannot hold every language',
    async () => {
      const url = await makeBare("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
      for (const args of [['migrate'], ['serve']]) expect(await refusal(args, url)).toContain('as LATIN1');
    },
    startsMs,
  );

  it(
    'is refused when nobody listens there, when there is no such host, and when there is no such database',
    async () => {
      const port = await freePort();
      expect(await refusal(['serve'], `postgres://me@127.0.0.1:${port}/linkbackd`)).toMatch(
        /PostgreSQL cannot be used: .*ECONNREFUSED.*linkbackd on 127\.0\.0\.1/su,
      );
      expect(await refusal(['work'], 'postgres://me@no-such-host.invalid/linkbackd')).toMatch(
        /(ENOTFOUND|EAI_AGAIN).*no-such-host\.invalid/su,
      );
      expect(await refusal(['migrate'], `${inject('postgresUrl')}/no_such_database`)).toContain(
        'database "no_such_database" does not exist',
      );
    },
    startsMs,
  );
});

describe('a server that lets nobody in', () => {
  let server: PostgresServer;
  let url: string;

  beforeAll(async () => {
    server = await startPostgres();
    url = `${server.url}/linkbackd`;
    await statement(`${server.url}/postgres`, 'CREATE DATABASE linkbackd');
    await migratePostgres({ url, migrations });
    await statement(
      url,
      `CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE crowded LOGIN CONNECTION LIMIT 0;
       CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`,
    );
    // The server's own superuser may write its files.
    const [settings] = await statement<{ hba_file: string }>(url, 'SHOW hba_file');
    await statement(
      url,
      `COPY (SELECT unnest(ARRAY['host all locked all scram-sha-256', 'host all all all trust']))
       TO '${settings?.hba_file ?? ''}'; SELECT pg_reload_conf()`,
    );
  }, startsMs);

  afterAll(() => server.close());

  const as = (user: string): string => url.replace('postgres@', `${user}@`);

  it.each([['serve'], ['work'], ['migrate'], ['site', 'list']])(
    'is told of in words, by `%s`: a wrong password, and too many connections',
    async (...args) => {
      const said = await refusal(args, as('locked:wrong'));
      expect(said).toContain('password authentication failed for user "locked"');
      expect(said).toContain('DATABASE_URL');
      expect(said).not.toContain('wrong');
      expect(await refusal(args, as('crowded'))).toContain('too many connections for role "crowded"');
    },
    startsMs,
  );

  it(
    'is told of in words when it lets in fewer than are needed',
    async () => {
      const line = await layLine(url);
      try {
        for (const args of [['serve'], ['work']]) {
          // With the first it makes sure that the schema fits.
          line.admit(1);
          expect(await refusal(args, line.through(url))).toMatch(
            /^linkbackd cannot start\. .*cannot be reached/su,
          );
        }
      } finally {
        await line.close();
      }
    },
    startsMs,
  );

  it(
    'is told of in words when it lets nobody write',
    async () => {
      for (const args of [['serve'], ['work'], ['site', 'list']])
        expect(await refusal(args, as('reader'))).toContain(
          'The user reader may not write the tables of linkbackd',
        );
    },
    startsMs,
  );
});
