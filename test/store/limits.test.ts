import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perHour, perMinute } from '../../src/linkback/buckets.ts';
import type { Claim } from '../../src/linkback/ledger.ts';
import { sharedLimits, type SharedLimits } from '../../src/store/limits.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import type { Engine } from '../../src/store/engine.ts';
import { makeCap, requestsPerHost } from '../../src/web/cap.ts';
import { makeTurns } from '../../src/web/turns.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { migrations } from '../support/sqlite-store.ts';

let url: string;
/** Two processes on one database. */
let engines: Engine[];
let one: SharedLimits;
let other: SharedLimits;

beforeAll(async () => {
  url = await makeDatabase();
  engines = await Promise.all([1, 2].map(() => openPostgres({ url, migrations })));
  const limits = engines.map((engine) => sharedLimits(engine, randomUUID));
  const [first, second] = limits;
  if (first === undefined || second === undefined) throw new Error('there are no shared limits');
  [one, other] = [first, second];
});

afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  await dropDatabase(url);
});

const now = Date.now();
const claim = (change: Partial<Claim> = {}): Claim => ({
  kind: 'host',
  key: randomUUID(),
  rate: perHour(60),
  ...change,
});

/** How many of so many tokens two processes get, asking all at once. */
async function taken(claims: readonly Claim[], times: number): Promise<number> {
  const waits = await Promise.all(
    Array.from({ length: times }, (_, at) => (at % 2 === 0 ? one : other).ledger.take(claims, now)),
  );
  return waits.filter((waitMs) => waitMs === 0).length;
}

describe('tokens that two processes take from one bucket', () => {
  it('are as many as it holds, whoever takes them, and all at once', async () => {
    expect(await taken([claim({ rate: perHour(20) })], 60)).toBe(20);
  });

  it('tell when there is the next one, at either process', async () => {
    const full = claim({ rate: perMinute(3) });
    expect(await taken([full], 3)).toBe(3);
    const waits = [await one.ledger.waitMs([full], now), await other.ledger.take([full], now)];
    for (const waitMs of waits) {
      expect(waitMs).toBeGreaterThan(15_000);
      expect(waitMs).toBeLessThanOrEqual(20_000);
    }
  });

  it('are taken of each bucket or of none', async () => {
    const [wide, narrow] = [claim({ rate: perHour(10) }), claim({ rate: perHour(2) })];
    expect(await taken([wide, narrow], 9)).toBe(2);
    expect(await taken([wide], 9)).toBe(8);
  });

  it('can be given back', async () => {
    const single = claim({ rate: perHour(1) });
    expect(await one.ledger.take([single], now)).toBe(0);
    await other.ledger.giveBack(single, now);
    expect(await one.ledger.take([single], now)).toBe(0);
    expect(await other.ledger.take([single], now)).toBeGreaterThan(0);
  });

  it('come back with time', async () => {
    const single = claim({ rate: { atOnce: 1, eachMs: 60_000 } });
    expect(await one.ledger.take([single], now)).toBe(0);
    await statement(
      url,
      `UPDATE limit_bucket SET full_at = full_at - 60000 WHERE name = 'host ${single.key}'`,
    );
    expect(await other.ledger.take([single], now)).toBe(0);
  });
});

describe('the cap on requests to a host', () => {
  it('holds for all processes together', async () => {
    const [cap, theirs] = [makeCap(Date.now, one.hourly), makeCap(Date.now, other.hourly)];
    const victim = new URL('http://victim.example.com/');
    const waits = await Promise.all(
      Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? cap : theirs)(victim)),
    );
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(requestsPerHost);
    for (const waitMs of waits.filter((each) => each !== 0)) {
      expect(waitMs).toBeGreaterThan(3_000_000);
      expect(waitMs).toBeLessThanOrEqual(3_900_000);
    }
    expect(await cap(new URL('http://somebody.example.net/'))).toBe(0);
  });

  it('lets more through when the hour is over', async () => {
    const cap = makeCap(Date.now, one.hourly);
    const host = new URL('http://later.example.org/');
    for (let count = 0; count < requestsPerHost; count += 1) await cap(host);
    expect(await cap(host)).toBeGreaterThan(0);
    await statement(url, "UPDATE limit_count SET part = part - 13 WHERE key LIKE '%later.example.org'");
    await statement(url, "UPDATE limit_count SET part = part - 13 WHERE key LIKE '%example.org'");
    expect(await cap(host)).toBe(0);
  });
});

describe('turns at a host', () => {
  const turnsOf = ({ hosts }: SharedLimits) =>
    makeTurns({ isPolite: true, isOurs: ({ hostname }) => hostname === 'ours.example', restMs: 50, hosts });

  it('are one at a time, among all processes', async () => {
    const all = [turnsOf(one), turnsOf(other)];
    let underWay = 0;
    let most = 0;
    const fetchOnce = async (at: number): Promise<void> => {
      const turn = await all[at % 2]?.take(
        new URL('http://polite.example.com/'),
        AbortSignal.timeout(20_000),
      );
      most = Math.max(most, (underWay += 1));
      await new Promise(setImmediate);
      underWay -= 1;
      turn?.end();
    };
    await Promise.all(Array.from({ length: 6 }, (_, at) => fetchOnce(at)));
    expect(most).toBe(1);
  });

  it('hold nobody up at other hosts, or at our own', async () => {
    const [mine, theirs] = [turnsOf(one), turnsOf(other)];
    const held = await mine.take(new URL('http://held.example.com/'), AbortSignal.timeout(5000));
    (await theirs.take(new URL('http://free.example.com/'), AbortSignal.timeout(5000))).end();
    const ours = await mine.take(new URL('http://ours.example/'), AbortSignal.timeout(5000));
    (await theirs.take(new URL('http://ours.example/'), AbortSignal.timeout(5000))).end();
    ours.end();
    expect(theirs.busyHosts()).not.toContain('held.example.com');
    await expect(
      theirs.take(new URL('http://held.example.com/'), AbortSignal.timeout(300)),
    ).rejects.toThrow();
    expect(theirs.busyHosts()).toContain('held.example.com');
    held.end();
    (await theirs.take(new URL('http://held.example.com/'), AbortSignal.timeout(5000))).end();
  });

  it('of a process that is no more end by themselves', async () => {
    await one.hosts.begin('lost.example.com');
    await statement(url, "UPDATE limit_host SET until = until - 20000 WHERE host = 'lost.example.com'");
    expect(await other.hosts.begin('lost.example.com')).toHaveProperty('token');
  });
});
