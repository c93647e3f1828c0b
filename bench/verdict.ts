import { join } from 'node:path';
import { atMost, withoutGoal, type Figure } from './figure.ts';
import type { LimitServer, ToSend } from './limits/server.ts';
import type { Loaded } from './load.ts';
import { startProgram } from './program.ts';
import { announcing, withStage } from './stage.ts';
import { median, rounds, turnAbout } from './statistics.ts';

const goal = 2;
const goalMs = 50;
const pings = 150;
const bytes = 20_000;

/** P4: how long one caller waits for the exact verdict, when the source answers at once. */
export function measureVerdict(): Promise<readonly Figure[]> {
  return withStage(async ({ serve, closing, folder, load, pages, source, target }) => {
    const service = await serve();
    const limit = closing(
      await startProgram<LimitServer, ToSend, object>(
        './limits/server.ts',
        join(folder(), 'limit.db'),
        pages.dns,
      ),
    );
    const call = announcing('pingback', source(bytes), target);
    const loadOf = (url: string, path: string) => (): Promise<Loaded> =>
      load({
        ...call,
        url,
        path,
        connections: 1,
        expect: 'verified and registered',
        maxCalls: pings,
        maxSeconds: 60,
      });
    const [ours, limits] = [loadOf(service.url, '/pingback'), loadOf(limit.said.url, '/verdict')];
    await ours();
    await limits();
    const measured = await turnAbout({ ours, limits });
    const mine = median(measured.ours.map((each) => each.p50));
    const theirs = median(measured.limits.map((each) => each.p50));
    const p99 = median(measured.ours.map((each) => each.p99));
    const how = `pingbacks of ${bytes / 1000} KB pages, one at a time, ${rounds} times ${pings}, turn about`;
    return [
      atMost(goal, mine / theirs, {
        id: 'P4',
        name: 'time to the verdict, median, of the limit',
        unit: '',
        how,
      }),
      withoutGoal(mine, {
        id: 'P4',
        name: 'time to the verdict, median',
        unit: 'ms',
        how: `limit ${theirs.toFixed(1)} ms`,
      }),
      atMost(goalMs, p99, { id: 'P4', name: 'time to the verdict, p99', unit: 'ms', how }),
    ];
  });
}
