import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { buildNextVersion } from '../support/next-version.ts';
import { makeRandom } from '../support/random.ts';
import { defaults, runToEnd, spawnService, startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const rounds = process.env['LINKBACKD_LONG'] === '1' ? 200 : 3;
const roundMs = 60_000;
/** Rows that the step writes: enough to keep it busy for a while. */
const rows = 30_000;

const step = '9000-counting.sql';
const statements = `CREATE TABLE counting (n INTEGER PRIMARY KEY, filling TEXT NOT NULL);
  WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${rows})
  INSERT INTO counting SELECT n, hex(randomblob(200)) FROM number;
  CREATE TABLE counted (total INTEGER);
  INSERT INTO counted SELECT count(*) FROM counting;`;

let folder: string;
/** A folder with a database of the version that is here. */
let old: string;
let web: Web;
let next: string;
let services: Service[];

beforeEach(async () => {
  services = [];
  folder = makeFolder();
  next = buildNextVersion(join(folder, 'next'), step, statements);
  old = join(folder, 'old');
  mkdirSync(old);
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(web.url('/post')));
  const service = await start({ folder: old });
  for (const n of [1, 2, 3]) await service.ping(web.url(`/entry?n=${n}`), web.url('/post'));
  expect(await service.end('SIGTERM')).toBe(0);
});

afterEach(async () => {
  await Promise.all(services.map((each) => each.close()));
  await web.close();
  removeFolder(folder);
});

async function start(options: { readonly folder: string; readonly main?: string }): Promise<Service> {
  const env = { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' };
  const service = await startService({ env, ...options });
  services.push(service);
  return service;
}

/** A copy of the old database in a folder of its own. */
function copyOfOld(name: string): string {
  const copy = join(folder, name);
  mkdirSync(copy);
  copyFileSync(databaseIn(old), databaseIn(copy));
  return copy;
}

const sourcesIn = (where: string): string[] =>
  readRows<{ source: string }>(where, 'SELECT source FROM linkback ORDER BY source').map(
    (each) => each.source,
  );

/** Whether the step is taken as a whole, or not at all; fails when it is half taken. */
function isTaken(where: string): boolean {
  const steps = readRows<{ number: number }>(where, 'SELECT number FROM migration');
  const tables = readRows<{ name: string }>(
    where,
    "SELECT name FROM sqlite_schema WHERE name IN ('counting', 'counted')",
  );
  const taken = steps.some((each) => each.number === 9000);
  expect(tables.map((each) => each.name).sort()).toEqual(taken ? ['counted', 'counting'] : []);
  if (taken) expect(readRows(where, 'SELECT total FROM counted')).toEqual([{ total: rows }]);
  return taken;
}

describe('an upgrade that changes the schema', () => {
  it(
    `is done by the next start when it is killed at any moment, in ${rounds} rounds, with a copy from before it`,
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these upgrades`);
      const taken: boolean[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        const where = copyOfOld(`round-${round}`);
        const copy = `${databaseIn(where)}.before-9000`;
        const upgrading = spawnService(defaults(where), { main: next });
        const isKilled = new Promise((resolve) => upgrading.once('exit', resolve));
        await waitUntil(() => existsSync(`${copy}.part`) || existsSync(copy), {
          what: 'the upgrade to begin',
          everyMs: 1,
          timeoutMs: roundMs,
        });
        const moment = performance.now() + random.below(250);
        await waitUntil(() => performance.now() >= moment, { everyMs: 1 });
        upgrading.kill('SIGKILL');
        await isKilled;

        taken.push(isTaken(where));
        expect(sourcesIn(where)).toEqual(sourcesIn(old));
        const again = await start({ folder: where, main: next });
        expect((await again.get('/readyz')).status).toBe(200);
        expect(await again.end('SIGTERM')).toBe(0);
        expect(isTaken(where)).toBe(true);
        expect(sourcesIn(where)).toEqual(sourcesIn(old));
        expect(findViolations(where)).toEqual([]);
        expectWhole(copy);
        expect(readdirSync(where).filter((name) => name.endsWith('.part'))).toEqual([]);
        removeFolder(where);
      }
      console.log(
        `${taken.filter((each) => !each).length} of ${rounds} were killed before the step was taken`,
      );
    },
    (rounds + 1) * roundMs,
  );

  it('tells of the copy, which leads the way back to the version before', { timeout: roundMs }, async () => {
    const where = copyOfOld('there-and-back');
    const copy = `${databaseIn(where)}.before-9000`;
    const upgraded = await start({ folder: where, main: next });
    expect(upgraded.output().stderr).toContain(`"to":"${copy}"`);
    expect(await upgraded.end('SIGTERM')).toBe(0);
    expect((statSync(copy).mode & 0o777).toString(8)).toBe('600');

    const { stderr } = await runToEnd(defaults(where));
    expect(stderr).toMatch(/from a newer linkbackd.*schema 9000 \(counting\)/u);
    expect(stderr).toContain('restore a backup that was made before the upgrade');
    copyFileSync(copy, databaseIn(where));
    const back = await start({ folder: where });
    expect((await back.get('/readyz')).status).toBe(200);
    expect(await back.end('SIGTERM')).toBe(0);
    expect(sourcesIn(where)).toEqual(sourcesIn(old));
    expect(findViolations(where)).toEqual([]);
  });
});

/** That a copy is a whole database of the version before. */
function expectWhole(copy: string): void {
  const database = new Database(copy, { readonly: true });
  try {
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.prepare('SELECT count(*) FROM migration WHERE number = 9000').pluck().get()).toBe(0);
    expect(database.prepare('SELECT source FROM linkback ORDER BY source').pluck().all()).toEqual(
      sourcesIn(old),
    );
  } finally {
    database.close();
  }
}
