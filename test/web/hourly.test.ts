import { describe, expect, it } from 'vitest';
import { makeHourCounts } from '../../src/web/hourly.ts';

const noon = Date.UTC(2026, 0, 5, 12);
const minute = 60_000;
const hour = 60 * minute;

describe('counts of the last hour', () => {
  it('are full when as many are counted, until the hour is over', () => {
    const hourly = makeHourCounts();
    for (let n = 0; n < 3; n += 1) {
      expect(hourly.waitMs('a', 3, noon + n)).toBe(0);
      hourly.count('a', noon + n);
    }
    const waitMs = hourly.waitMs('a', 3, noon + 3);
    expect(waitMs).toBeGreaterThanOrEqual(hour - 3);
    expect(waitMs).toBeLessThanOrEqual(hour + 5 * minute);
    expect(hourly.waitMs('a', 3, noon + 3 + waitMs - 1)).toBe(1);
    expect(hourly.waitMs('a', 3, noon + 3 + waitMs)).toBe(0);
    expect(hourly.waitMs('b', 3, noon + 3)).toBe(0);
  });

  it('never let more through in any hour, whenever they come', () => {
    const hourly = makeHourCounts();
    const counted: number[] = [];
    // Every seven seconds for a day, and twice at once every now and then.
    for (let at = noon; at < noon + 24 * hour; at += 7000) {
      for (let n = 0; n < (at % 11 === 0 ? 2 : 1); n += 1) {
        if (hourly.waitMs('a', 60, at) > 0) continue;
        hourly.count('a', at);
        counted.push(at);
      }
    }
    const perHour = counted.map((from) => counted.filter((at) => at >= from && at < from + hour).length);
    expect(Math.max(...perHour)).toBe(60);
    // And no hour goes by in which a share is withheld.
    expect(counted.length).toBeGreaterThan(22 * 60);
  });

  it('do not forget a busy key for the sake of very many others', () => {
    const hourly = makeHourCounts();
    for (let n = 0; n < 60; n += 1) hourly.count('victim', noon);
    for (let n = 0; n < 200_000; n += 1) hourly.count(`once-${n}`, noon + n);
    expect(hourly.waitMs('victim', 60, noon + 200_000)).toBeGreaterThan(0);
  });

  it('hardly ever take a quiet key for a busy one', () => {
    const hourly = makeHourCounts();
    for (let n = 0; n < 60_000; n += 1) hourly.count(`busy-${n % 1000}`, noon);
    const quiet = Array.from({ length: 20_000 }, (_, n) => `quiet-${n}`);
    const mistaken = quiet.filter((key) => hourly.waitMs(key, 60, noon) > 0);
    expect(mistaken.length).toBeLessThan(40);
  });

  it('stand still while the clock goes back an hour, and are given up when it goes back for years', () => {
    const hourly = makeHourCounts();
    for (let n = 0; n < 60; n += 1) hourly.count('a', noon);
    expect(hourly.waitMs('a', 60, noon - hour)).toBeGreaterThan(hour);
    expect(hourly.waitMs('a', 60, noon - 9000 * hour)).toBe(0);
    hourly.count('a', noon - 9000 * hour);
    expect(hourly.waitMs('a', 1, noon - 9000 * hour)).toBeGreaterThan(0);
  });

  it('are of a kind that does not run over', () => {
    const hourly = makeHourCounts();
    for (let n = 0; n < 1000; n += 1) hourly.count('a', noon);
    expect(hourly.waitMs('a', 255, noon)).toBeGreaterThan(0);
  });
});
