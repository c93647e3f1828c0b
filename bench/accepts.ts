import { join } from 'node:path';
import { readRows } from '../test/support/database.ts';
import { atLeast, atMost, withoutGoal, type Figure } from './figure.ts';
import type { Loaded } from './load.ts';
import type { LimitServer, ToSend } from './limits/server.ts';
import { startProgram } from './program.ts';
import { announcing, withStage } from './stage.ts';
import { median, rounds, turnAbout } from './statistics.ts';

const connections = 50;
const seconds = 2;
const goal = 0.7;
const goalMs = 50;

const dialects = {
  P1: { dialect: 'webmention', expect: 'HTTP/1.1 201' },
  P2: { dialect: 'pingback', expect: 'is queued' },
} as const;

/** P1 and P2: pings that are on disk when they are answered. Their sources never answer, so nothing is read meanwhile. */
export function measureAccepts(id: keyof typeof dialects): Promise<readonly Figure[]> {
  const { dialect, expect } = dialects[id];
  return withStage(async ({ serve, closing, folder, load, pages, silent, target }) => {
    const service = await serve({ ANSWER_WITHIN_MS: '0' });
    const limit = closing(
      await startProgram<LimitServer, ToSend, object>(
        './limits/server.ts',
        join(folder(), 'limit.db'),
        pages.dns,
      ),
    );
    const call = announcing(dialect, silent, target);
    const loadOf = (url: string) => (): Promise<Loaded> =>
      load({ ...call, url, connections, expect, maxCalls: 1_000_000, maxSeconds: seconds });
    await loadOf(service.url)();
    await loadOf(limit.said.url)();
    const before = filed(service.folder);
    const measured = await turnAbout({ ours: loadOf(service.url), limit: loadOf(limit.said.url) });
    const [ours, limits] = [measured.ours, measured.limit].map((all) =>
      median(all.map((each) => each.perSecond)),
    );
    const answered = measured.ours.reduce((sum, { calls }) => sum + calls, 0);
    const missing = answered - (filed(service.folder) - before);
    const how = `${dialect}s, ${connections} connections, ${rounds} times ${seconds} s each, turn about`;
    const p99 = median(measured.ours.map((each) => each.p99));
    return [
      atLeast(goal, (ours ?? 0) / (limits ?? 1), { id, name: 'accepts, of the limit', unit: '', how }),
      withoutGoal(ours ?? 0, {
        id,
        name: 'accepts a second',
        unit: '/s',
        how: `limit ${limits?.toFixed(0) ?? ''}/s`,
      }),
      atMost(goalMs, p99, { id, name: 'accept, p99', unit: 'ms', how }),
      atMost(0, missing, { id, name: 'answered, and not in the store', unit: '', how: `of ${answered}` }),
    ];
  });
}

function filed(folder: string): number {
  const [row] = readRows<{ readonly count: number | null }>(folder, 'SELECT COUNT(*) AS count FROM linkback');
  return Number(row?.count);
}
