import { join } from 'node:path';
import { readRows } from '../test/support/database.ts';
import type { Service } from '../test/support/service.ts';
import { waitUntil } from '../test/support/wait.ts';
import { atLeast, atMost, withoutGoal, type Figure } from './figure.ts';
import type { Verifications, Verified } from './limits/verifications.ts';
import { startProgram } from './program.ts';
import { announcing, cpuMsOf, memoryOf, withStage } from './stage.ts';
import { median, rounds, turnAbout } from './statistics.ts';

const goal = 0.6;
const goalMb = 250;
const sizes = [20_000, 50_000];
const atOnce = 64;
const pagesEach = 1000;

/** P3: from the ping to the verdict, many at a time: each page on a host of its own that is looked up and connected to. */
export function measureVerifications(): Promise<readonly Figure[]> {
  return withStage(async ({ serve, closing, folder, load, pages, source, target }) => {
    const service = await serve();
    const limit = closing(
      await startProgram<object, Verifications, Verified>(
        './limits/verifications.ts',
        join(folder(), 'limit.db'),
        pages.dns,
      ),
    );
    let number = 0;
    const figures: Figure[] = [];
    for (const bytes of sizes) {
      const call = announcing('webmention', source(bytes), target);
      const ours = async (): Promise<number> => {
        const before = verified(service);
        const startedAt = performance.now();
        await load({
          ...call,
          url: service.url,
          connections: atOnce,
          expect: 'HTTP/1.1 201',
          maxCalls: pagesEach,
          maxSeconds: 60,
        });
        await waitUntil(() => verified(service) - before >= pagesEach || undefined, {
          what: 'all are verified',
          timeoutMs: 60_000,
          everyMs: 25,
        });
        return (pagesEach / (performance.now() - startedAt)) * 1000;
      };
      const limits = async (): Promise<number> => {
        const sources = Array.from({ length: pagesEach }, () =>
          source(bytes).replaceAll('{n}', `l${++number}`),
        );
        return (await limit.ask({ sources, target })).perSecond;
      };
      await ours();
      await limits();
      const measured = await turnAbout({ ours, limits });
      const [mine, theirs] = [median(measured.ours), median(measured.limits)];
      const how = `${pagesEach} webmentions of ${bytes / 1000} KB pages, ${rounds} times, turn about`;
      const name = `verified, ${bytes / 1000} KB`;
      figures.push(
        atLeast(goal, mine / theirs, { id: 'P3', name: `${name}, of the limit`, unit: '', how }),
        withoutGoal(mine, {
          id: 'P3',
          name: `${name}, a second`,
          unit: '/s',
          how: `limit ${theirs.toFixed(0)}/s`,
        }),
      );
    }
    const { peak } = memoryOf(service.pid);
    return [...figures, atMost(goalMb, peak, { id: 'P3', name: 'memory, at most', unit: 'MB', how: 'RSS' })];
  });
}

function verified({ folder }: Service): number {
  const [row] = readRows<{ readonly count: number | null }>(
    folder,
    "SELECT SUM(count) AS count FROM tally WHERE verification = 'verified'",
  );
  return row?.count ?? 0;
}

const cpuGoalMs = 1.2;
const cpuCallers = 16;
const cpuPings = 1000;

/** P14: what a verified pingback costs the processor, whatever else the machine does meanwhile. */
export function measureCpu(): Promise<readonly Figure[]> {
  return withStage(async ({ serve, load, source, target }) => {
    const service = await serve({ ANSWER_WITHIN_MS: '60000' });
    const call = announcing('pingback', source(2000), target);
    const run = async (): Promise<readonly [number, number]> => {
      const before = cpuMsOf(service.pid);
      const { perSecond } = await load({
        ...call,
        url: service.url,
        connections: cpuCallers,
        expect: 'verified and registered',
        maxCalls: cpuPings,
        maxSeconds: 60,
      });
      return [(cpuMsOf(service.pid) - before) / cpuPings, perSecond];
    };
    await run();
    const { ours } = await turnAbout({ ours: run });
    const how = `${cpuPings} pingbacks of 2 KB pages, each on a host of its own, ${cpuCallers} callers, ${rounds} times`;
    return [
      atMost(cpuGoalMs, median(ours.map(([cpu]) => cpu)), {
        id: 'P14',
        name: 'CPU a pingback',
        unit: 'ms',
        how,
      }),
      withoutGoal(median(ours.map(([, rate]) => rate)), {
        id: 'P14',
        name: 'pingbacks a second',
        unit: '/s',
        how,
      }),
    ];
  });
}
