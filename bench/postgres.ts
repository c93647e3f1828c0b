import { availableParallelism } from 'node:os';
import pg from 'pg';
import { migratePostgres } from '../src/store/postgres-schema.ts';
import { readRows } from '../test/support/database.ts';
import { findUnequalEffects } from '../test/support/postgres-invariants.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { shareDatabase } from '../test/support/processes.ts';
import { makeRandom } from '../test/support/random.ts';
import type { Service } from '../test/support/service.ts';
import { migrations } from '../test/support/sqlite-store.ts';
import { waitUntil } from '../test/support/wait.ts';
import { atLeast, atMost, withoutGoal, type Figure } from './figure.ts';
import { announcing, withStage, type Stage } from './stage.ts';
import { median, turnAbout } from './statistics.ts';

const id = 'P10';
const goal = 0.6;
/** Workers that do the same work as fewer may be so much slower: what a machine measures twice differs, too. */
const noSlower = 0.9;
const workerCounts = [1, 2, 4] as const;
const bytes = 20_000;
const atOnce = 64;
const pagesEach = 300;
const times = 3;
/** Processes that a measurement needs beside its workers: the one that serves, the database, the pages and the caller. */
const othersAtWork = 4;

const kills = 15;
const workersKilled = 3;
const pingsBetween = 100;
/** Longer than a lease, which is what the jobs of a killed worker wait for. */
const patienceMs = 180_000;

/** P10: the same as P3 on PostgreSQL, by one worker process and by more; and whether all is done once while they are killed. */
export function measurePostgres(): Promise<readonly Figure[]> {
  return withStage(async (stage) => {
    const server = stage.closing(await startPostgres({ isDurable: true }));
    const speeds = await measureSpeed(stage, await makeDatabase(stage, server.url, 'speed'));
    return [...speeds, await measureKills(stage, await makeDatabase(stage, server.url, 'kills'))];
  });
}

type Database = { readonly url: string; readonly ask: (statement: string) => Promise<number> };

async function makeDatabase({ closing }: Stage, server: string, name: string): Promise<Database> {
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const maker = await connect(`${server}/postgres`);
  await maker.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
  await maker.end();
  const url = `${server}/${name}`;
  await migratePostgres({ url, migrations });
  const client = await connect(url);
  closing({ close: () => client.end() });
  return {
    url,
    ask: async (statement) => {
      const { rows } = await client.query<{ n: string | null }>(statement);
      return Number(rows[0]?.n ?? 0);
    },
  };
}

const countVerified = "SELECT SUM(count) AS n FROM tally WHERE verification = 'verified'";

async function measureSpeed(stage: Stage, { url, ask }: Database): Promise<readonly Figure[]> {
  const { serve, closing, env } = stage;
  const alone = await serve();
  const processes = closing(shareDatabase(url, { ...env, LIMITS: 'off' }));
  const door = await processes.serve('serve');
  const ours = (): Promise<number> => rate(stage, door, () => ask(countVerified));
  const sqlite = (): Promise<number> =>
    rate(stage, alone, async () => readRows<{ n: number | null }>(alone.folder, countVerified)[0]?.n ?? 0);
  await sqlite();
  const figures: Figure[] = [];
  let working = 0;
  let before: number | undefined;
  for (const count of workerCounts) {
    for (; working < count; working += 1) await processes.work(`work-${working}`);
    await ours();
    const measured = await turnAbout({ ours, sqlite }, times);
    const [mine, theirs] = [median(measured.ours), median(measured.sqlite)];
    const name = `verified on PostgreSQL, ${count} worker${count === 1 ? '' : 's'}`;
    const how = `${pagesEach} webmentions of ${bytes / 1000} KB pages, ${times} times, turn about`;
    figures.push(
      withoutGoal(mine, { id, name: `${name}, a second`, unit: '/s', how: `SQLite ${theirs.toFixed(0)}/s` }),
    );
    if (before === undefined)
      figures.push(atLeast(goal, mine / theirs, { id, name: `${name}, of SQLite`, unit: '', how }));
    else figures.push(besideFewer(count, mine / before, { id, name: `${name}, of fewer`, unit: '', how }));
    before = mine;
  }
  return figures;
}

/** More workers are no slower as long as there are cores for them. */
function besideFewer(
  count: number,
  ratio: number,
  about: Pick<Figure, 'id' | 'name' | 'unit' | 'how'>,
): Figure {
  const cores = availableParallelism();
  if (count + othersAtWork <= cores) return atLeast(noSlower, ratio, about);
  return withoutGoal(ratio, { ...about, how: `${about.how}; the machine's ${cores} cores are full before` });
}

/** From the first ping to the last verdict. */
async function rate(
  { load, source, target }: Stage,
  service: Service,
  verified: () => Promise<number>,
): Promise<number> {
  const before = await verified();
  const startedAt = performance.now();
  await load({
    ...announcing('webmention', source(bytes), target),
    url: service.url,
    connections: atOnce,
    expect: 'HTTP/1.1 201',
    maxCalls: pagesEach,
    maxSeconds: 60,
  });
  await waitUntil(async () => (await verified()) - before >= pagesEach, {
    what: 'all are verified',
    timeoutMs: 60_000,
    everyMs: 20,
  });
  return (pagesEach / (performance.now() - startedAt)) * 1000;
}

/** Kills a worker at random, again and again, while there is work in hand; then looks at what came of every ping. */
async function measureKills(stage: Stage, { url, ask }: Database): Promise<Figure> {
  const { closing, env, load, source, target } = stage;
  const random = makeRandom(15);
  const processes = closing(shareDatabase(url, { ...env, LIMITS: 'off', POLICY: 'approve-all' }));
  const door = await processes.serve('serve');
  const start = (n: number): Promise<Service> => processes.work(`work-${n}`);
  const workers = await Promise.all(Array.from({ length: workersKilled }, (_, at) => start(at)));
  const call = { ...announcing('webmention', source(bytes), target), url: door.url, connections: 16 };
  let pings = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await load({ ...call, expect: 'HTTP/1.1 201', maxCalls: pingsBetween, maxSeconds: 60 });
    pings += pingsBetween;
    const at = random.below(workersKilled);
    await waitUntil(async () => (await ask("SELECT count(*) AS n FROM job WHERE state = 'leased'")) > 0, {
      what: 'work is in hand',
    });
    await workers[at]?.end('SIGKILL');
    workers[at] = await start(workersKilled + kill);
  }
  await waitUntil(async () => (await ask("SELECT count(*) AS n FROM job WHERE state <> 'dead'")) === 0, {
    what: 'all work is done',
    timeoutMs: patienceMs,
    everyMs: 200,
  });
  const stored = await ask('SELECT count(*) AS n FROM linkback');
  const again = await ask("SELECT count(*) AS n FROM event WHERE to_state = 'verified'");
  const unequal = await findUnequalEffects(url);
  for (const each of unequal.slice(0, 5)) console.error(each);
  return atMost(0, unequal.length + Math.abs(pings - stored), {
    id,
    name: `linkbacks not verified and published just once, ${kills} workers killed`,
    unit: '',
    how: `${pings} pings, ${stored} linkbacks, ${again} verifications written down; ${workersKilled} workers, SIGKILL with work in hand`,
  });
}
