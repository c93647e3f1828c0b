import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, startLoad } from '../support/load.ts';
import { isLong } from '../support/long.ts';
import { findUnequalEffects, findViolationsAt } from '../support/postgres-invariants.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { shareDatabase, type Processes } from '../support/processes.ts';
import { makeRandom } from '../support/random.ts';
import type { Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const kills = isLong ? 200 : Number(process.env['LINKBACKD_KILLS'] ?? 3);
const workersAtOnce = 4;
/** Jobs that are there for each kill. */
const pairsPerKill = 60;
/** Longer than a job that was in hand rests before another worker takes it. */
const patienceMs = 60_000;

let database: string;
let web: Web;
let processes: Processes;

beforeEach(async () => {
  [database, web] = await Promise.all([makeDatabase(), startWeb()]);
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(web.url('/post')));
  processes = shareDatabase(database, {
    SITES: `blog=http://${web.host}/`,
    POLICY: 'approve-all',
    LOG_LEVEL: 'warn',
  });
});

afterEach(async () => {
  await processes.close();
  await web.close();
  await dropDatabase(database);
});

const count = async (what: string): Promise<number> =>
  (await statement<{ many: number }>(database, `SELECT count(*) AS many FROM ${what}`))[0]?.many ?? 0;

describe('a worker that is killed, of several', () => {
  it(
    `leaves its jobs to the others, which do each once: ${kills} kills`,
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these kills`);
      const serving = await processes.serve('serving');
      let started = 0;
      const startWorker = (): Promise<Service> => processes.work(`worker-${(started += 1)}`);
      const workers: Service[] = [];
      while (workers.length < workersAtOnce) workers.push(await startWorker());
      let sent = 0;
      for (let kill = 1; kill <= kills; kill += 1) {
        const fresh = Array.from({ length: pairsPerKill }, () => web.url(`/entry?n=${(sent += 1)}`));
        const sending = sendAll(serving, fresh);
        const enough = (kill - 1) * pairsPerKill + random.below(pairsPerKill);
        await waitUntil(async () => (await count("linkback WHERE verification = 'verified'")) >= enough, {
          what: `${enough} verified`,
          timeoutMs: patienceMs,
          everyMs: 1,
        });
        const [victim] = workers.splice(random.below(workers.length), 1);
        await victim?.end('SIGKILL');
        await sending;
        workers.push(await startWorker());
      }
      await settleAll(kills * pairsPerKill);
      expect(await count('linkback')).toBe(kills * pairsPerKill);
      expect(await findUnequalEffects(database)).toEqual([]);
      expect(await findViolationsAt(database)).toEqual([]);
    },
    (kills + 2) * patienceMs,
  );
});

/** Sends all, and again what was told to come later: on a busy machine some are. */
async function sendAll(at: Service, sources: readonly string[]): Promise<void> {
  const left = [...sources];
  const load = startLoad(at.url, 5, () => {
    const source = left.pop();
    return source === undefined ? undefined : { dialect: 'webmention', source, target: web.url('/post') };
  });
  await load.over;
  const refused = load.answers.filter((each) => !isPositive(each));
  for (const { status, retryAfter } of refused)
    expect([status, Number(retryAfter)]).toEqual([503, expect.any(Number)]);
  if (refused.length > 0)
    await sendAll(
      at,
      refused.map(({ ping }) => ping.source),
    );
}

/**
 * Waits until all is verified. When nothing moves any more, leases run out as if their minute were over: the dead's, and
 * those of a slow one that still lives, whose word then counts for nothing.
 */
async function settleAll(pairs: number): Promise<void> {
  let before = -1;
  await waitUntil(
    async () => {
      const verified = await count("linkback WHERE verification = 'verified'");
      if (verified === before)
        await statement(database, "UPDATE job SET lease_until = 1 WHERE state = 'leased'");
      before = verified;
      return verified === pairs && (await count('job')) === 0;
    },
    { what: 'all to be verified', timeoutMs: patienceMs, everyMs: 3000 },
  );
}
