import { beforeEach, describe, expect, it } from 'vitest';
import {
  anyCaller,
  callerOf,
  makeAllowance,
  pingsPerDomain,
  pingsPerHost,
  pingsPerTarget,
  type Allowance,
  type CountedPing,
} from '../../src/linkback/allowance.ts';
import { makeLedger } from '../../src/linkback/ledger.ts';
import { makeClock, type Clock } from '../support/clock.ts';

const minute = 60_000;
const hour = 60 * minute;

let clock: Clock;
const newPairsPerMinute = 300;

let allowance: Allowance;
let asked: string[];

/** The last two labels stand for the registrable domain. */
const domainOf = (host: string): string => host.split('.').slice(-2).join('.');

function allow(pingsPerMinute: number): Allowance {
  return makeAllowance({
    pingsPerMinute,
    newPairsPerMinute,
    domainOf,
    ledger: makeLedger(),
    isApprovedHost: async (site, host) => {
      asked.push(`${site} ${host}`);
      return host.endsWith('friend.example');
    },
  });
}

beforeEach(() => {
  clock = makeClock();
  asked = [];
  allowance = allow(60);
});

/** A ping for a page, and of a host, of its own. */
let count = 0;
function counted(change: Partial<CountedPing> = {}): CountedPing {
  count += 1;
  return {
    site: 'blog',
    sourceHost: `host-${count}.d${count}.example`,
    targetKey: `page ${count}`,
    isNew: false,
    ...change,
  };
}

const ping = (change?: Partial<CountedPing>) => allowance.ping(counted(change), clock.now());

/** How many of so many pings are taken, all at this instant. */
async function taken(tries: number, change: (n: number) => Partial<CountedPing>): Promise<number> {
  let sum = 0;
  for (let n = 0; n < tries; n += 1) if ((await ping(change(n))) === undefined) sum += 1;
  return sum;
}

describe('the allowance of a caller', () => {
  it('is a minute’s share at once, then one at a time', async () => {
    allowance = allow(3);
    const call = (at: number) => allowance.caller('192.0.2.1', at);
    const answers = await Promise.all([0, 0, 0, 0].map(call));
    expect(answers).toEqual([
      undefined,
      undefined,
      undefined,
      { refused: 'too-many', retryAfterSeconds: 20 },
    ]);
    expect(await call(20_000)).toBeUndefined();
    expect(await call(20_001)).toMatchObject({ refused: 'too-many' });
  });

  it('is each caller’s own', async () => {
    allowance = allow(1);
    expect(await allowance.caller('192.0.2.1', 0)).toBeUndefined();
    expect(await allowance.caller('192.0.2.2', 0)).toBeUndefined();
    expect(await allowance.caller('192.0.2.1', 0)).toMatchObject({ refused: 'too-many' });
  });

  it('does not fill up when a clock goes back', async () => {
    allowance = allow(1);
    await allowance.caller('192.0.2.1', 100_000);
    expect(await allowance.caller('192.0.2.1', 0)).toMatchObject({ refused: 'too-many' });
  });

  it('is none where limits are off', async () => {
    for (let n = 0; n < 1000; n += 1) expect(await anyCaller('192.0.2.1', 0)).toBeUndefined();
  });
});

describe('a caller', () => {
  it('is all addresses of one IPv6 subscriber', () => {
    expect(callerOf('2001:db8:1:2:aaaa::1')).toBe(callerOf('2001:0db8:0001:0002::ffff'));
    expect(callerOf('2001:DB8:1:2::')).toBe(callerOf('2001:db8:1:2:3:4:192.0.2.1'));
    expect(callerOf('2001:db8:1:2::1')).not.toBe(callerOf('2001:db8:1:3::1'));
    expect(callerOf('1::2:3:4:5:192.0.2.1')).toBe(callerOf('1:0:2:3::'));
    expect(callerOf('::1')).toBe(callerOf('::2'));
    expect(callerOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
    expect(callerOf('fe80::1%eth0')).toBe(callerOf('fe80::2%anything else'));
  });

  it('is the IPv4 address that an IPv6 address maps', () => {
    const spellings = [
      '::ffff:192.0.2.1',
      '::FFFF:c000:201',
      '0:0:0:0:0:ffff:192.0.2.1',
      '::ffff:192.0.2.1%eth0',
    ];
    expect(spellings.map(callerOf)).toEqual(spellings.map(() => '192.0.2.1'));
    expect(callerOf('::ffff:192.0.2.2')).not.toBe('192.0.2.1');
    expect(callerOf('::1:ffff:192.0.2.1')).not.toBe('192.0.2.1');
  });

  it.each([
    '',
    'unknown',
    '_hidden',
    '192.0.2.1:80',
    '[::1]',
    '::1]/x?[',
    'x'.repeat(9999),
    ':::',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.04',
    '127.1.',
    '1.2.3.256',
    '1.2.3.04',
    '0x7f.1',
    "'--",
  ])('is one and the same for whatever is no address: %.20s', (text) => {
    expect(callerOf(text)).toBe('unknown');
  });
});

describe('the allowance of pings', () => {
  it(`is ${pingsPerHost} an hour for one source host, and then one a minute`, async () => {
    expect(await taken(100, (n) => ({ sourceHost: 'a.source.example', targetKey: `page ${n}` }))).toBe(
      pingsPerHost,
    );
    expect(await ping({ sourceHost: 'a.source.example' })).toEqual({
      refused: 'too-many',
      retryAfterSeconds: 60,
    });
    expect(await ping({ sourceHost: 'b.source.example' })).toBeUndefined();
    clock.advance(minute);
    expect(await taken(5, () => ({ sourceHost: 'a.source.example' }))).toBe(1);
  });

  it(`is ${pingsPerDomain} an hour for one registrable domain, whatever the hosts below it`, async () => {
    expect(await taken(500, (n) => ({ sourceHost: `x${n}.source.example` }))).toBe(pingsPerDomain);
    expect(await ping({ sourceHost: 'new.source.example' })).toEqual({
      refused: 'too-many',
      retryAfterSeconds: 30,
    });
    expect(await ping({ sourceHost: 'new.honest.example' })).toBeUndefined();
  });

  it(`is ${pingsPerTarget} an hour for one of our pages`, async () => {
    expect(await taken(1000, () => ({ targetKey: 'post' }))).toBe(pingsPerTarget);
    expect(await ping({ targetKey: 'post' })).toEqual({ refused: 'too-many', retryAfterSeconds: 6 });
    expect(await ping({ targetKey: 'other post' })).toBeUndefined();
  });

  it(`is ${newPairsPerMinute} new pairs a minute in all, and any number of known ones`, async () => {
    expect(await taken(1000, () => ({ isNew: true }))).toBe(newPairsPerMinute);
    expect(await ping({ isNew: true })).toEqual({ refused: 'too-many', retryAfterSeconds: 1 });
    expect(await taken(1000, () => ({ isNew: false }))).toBe(1000);
    clock.advance(minute);
    expect(await taken(1000, () => ({ isNew: true }))).toBe(newPairsPerMinute);
  });

  it('names the longest of all waits', async () => {
    await taken(newPairsPerMinute, () => ({ isNew: true }));
    await taken(pingsPerHost, () => ({ sourceHost: 'a.source.example' }));
    expect(await ping({ isNew: true, sourceHost: 'a.source.example' })).toMatchObject({
      retryAfterSeconds: 60,
    });
  });
});

describe('a ping that is refused', () => {
  it('uses up nobody’s allowance: a drained host does not drain pages, nor everybody', async () => {
    await taken(1000, () => ({ sourceHost: 'a.source.example', targetKey: 'post', isNew: true }));
    expect(
      await taken(1000, () => ({ sourceHost: 'b.source.example', targetKey: 'other', isNew: true })),
    ).toBe(pingsPerDomain - pingsPerHost);
    expect(await taken(1000, () => ({ isNew: true }))).toBe(newPairsPerMinute - pingsPerDomain);
    expect(await taken(1000, () => ({ targetKey: 'post' }))).toBe(pingsPerTarget - pingsPerHost);
  });

  it('uses up nobody’s allowance: a drained page does not drain hosts', async () => {
    await taken(pingsPerTarget, () => ({ targetKey: 'post' }));
    await taken(1000, () => ({ targetKey: 'post', sourceHost: 'a.source.example' }));
    expect(await taken(1000, () => ({ sourceHost: 'a.source.example' }))).toBe(pingsPerHost);
  });

  it('uses up nobody’s allowance, also when all come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => ping({ sourceHost: 'a.source.example', targetKey: 'post' })),
    );
    expect(answers.filter((each) => each === undefined)).toHaveLength(pingsPerHost);
    expect(await taken(1000, () => ({ targetKey: 'post' }))).toBe(pingsPerTarget - pingsPerHost);
  });
});

describe('a host that the owner has approved', () => {
  it('is not held up by a flood of strangers', async () => {
    await taken(newPairsPerMinute, () => ({ isNew: true }));
    await taken(pingsPerTarget, () => ({ targetKey: 'post' }));
    expect(await ping({ isNew: true, targetKey: 'post' })).toMatchObject({ refused: 'too-many' });
    expect(await ping({ isNew: true, targetKey: 'post', sourceHost: 'friend.example' })).toBeUndefined();
  });

  it('has its own limits all the same', async () => {
    await taken(newPairsPerMinute, () => ({ isNew: true }));
    expect(await taken(1000, () => ({ isNew: true, sourceHost: 'friend.example' }))).toBe(pingsPerHost);
  });

  it('is not even asked for while there is room for everybody', async () => {
    await taken(newPairsPerMinute, () => ({ isNew: true }));
    expect(asked).toEqual([]);
    clock.advance(hour);
    await ping({ isNew: true });
    expect(asked).toEqual([]);
  });
});
