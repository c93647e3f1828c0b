import { describe, expect, it } from 'vitest';
import { makeBuckets, maxKeys, perHour, perMinute } from '../../src/linkback/buckets.ts';

const noon = Date.UTC(2026, 0, 5, 12);
const minute = 60_000;

/** Takes tokens as long as there are any, and says how many there were. */
function drain(buckets: ReturnType<typeof makeBuckets>, key: string, now: number): number {
  let taken = 0;
  for (; buckets.waitMs(key, now) === 0; taken += 1) buckets.take(key, now);
  return taken;
}

describe('a bucket', () => {
  it.each([1, 7, 10, 60, 600, 997])('holds a minute’s share of %i, to the token', (count) => {
    const buckets = makeBuckets(perMinute(count));
    expect(drain(buckets, 'a', noon)).toBe(count);
    expect(drain(buckets, 'a', noon + minute)).toBe(count);
  });

  it('says how long until it has a token, and has it then', () => {
    const buckets = makeBuckets(perHour(60));
    drain(buckets, 'a', noon);
    expect(buckets.waitMs('a', noon)).toBe(minute);
    expect(buckets.waitMs('a', noon + 20_000)).toBe(40_000);
    expect(drain(buckets, 'a', noon + minute)).toBe(1);
  });

  it('gets a token back, and never has more than it holds', () => {
    const buckets = makeBuckets(perMinute(3));
    drain(buckets, 'a', noon);
    buckets.giveBack('a', noon);
    expect(drain(buckets, 'a', noon)).toBe(1);
    for (let n = 0; n < 10; n += 1) buckets.giveBack('a', noon);
    expect(drain(buckets, 'a', noon)).toBe(3);
  });

  it('is no emptier than empty when more is taken than it has', () => {
    const buckets = makeBuckets(perMinute(2));
    for (let n = 0; n < 100; n += 1) buckets.take('a', noon);
    expect(buckets.waitMs('a', noon)).toBe(30_000);
  });

  it('does not fill up when a clock goes back, and fills up afterwards as ever', () => {
    const buckets = makeBuckets(perMinute(1));
    drain(buckets, 'a', noon + 1000 * minute);
    expect(buckets.waitMs('a', noon)).toBe(minute);
    // Whoever only asks, as one does who is refused, has it fill up all the same.
    expect(buckets.waitMs('a', noon + minute)).toBe(0);
    expect(drain(buckets, 'a', noon + minute)).toBe(1);
  });
});

describe('the memory of buckets', () => {
  it('is bounded, and keeps the keys that are in use', () => {
    const buckets = makeBuckets(perHour(60), 100);
    for (let n = 0; n < 10_000; n += 1) {
      buckets.take(`once-${n}`, noon);
      if (n % 50 === 0) buckets.take('busy', noon);
      expect(buckets.size()).toBeLessThanOrEqual(100);
    }
    expect(buckets.waitMs('busy', noon)).toBeGreaterThan(0);
  });

  it(`has room for ${maxKeys} keys`, () => {
    const buckets = makeBuckets(perHour(60));
    for (let n = 0; n < maxKeys + 10; n += 1) buckets.take(`once-${n}`, noon);
    expect(buckets.size()).toBe(maxKeys);
  });

  it('is given back for buckets that are full again, one after another', () => {
    const buckets = makeBuckets(perMinute(60));
    for (let n = 0; n < 1000; n += 1) buckets.take(`once-${n}`, noon);
    for (let n = 0; n < 600; n += 1) buckets.take('busy', noon + n * 1000);
    expect(buckets.size()).toBe(1);
  });

  it('does not lose an empty bucket to ever so many keys that are used once and rest', () => {
    const buckets = makeBuckets(perHour(60), 100);
    drain(buckets, 'victim', noon);
    // Forty a minute, each full again after one: thousands of keys, and never a hundred that are not full.
    for (let n = 0; n < 2000; n += 1) buckets.take(`once-${n}`, noon + n * 1500);
    expect(buckets.waitMs('victim', noon)).toBeGreaterThan(0);
  });
});
