import { setTimeout as wait } from 'node:timers/promises';
import type { Service } from '../test/support/service.ts';
import type { Figure } from './figure.ts';
import { instantOf, popularTarget } from './seed.ts';
import { withSeededService } from './seeded-service.ts';
import { percentile } from './statistics.ts';

const linkbacks = 100_000;
/** Four of ten linkbacks are pending: of the last quarter, ten thousand. */
const shareDecided = 0.25;
const callers = 4;
/** How long each caller rests after an answer, in milliseconds. */
const restMs = 20;
const goalMs = 1000;
const othersGoalMs = 100;

type Answer = { readonly id: string; readonly count: number };

/** P13: a decision on ten thousand linkbacks and its undo, and how long others wait meanwhile. */
export async function measureDecisions(): Promise<readonly Figure[]> {
  return withSeededService(linkbacks, async (service) => {
    const others: number[] = [];
    const figures: Figure[] = [];
    for (const moderation of ['approved', 'spam']) {
      const since = new Date(instantOf(1 - shareDecided)).toISOString();
      const filter = { moderation: 'pending', since };
      const [made, decideMs] = await whileOthersAsk(service, others, () =>
        post(service, '/api/moderation/decisions', { filter, moderation }),
      );
      const [undone, undoMs] = await whileOthersAsk(service, others, () =>
        post(service, `/api/moderation/decisions/${made.id}/undo`, {}),
      );
      figures.push(
        figure(`decide: ${moderation}`, decideMs, `${made.count} of ${linkbacks} linkbacks`),
        figure(`undo: ${moderation}`, undoMs, `${undone.count} of ${linkbacks} linkbacks`),
      );
    }
    const value = percentile(others, 99);
    const how = `${callers} callers, ${others.length} requests: a page's linkbacks, the inbox, a ping`;
    const goal = `<= ${othersGoalMs} ms`;
    const name = 'others meanwhile, p99';
    return [...figures, { id: 'P13', name, value, unit: 'ms', goal, isMet: value <= othersGoalMs, how }];
  });
}

function figure(name: string, value: number, how: string): Figure {
  return { id: 'P13', name, value, unit: 'ms', goal: `<= ${goalMs} ms`, isMet: value <= goalMs, how };
}

async function post(service: Service, path: string, body: unknown): Promise<Answer> {
  const response = await service.api('POST', path, body);
  if (!response.ok) throw new Error(`${path} gave ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

/** Does something while others call one after another, and says how long it took. */
async function whileOthersAsk<Result>(
  service: Service,
  others: number[],
  act: () => Promise<Result>,
): Promise<readonly [Result, number]> {
  let isOver = false;
  const calling = Array.from({ length: callers }, async () => {
    while (!isOver) {
      for (const call of calls(service)) {
        const before = performance.now();
        await (await call()).arrayBuffer();
        others.push(performance.now() - before);
        await wait(restMs);
      }
    }
  });
  const before = performance.now();
  const result = await act();
  const took = performance.now() - before;
  isOver = true;
  await Promise.all(calling);
  return [result, took];
}

let pings = 0;

function calls(service: Service): readonly (() => Promise<Response>)[] {
  return [
    () => service.get(`/api/linkbacks?${new URLSearchParams({ target: popularTarget }).toString()}`),
    () => service.api('GET', '/api/moderation/linkbacks'),
    () => {
      pings += 1;
      const body = new URLSearchParams({ source: `http://127.0.0.1:1/${pings}`, target: popularTarget });
      return fetch(`${service.url}/webmention`, { method: 'POST', body });
    },
  ];
}
