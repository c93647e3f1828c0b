import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  hostRestMs,
  makeTurns,
  maxFetches,
  maxFetchesPerDomain,
  maxSilentFetches,
  OverCap,
  type Turn,
  type Turns,
} from '../../src/web/turns.ts';
import { never } from '../support/fetching.ts';

let now: number;

beforeEach(() => {
  now = 1000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => void vi.useRealTimers());

/** Moves the clock and the timers. */
async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

const polite = (): Turns =>
  makeTurns({ isPolite: true, isOurs: (url) => url.hostname === 'ours.example.com', nowMs: () => now });

const at = (host: string): URL => new URL(`http://${host}/page`);

/** What has become of taking a turn by now: the turn, or undefined while it waits. */
async function soon(taking: Promise<Turn>): Promise<Turn | undefined> {
  let turn: Turn | undefined;
  taking.then((taken) => (turn = taken)).catch(() => undefined);
  await setImmediate();
  return turn;
}

describe('turns', () => {
  it('are one at a time for a host, and a rest apart', async () => {
    const turns = polite();
    const first = await turns.take(at('a.example.com'), never);
    const second = turns.take(at('a.example.com'), never);
    expect(await soon(second)).toBeUndefined();
    first.end();
    expect(await soon(second)).toBeUndefined();
    await pass(hostRestMs - 1);
    expect(await soon(second)).toBeUndefined();
    await pass(1);
    expect(await soon(second)).toBeDefined();
  });

  it('come to the next in line one by one', async () => {
    const turns = polite();
    const first = await turns.take(at('a.example.com'), never);
    const others = [1, 2].map(() => turns.take(at('a.example.com'), never));
    first.end();
    await pass(hostRestMs);
    const taken = await Promise.all(others.map(soon));
    expect(taken.filter((turn) => turn !== undefined)).toHaveLength(1);
    taken.find((turn) => turn !== undefined)?.end();
    await pass(hostRestMs);
    expect(await Promise.all(others)).toHaveLength(2);
  });

  it('come even when the timer runs ahead of the clock', async () => {
    const turns = polite();
    (await turns.take(at('a.example.com'), never)).end();
    const second = turns.take(at('a.example.com'), never);
    now += hostRestMs - 0.5;
    await vi.advanceTimersByTimeAsync(hostRestMs);
    expect(await soon(second)).toBeUndefined();
    await pass(1);
    expect(await soon(second)).toBeDefined();
  });

  it('for other hosts and other ports do not wait', async () => {
    const turns = polite();
    await turns.take(at('a.example.com'), never);
    expect(await soon(turns.take(at('b.example.com'), never))).toBeDefined();
    expect(await soon(turns.take(at('a.example.com:8080'), never))).toBeDefined();
  });

  it('for our own hosts neither rest nor wait for each other', async () => {
    const turns = polite();
    const first = await turns.take(at('ours.example.com'), never);
    const second = await turns.take(at('ours.example.com'), never);
    first.end();
    second.end();
    expect(await soon(turns.take(at('ours.example.com'), never))).toBeDefined();
  });

  it(`are ${maxFetchesPerDomain} for the hosts of one registrable domain`, async () => {
    const turns = polite();
    const taken: Turn[] = [];
    for (let n = 0; n < maxFetchesPerDomain; n += 1)
      taken.push(await turns.take(at(`a${n}.example.com`), never));
    const more = turns.take(at('more.example.com'), never);
    expect(await soon(more)).toBeUndefined();
    expect(await soon(turns.take(at('a.example.net'), never))).toBeDefined();
    taken[0]?.end();
    expect(await soon(more)).toBeDefined();
  });

  it('count our own hosts with their domain, too, each fetch by itself', async () => {
    const turns = polite();
    for (let n = 0; n < maxFetchesPerDomain; n += 1) await turns.take(at('ours.example.com'), never);
    expect(await soon(turns.take(at('more.example.com'), never))).toBeUndefined();
  });

  it('know where people register: blogs below one host may be many people’s', async () => {
    const turns = polite();
    for (let n = 0; n <= maxFetchesPerDomain; n += 1) {
      expect(await soon(turns.take(at(`blog${n}.github.io`), never))).toBeDefined();
      expect(await soon(turns.take(at(`blog${n}.co.uk`), never))).toBeDefined();
      expect(await soon(turns.take(at(`93.184.216.${n}`), never))).toBeDefined();
    }
  });

  it.each([true, false])(`are ${maxFetches} in all, polite or not: %s`, async (isPolite) => {
    const turns = makeTurns({ isPolite, isOurs: () => false, nowMs: () => now });
    const taken: Turn[] = [];
    for (let n = 0; n < maxFetches; n += 1) taken.push(await turns.take(at(`blog${n}.github.io`), never));
    const more = turns.take(at('more.example.com'), never);
    expect(await soon(more)).toBeUndefined();
    taken[7]?.end();
    expect(await soon(more)).toBeDefined();
  });

  it('are not held up by anything else when we need not be polite', async () => {
    const turns = makeTurns({ isPolite: false, isOurs: () => false, nowMs: () => now });
    const taken: Turn[] = [];
    for (let n = 0; n < maxFetches; n += 1) taken.push(await turns.take(at('a.example.com'), never));
    expect(taken.every((turn) => turn.maySitSilent())).toBe(true);
    expect(turns.busyHosts()).toEqual([]);
    for (const turn of taken) turn.end();
    expect(await soon(turns.take(at('a.example.com'), never))).toBeDefined();
  });
});

describe('the cap', () => {
  const capped = (isPolite: boolean): { turns: Turns; asked: string[] } => {
    const asked: string[] = [];
    const turns = makeTurns({
      isPolite,
      isOurs: (url) => url.hostname === 'ours.example.com',
      cap: async (url) => (asked.push(url.hostname), url.hostname === 'victim.example.com' ? 5000 : 0),
      nowMs: () => now,
    });
    return { turns, asked };
  };

  it.each([true, false])(
    'refuses a turn, and says when there may be one, polite or not: %s',
    async (isPolite) => {
      const { turns } = capped(isPolite);
      await expect(turns.take(at('victim.example.com'), never)).rejects.toThrow(OverCap);
      await expect(turns.take(at('victim.example.com'), never)).rejects.toMatchObject({ waitMs: 5000 });
      expect(await soon(turns.take(at('a.example.com'), never))).toBeDefined();
    },
  );

  it('leaves no place taken by a turn that it refused, nor a rest after it', async () => {
    const { turns } = capped(true);
    for (let n = 0; n < 2 * maxFetches; n += 1)
      await expect(turns.take(at('victim.example.com'), never)).rejects.toThrow(OverCap);
    expect(turns.busyHosts()).toEqual([]);
    expect(await soon(turns.take(at('a.example.com'), never))).toBeDefined();
  });

  it('lets in those who waited for a place that it did not fill', async () => {
    let isAsked = false;
    const asking = Promise.withResolvers<number>();
    const turns = makeTurns({
      isPolite: true,
      isOurs: () => false,
      cap: async () => (isAsked ? 0 : ((isAsked = true), asking.promise)),
      nowMs: () => now,
    });
    const first = turns.take(at('a.example.com'), never);
    const second = turns.take(at('a.example.com'), never);
    expect(await soon(second)).toBeUndefined();
    asking.resolve(5000);
    await expect(first).rejects.toThrow(OverCap);
    expect(await soon(second)).toBeDefined();
  });

  it('is told where redirects began', async () => {
    const starts: (URL | undefined)[] = [];
    const cap = async (_: URL, start?: URL): Promise<number> => (starts.push(start), 0);
    const turns = makeTurns({ isPolite: true, isOurs: () => false, cap, nowMs: () => now });
    await turns.take(at('a.example.com'), never);
    await turns.take(at('b.example.com'), never, at('a.example.com'));
    expect(starts).toEqual([undefined, at('a.example.com')]);
  });

  it('counts each turn once, when it comes, and none on our own hosts', async () => {
    const { turns, asked } = capped(true);
    const first = await turns.take(at('a.example.com'), never);
    const second = turns.take(at('a.example.com'), never);
    expect(await soon(second)).toBeUndefined();
    expect(asked).toEqual(['a.example.com']);
    first.end();
    await pass(hostRestMs);
    expect(await soon(second)).toBeDefined();
    await turns.take(at('ours.example.com'), never);
    expect(asked).toEqual(['a.example.com', 'a.example.com']);
  });
});

describe('turns on silent hosts', () => {
  it(`are ${maxSilentFetches}, and each may be followed by another`, async () => {
    const turns = polite();
    const taken: Turn[] = [];
    for (let n = 0; n <= maxSilentFetches; n += 1)
      taken.push(await turns.take(at(`blog${n}.github.io`), never));
    const [first, ...others] = taken;
    expect(first?.maySitSilent()).toBe(true);
    expect(others.map((turn) => turn.maySitSilent()).filter(Boolean)).toHaveLength(maxSilentFetches - 1);
    first?.end();
    expect(others.at(-1)?.maySitSilent()).toBe(true);
    expect((await turns.take(at('late.example.com'), never)).maySitSilent()).toBe(false);
  });
});

describe('waiting for a turn', () => {
  it('ends with the signal’s reason, and leaves the turn to others', async () => {
    const turns = polite();
    const first = await turns.take(at('a.example.com'), never);
    const stop = new AbortController();
    const impatient = turns.take(at('a.example.com'), stop.signal);
    const patient = turns.take(at('a.example.com'), never);
    stop.abort(new Error('out of time'));
    await expect(impatient).rejects.toThrow('out of time');
    first.end();
    await pass(hostRestMs);
    expect(await soon(patient)).toBeDefined();
  });

  it('does not begin after the signal has fired', async () => {
    const turns = polite();
    await expect(turns.take(at('a.example.com'), AbortSignal.abort(new Error('stopped')))).rejects.toThrow(
      'stopped',
    );
    expect(turns.busyHosts()).toEqual([]);
  });

  it('leaves nothing behind on the signal, however often it looked', async () => {
    const turns = polite();
    const stop = new AbortController();
    const first = await turns.take(at('a.example.com'), never);
    const waiting = turns.take(at('a.example.com'), stop.signal);
    for (let n = 0; n < 30; n += 1) {
      (await turns.take(at(`blog${n}.github.io`), never)).end();
      await setImmediate();
    }
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
    first.end();
    await pass(hostRestMs);
    expect(await soon(waiting)).toBeDefined();
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });
});

describe('busyHosts', () => {
  it('are those with a turn and those that rest, but not our own', async () => {
    const turns = polite();
    await turns.take(at('a.example.com:8080'), never);
    await turns.take(at('ours.example.com'), never);
    (await turns.take(at('b.example.com'), never)).end();
    expect(turns.busyHosts()).toEqual(['a.example.com:8080', 'b.example.com']);
    await pass(hostRestMs);
    expect(turns.busyHosts()).toEqual(['a.example.com:8080']);
  });
});
