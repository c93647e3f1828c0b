import { beforeEach, describe, expect, it } from 'vitest';
import { makeCap, requestsPerDomain, requestsPerHost, type Cap } from '../../src/web/cap.ts';
import { makeHourly } from '../../src/web/hourly.ts';
import { makeClock, type Clock } from '../support/clock.ts';

const hour = 3_600_000;

let clock: Clock;
let cap: Cap;

beforeEach(() => {
  clock = makeClock();
  cap = makeCap(clock.now, makeHourly());
});

const ask = (host: string): Promise<number> => cap(new URL(`http://${host}/page`));

/** Asks the hosts one after another, and says how many requests there may be. */
async function allowed(hosts: readonly string[]): Promise<number> {
  let count = 0;
  for (const host of hosts) if ((await ask(host)) === 0) count += 1;
  return count;
}

const often = (host: string): string[] => Array<string>(1000).fill(host);

describe('the cap on requests to one host', () => {
  it(`is ${requestsPerHost} an hour, and says when there may be more`, async () => {
    expect(await allowed(often('victim.example.com'))).toBe(requestsPerHost);
    const waitMs = await ask('victim.example.com');
    expect(waitMs).toBeGreaterThanOrEqual(hour);
    clock.advance(waitMs);
    expect(await allowed(often('victim.example.com'))).toBe(requestsPerHost);
  });

  it('is one for all its ports and spellings', async () => {
    const spellings = [
      'victim.example.com:8080',
      'VICTIM.example.com',
      'victim.example.com.',
      'victim.example.com:8443',
    ];
    expect(await allowed(spellings.flatMap(often))).toBe(requestsPerHost);
  });

  it('leaves other hosts alone', async () => {
    await allowed(often('victim.example.com'));
    expect(await ask('other.example.net')).toBe(0);
    expect(await ask('neighbour.example.com')).toBe(0);
  });
});

describe('the cap on requests to one registrable domain', () => {
  it(`is ${requestsPerDomain} an hour, whatever the names below it`, async () => {
    const names = Array.from({ length: 1000 }, (_, n) => `x${n}.y${n % 7}.victim.co.uk`);
    expect(await allowed(names)).toBe(requestsPerDomain);
    expect(await ask('victim.co.uk')).toBeGreaterThan(0);
    expect(await ask('honest.co.uk')).toBe(0);
  });

  it('knows names below which people register', async () => {
    const blogs = Array.from({ length: 1000 }, (_, n) => `blog${n}.github.io`);
    expect(await allowed(blogs)).toBe(1000);
  });

  it('is for a third only for redirects from elsewhere, so that a host’s own pages can still be asked for', async () => {
    const onward = async (host: string, from: string, tries: number): Promise<number> => {
      let count = 0;
      for (let n = 0; n < tries; n += 1)
        if ((await cap(new URL(`http://${host}/`), new URL(`http://a${n}.${from}/`))) === 0) count += 1;
      return count;
    };
    expect(await onward('victim.example.com', 'attacker.net', 100)).toBe(20);
    expect(await onward('other.example.com', 'attacker.org', 100)).toBe(20);
    expect(await onward('third.example.com', 'attacker.org', 100)).toBe(0);
    expect(await onward('victim.example.com', 'example.com', 100)).toBe(40);
    expect(await allowed(often('third.example.com'))).toBe(40);
  });

  it('is not used up by requests that were not made', async () => {
    await allowed(often('victim.example.com'));
    expect(await allowed(often('other.example.com'))).toBe(requestsPerDomain - requestsPerHost);
  });
});
