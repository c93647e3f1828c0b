import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migratePostgres } from '../../src/store/postgres-schema.ts';
import { sendWebmention, statusOf } from '../support/announce.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, loadDialects, startLoad } from '../support/load.ts';
import { isLong } from '../support/long.ts';
import { findUnequalEffects, findViolationsAt } from '../support/postgres-invariants.ts';
import { startPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { statement } from '../support/postgres.ts';
import { shareDatabase, type Processes } from '../support/processes.ts';
import { makeRandom } from '../support/random.ts';
import type { Service } from '../support/service.ts';
import { migrations } from '../support/sqlite-store.ts';
import { patience, waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const rounds = isLong ? 30 : 2;
const roundMs = 90_000;
const pingsPerRound = 400;

let server: PostgresServer;
let database: string;
let web: Web;
let processes: Processes;
let serving: Service;
let workers: Service[];

beforeEach(async () => {
  [server, web] = await Promise.all([startPostgres({ isDurable: true }), startWeb()]);
  await statement(`${server.url}/postgres`, "CREATE DATABASE linkbackd ENCODING 'UTF8' TEMPLATE template0");
  database = `${server.url}/linkbackd`;
  await migratePostgres({ url: database, migrations });
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(web.url('/post')));
  processes = shareDatabase(database, {
    SITES: `blog=http://${web.host}/`,
    POLICY: 'approve-all',
    LOG_LEVEL: 'warn',
  });
  serving = await processes.serve('serving');
  workers = [await processes.work('worker-1'), await processes.work('worker-2')];
}, roundMs);

afterEach(async () => {
  await processes.close();
  await web.close();
  await server.close();
});

const mention = (path: string): Promise<Response> => sendWebmention(serving, web.url(path), web.url('/post'));

/** How the service speaks of a database that is not there. */
async function expectUnavailable(): Promise<void> {
  const refused = await mention('/entry?n=refused');
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const fault = await serving.ping(web.url('/entry?n=refused'), web.url('/post'));
  expect(fault).toMatch(/^fault 0: /u);
  expect((await serving.api('GET', '/api/moderation/linkbacks')).status).toBe(503);
  const ready = await serving.get('/readyz');
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable', database: 'stopped' }]);
  expect((await serving.get('/healthz')).status).toBe(200);
}

describe('a PostgreSQL server that ends at once, under load', () => {
  it(
    `costs no process and nothing that was promised, ${rounds} times`,
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these rounds`);
      const promised = new Set<string>();
      let pairs = 0;
      for (let round = 1; round <= rounds; round += 1) {
        let sent = 0;
        const load = startLoad(serving.url, 10, () => {
          if (++sent > pingsPerRound) return undefined;
          const dialect = loadDialects[random.below(loadDialects.length)] ?? 'pingback';
          return { dialect, source: web.url(`/entry?n=${(pairs += 1)}`), target: web.url('/post') };
        });
        const enough = 10 + random.below(100);
        await waitUntil(() => load.answers.length >= enough, {
          what: `${enough} answers`,
          timeoutMs: roundMs,
        });
        await server.stopHard();
        await load.over;
        await expectUnavailable();
        await server.startAgain();
        const from = performance.now();
        const again = await waitUntil(
          async () => {
            const response = await mention(`/entry?n=again-${round}`);
            return response.status === 201 && response;
          },
          { what: 'pings are taken again', everyMs: 100 },
        );
        expect(performance.now() - from).toBeLessThan(10_000 * patience);
        expect(await statusOf(again.headers.get('location') ?? '')).toMatchObject({ status: 'verified' });
        for (const answered of load.answers) {
          if (isPositive(answered)) promised.add(answered.ping.source);
          // What is no promise says when to come again.
          else if (answered.ping.dialect === 'webmention') expect(answered.retryAfter).toBeDefined();
        }
      }
      await waitUntil(async () => (await statement(database, 'SELECT id FROM job')).length === 0, {
        what: 'all jobs to end',
        timeoutMs: roundMs,
        everyMs: 200,
      });
      const stored = await statement<{ source: string }>(database, 'SELECT source FROM linkback');
      const sources = new Set(stored.map(({ source }) => source));
      expect([...promised].filter((source) => !sources.has(source))).toEqual([]);
      expect(promised.size).toBeGreaterThan(rounds * 5);
      expect(await findUnequalEffects(database)).toEqual([]);
      expect(await findViolationsAt(database)).toEqual([]);
      const all = [serving, ...workers];
      expect(await Promise.all(all.map((each) => each.end('SIGTERM')))).toEqual([0, 0, 0]);
    },
    (rounds + 1) * roundMs,
  );
});
