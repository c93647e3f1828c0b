import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, loadDialects, startLoad, type LoadPing } from '../support/load.ts';
import { makeRandom } from '../support/random.ts';
import { defaults, spawnService, startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const rounds = process.env['LINKBACKD_LONG'] === '1' ? 200 : 3;
const roundMs = 40_000;
const connections = 20;
const mostPingsARound = 2000;

let folder: string;
let web: Web;
let service: Service | undefined;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
});

afterEach(async () => {
  await service?.close();
  await web.close();
  removeFolder(folder);
});

async function start(): Promise<Service> {
  service = await startService({
    folder,
    env: { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all', LOG_LEVEL: 'warn' },
  });
  return service;
}

/** How often each pair is stored, by its source. */
function timesStored(): Map<string, number> {
  const rows = readRows<{ source: string; times: number }>(
    folder,
    'SELECT source, count(*) AS times FROM linkback GROUP BY source',
  );
  return new Map(rows.map((each) => [each.source, each.times]));
}

describe('a service that is killed at any moment', () => {
  it(
    `has lost nothing that it promised, in ${rounds} rounds on the same database`,
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these rounds`);
      const target = web.url('/post');
      web.page('/post', '<title>Ours</title>');
      web.page('/entry', linkingPage(target));
      const promised = new Set<string>();
      let pairs = 0;

      /** A new pair, or one of the latest again, perhaps in another dialect. */
      const nextPing = (): LoadPing => {
        const isRepeat = pairs > 0 && random.below(5) === 0;
        if (!isRepeat) pairs += 1;
        const pair = isRepeat ? Math.max(1, pairs - random.below(30)) : pairs;
        const dialect = loadDialects[random.below(loadDialects.length)] ?? 'pingback';
        return { dialect, source: web.url(`/entry?n=${pair}`), target };
      };

      for (let round = 1; round <= rounds; round += 1) {
        const killed = await start();
        let sent = 0;
        const load = startLoad(killed.url, connections, () =>
          ++sent > mostPingsARound ? undefined : nextPing(),
        );
        const enough = 20 + random.below(250);
        await waitUntil(() => load.answers.length >= enough, {
          what: `${enough} answers`,
          everyMs: 1,
          timeoutMs: roundMs,
        });
        await killed.end('SIGKILL');
        await load.over;
        for (const answered of load.answers) if (isPositive(answered)) promised.add(answered.ping.source);
        expect(load.answers.filter((each) => !isPositive(each))).toEqual([]);

        const stored = timesStored();
        expect([...promised].filter((source) => stored.get(source) !== 1)).toEqual([]);
        expect(findViolations(folder)).toEqual([]);
      }

      const { api } = await start();
      const inDoubt = "SELECT id FROM linkback WHERE verification <> 'verified'";
      const parked = "SELECT linkback_id AS id FROM job WHERE state = 'dead'";
      await waitUntil(
        async () => {
          // Three kills from outside with the same job in hand look like a page that ends us: the owner knows better.
          for (const { id } of readRows<{ id: string }>(folder, parked))
            await api('POST', `/api/moderation/linkbacks/${id}/verify`);
          return readRows(folder, inDoubt).length === 0;
        },
        { what: 'all to be verified', timeoutMs: 120_000 + rounds * 1000, everyMs: 200 },
      );
      expect(findViolations(folder)).toEqual([]);
      expect(promised.size).toBeGreaterThan(rounds * 10);
      console.log(`${promised.size} promised, ${timesStored().size} stored, in ${rounds} rounds`);
    },
    (rounds + 1) * roundMs + 120_000,
  );
});

describe('a first start that is killed at any moment', () => {
  it(
    'leaves nothing in the way of the next',
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these starts`);
      for (let round = 1; round <= rounds; round += 1) {
        const fresh = join(folder, `start-${round}`);
        mkdirSync(fresh);
        const starting = spawnService(defaults(fresh), {});
        const isKilled = new Promise((resolve) => starting.once('exit', resolve));
        // The file is there, and now any statement may be the last one.
        await waitUntil(() => existsSync(databaseIn(fresh)), { what: 'the database file', everyMs: 1 });
        const moment = performance.now() + random.below(40);
        await waitUntil(() => performance.now() >= moment, { everyMs: 1 });
        starting.kill('SIGKILL');
        await isKilled;
        const again = await startService({ folder: fresh });
        expect((await again.get('/readyz')).status).toBe(200);
        await again.close();
        expect(findViolations(fresh)).toEqual([]);
      }
    },
    rounds * roundMs,
  );
});

describe('the search for what must never be there', () => {
  const breakages: readonly (readonly [string, string])[] = [
    ['an unverified linkback that nobody will look at', 'DELETE FROM job'],
    ['a linkback that nobody announced', 'DELETE FROM announcement'],
    ['a linkback that its first dialect did not announce', "UPDATE announcement SET dialect = 'webmention'"],
    [
      'a job whose lease ran out, and that nobody took up',
      "UPDATE job SET state = 'leased', token = 'lost', lease_until = 1",
    ],
    ['a dead job of a linkback that is not settled', "UPDATE job SET state = 'dead'"],
    ['unverified where events tell of refused', insertEvent('unverified', 'refused')],
    ['a verification that jumps from unverified to gone', insertEvent('gone', 'refused')],
    ['a row that belongs to none', 'PRAGMA foreign_keys = OFF; DELETE FROM linkback'],
    [
      'a pair stored twice',
      `CREATE TEMP TABLE another AS SELECT * FROM linkback;
       UPDATE another SET id = 'another', pair_key = 'another';
       INSERT INTO linkback SELECT * FROM another`,
    ],
  ];

  it('finds it', async () => {
    web.page('/post', '<title>Ours</title>');
    web.page('/entry', { status: 503, body: 'Later' });
    const { ping, end } = await start();
    expect(await ping(web.url('/entry'), web.url('/post'))).toMatch(/^fault 50/u);
    expect(await end('SIGTERM')).toBe(0);
    expect(findViolations(folder)).toEqual([]);
    for (const [what, statements] of breakages) {
      const copy = join(folder, 'copy');
      mkdirSync(copy);
      copyFileSync(databaseIn(folder), databaseIn(copy));
      const database = new Database(databaseIn(copy));
      database.exec(statements);
      database.close();
      expect(findViolations(copy).join('\n')).toContain(what);
      removeFolder(copy);
    }
  });
});

function insertEvent(from: string, to: string): string {
  return `INSERT INTO event (id, linkback_id, at, machine, mover, from_state, to_state, why)
    SELECT 'e', id, 1, 'verification', 'look', '${from}', '${to}', '' FROM linkback`;
}
