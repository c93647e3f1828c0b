import { randomUUID } from 'node:crypto';
import { buildPing } from '../test/support/build-ping.ts';
import { databaseIn, readRows } from '../test/support/database.ts';
import { waitUntil } from '../test/support/wait.ts';
import { makeStore } from '../src/store/store.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { atLeast, withoutGoal, type Figure } from './figure.ts';
import { withStage } from './stage.ts';
import { median, turnAbout } from './statistics.ts';

const goal = 0.8;
const honest = 1000;
const silentHosts = 1000;
const bytes = 20_000;
const rounds = 3;
const migrations = new URL('../migrations', import.meta.url).pathname;

/**
 * P8: how many pages are verified a second while a thousand hosts that never answer stand before them in the queue, with
 * all limits on; against the same queue without those.
 */
export async function measureSilent(): Promise<readonly Figure[]> {
  return withStage(async ({ serve, folder, source, silent, target }) => {
    const verify = async (silentOnes: number): Promise<number> => {
      const inside = folder();
      const queue = [...numbered(silent, silentOnes), ...numbered(source(bytes), honest)];
      await fill(databaseIn(inside), queue, target);
      const startedAt = performance.now();
      const service = await serve({ LIMITS: 'on' }, inside);
      await waitUntil(() => verifiedIn(inside) >= honest, {
        what: 'the honest',
        timeoutMs: 120_000,
        everyMs: 25,
      });
      const took = performance.now() - startedAt;
      await service.end('SIGTERM');
      return (honest / took) * 1000;
    };
    const measured = await turnAbout({ alone: () => verify(0), amid: () => verify(silentHosts) }, rounds);
    const [alone, amid] = [median(measured.alone), median(measured.amid)];
    const how = `${honest} pages of ${bytes / 1000} KB behind ${silentHosts} silent hosts, ${rounds} times, turn about, from the start of the service`;
    return [
      atLeast(goal, amid / alone, {
        id: 'P8',
        name: 'verified amid silent hosts, of without',
        unit: '',
        how,
      }),
      withoutGoal(amid, {
        id: 'P8',
        name: 'verified, a second',
        unit: '/s',
        how: `alone ${alone.toFixed(0)}/s`,
      }),
    ];
  });
}

function numbered(address: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => address.replaceAll('{n}', String(at)));
}

/** Promises a look at each source, in their order, as if they had been announced one after another. */
async function fill(file: string, sources: readonly string[], target: string): Promise<void> {
  const engine = openSqlite({ file, migrations, isService: false });
  const store = makeStore(engine, { now: Date.now, newId: randomUUID });
  const first = Date.now() - sources.length;
  await Promise.all(
    sources.map((source, at) => {
      const { host, hostname } = new URL(source);
      return store.file(
        buildPing({
          dialect: 'webmention',
          site: 'blog',
          source,
          sourceHost: hostname,
          jobHost: host,
          target,
          targetKey: target,
          pairKey: `${source} ${target}`,
          newId: randomUUID(),
          newStatusId: randomUUID(),
          at: first + at,
        }),
      );
    }),
  );
  await store.close();
}

function verifiedIn(folder: string): number {
  const [row] = readRows<{ readonly count: number | null }>(
    folder,
    "SELECT SUM(count) AS count FROM tally WHERE verification = 'verified'",
  );
  return row?.count ?? 0;
}
