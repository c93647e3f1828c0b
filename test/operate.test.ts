import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { Damaged, Slow, Stopped, Unavailable } from '../src/linkback/unavailable.ts';
import type { Numbers } from '../src/linkback/ports.ts';
import { makeMetrics } from '../src/metrics.ts';
import { operate } from '../src/operate.ts';
import { readNumbers, valueOf } from './support/numbers.ts';

let server: FastifyInstance | undefined;
afterEach(() => server?.close());

/** The routes alone, over a database that does what the test says. */
function operating(check: () => Promise<void>): FastifyInstance {
  server = fastify();
  const metrics = { text: () => Promise.resolve(''), contentType: 'text/plain' };
  return server.register(operate, { check, metrics, askLeave: () => Promise.resolve('yes'), withinMs: 50 });
}

const ready = async (app: FastifyInstance): Promise<readonly [number, unknown]> => {
  const { statusCode, json } = await app.inject({ method: 'GET', url: '/readyz' });
  return [statusCode, json()];
};

describe('GET /readyz', () => {
  it('says that all is well', async () => {
    const app = operating(() => Promise.resolve());
    expect(await ready(app)).toEqual([200, { status: 'ready', database: 'up' }]);
  });

  it.each<readonly [string, Error, string]>([
    ['is not there', new Stopped('ECONNREFUSED'), 'stopped'],
    ['does not answer in its own time', new Slow('timeout'), 'slow'],
    ['cannot write', new Unavailable('SQLITE_FULL'), 'cannot write'],
    ['is damaged', new Damaged('SQLITE_CORRUPT'), 'damaged'],
    ['does what nobody expects', new Error('a secret of the stack'), 'cannot write'],
  ])('says of a database that %s just that', async (_what, error, database) => {
    const app = operating(() => Promise.reject(error));
    expect(await ready(app)).toEqual([503, { status: 'unavailable', database }]);
  });

  it('says of a database that answers too late that it is slow, asks it once only, and sees it recover', async () => {
    const slow = Promise.withResolvers<undefined>();
    let asked = 0;
    const app = operating(() => {
      asked += 1;
      return slow.promise;
    });
    const answers = await Promise.all([ready(app), ready(app)]);
    expect(answers).toEqual(Array(2).fill([503, { status: 'unavailable', database: 'slow' }]));
    expect(await ready(app)).toEqual([503, { status: 'unavailable', database: 'slow' }]);
    expect(asked).toBe(1);
    slow.resolve(undefined);
    expect(await ready(app)).toEqual([200, { status: 'ready', database: 'up' }]);
  });

  it('leaves /healthz alone, which asks no database', async () => {
    const app = operating(() => Promise.reject(new Error('nobody asks')));
    const { statusCode, json } = await app.inject({ method: 'GET', url: '/healthz' });
    expect([statusCode, json()]).toEqual([200, { status: 'alive' }]);
  });
});

describe('numbers of a database', () => {
  const numbers: Numbers = {
    linkbacks: [{ moderation: 'approved', verification: 'verified', count: 7 }],
    jobs: { waiting: 3, leased: 2, dead: 1, dueSince: 10_000 },
    calls: { waiting: 0, leased: 0, dueSince: undefined },
  };

  it('say how late the oldest job is', async () => {
    const metrics = makeMetrics({ version: '1', now: () => 25_000, count: () => Promise.resolve(numbers) });
    const series = readNumbers(await metrics.text());
    expect(valueOf(series, 'linkbackd_oldest_due_job_age_seconds', { work: 'verification' })).toBe(15);
    expect(valueOf(series, 'linkbackd_oldest_due_job_age_seconds', { work: 'webhook' })).toBe(0);
    expect(valueOf(series, 'linkbackd_jobs', { state: 'dead' })).toBe(1);
    expect(valueOf(series, 'linkbackd_linkbacks', { moderation: 'approved', verification: 'verified' })).toBe(
      7,
    );
    expect(valueOf(series, 'linkbackd_linkbacks', { moderation: 'spam', verification: 'gone' })).toBe(0);
  });

  it('are left out when it does not tell them, and the rest is told all the same', async () => {
    let count = (): Promise<Numbers> => Promise.resolve(numbers);
    let elapsed = 0;
    const metrics = makeMetrics({
      version: '1',
      now: () => 0,
      count: () => count(),
      elapsed: () => elapsed,
    });
    await metrics.text();
    count = () => Promise.reject(new Error('no database'));
    elapsed += 60_000;
    metrics.leaseLost('webhook');
    const series = readNumbers(await metrics.text());
    expect(valueOf(series, 'linkbackd_database_up')).toBe(0);
    expect(
      series.filter(({ name }) => /^linkbackd_(?:jobs|linkbacks|webhook_queue|oldest)/u.test(name)),
    ).toEqual([]);
    expect(valueOf(series, 'linkbackd_leases_lost_total', { work: 'webhook' })).toBe(1);
  });
});
