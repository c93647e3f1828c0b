import { join } from 'node:path';
import { atLeast, withoutGoal, type Figure } from './figure.ts';
import type { LimitServer, ToSend } from './limits/server.ts';
import type { Load, Loaded } from './load.ts';
import { startProgram } from './program.ts';
import { popularTarget } from './seed.ts';
import { withStage } from './stage.ts';
import { median, rounds, turnAbout } from './statistics.ts';
import { seededSites, storeOf } from './stores.ts';

const linkbacks = 100_000;
const connections = 32;
const seconds = 2;
const goals = { whole: 0.5, unchanged: 0.8 };

const path = `/api/linkbacks?${new URLSearchParams({ target: popularTarget, limit: '20' }).toString()}`;

/** P5: twenty linkbacks of a page that has ten thousand, and the same list for a reader that has it already. */
export async function measureReads(): Promise<readonly Figure[]> {
  const store = await storeOf(linkbacks);
  return withStage(async ({ serve, closing, folder, load, pages }) => {
    const service = await serve({ SITES: seededSites }, store);
    const limit = closing(
      await startProgram<LimitServer, ToSend, object>(
        './limits/server.ts',
        join(folder(), 'limit.db'),
        pages.dns,
      ),
    );
    const answer = await service.get(path);
    const body = await answer.text();
    if ((JSON.parse(body) as { readonly items: readonly unknown[] }).items.length !== 20)
      throw new Error(`Not twenty linkbacks: ${body.slice(0, 200)}`);
    // What Node says by itself, it says for the limit, too.
    const own = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];
    const headers = Object.fromEntries([...answer.headers].filter(([name]) => !own.includes(name)));
    await limit.ask({ headers, body });
    const etag = headers['etag'] ?? '';
    const loadOf =
      (url: string, path: string, more: Pick<Load, 'headers' | 'expect'>) => (): Promise<Loaded> =>
        load({ url, path, method: 'GET', ...more, connections, maxCalls: 10_000_000, maxSeconds: seconds });
    const figures: Figure[] = [];
    for (const [kind, goal] of Object.entries(goals)) {
      const more =
        kind === 'whole'
          ? { expect: 'HTTP/1.1 200' }
          : { headers: { 'if-none-match': etag }, expect: 'HTTP/1.1 304' };
      const [ours, limits] = [loadOf(service.url, path, more), loadOf(limit.said.url, '/read', more)];
      await ours();
      await limits();
      const measured = await turnAbout({ ours, limits });
      const mine = median(measured.ours.map((each) => each.perSecond));
      const theirs = median(measured.limits.map((each) => each.perSecond));
      const name = kind === 'whole' ? 'reads' : 'reads of what the reader has';
      const how = `20 of a page's 10,000 linkbacks, ${linkbacks} in the store, ${connections} connections, ${rounds} times ${seconds} s, turn about`;
      figures.push(
        atLeast(goal, mine / theirs, { id: 'P5', name: `${name}, of the limit`, unit: '', how }),
        withoutGoal(mine, {
          id: 'P5',
          name: `${name}, a second`,
          unit: '/s',
          how: `limit ${theirs.toFixed(0)}/s`,
        }),
      );
    }
    await service.end('SIGTERM');
    return figures;
  });
}
