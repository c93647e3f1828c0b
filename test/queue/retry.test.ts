import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jitter, makeRetryAt, retryWaitsMs } from '../../src/queue/retry.ts';

const now = 1_000_000;
const minute = 60_000;
const retryAt = (random: number) => makeRetryAt({ now: () => now, random: () => random });
const setback = { kind: 'setback', detail: 'HTTP status 500' } as const;

describe('trying again', () => {
  it.each([
    [0, 1],
    [1, 5],
    [2, 30],
    [3, 2 * 60],
    [4, 8 * 60],
    [5, 24 * 60],
  ])('waits, after %i setbacks before this one, about %i minutes', (setbacks, minutes) => {
    expect(retryAt(0.5)(setbacks, setback)).toBe(now + minutes * minute);
    expect(retryAt(0)(setbacks, setback)).toBe(now + minutes * minute * 0.8);
    expect(retryAt(0.999_999_999)(setbacks, setback)).toBeCloseTo(now + minutes * minute * 1.2, -1);
  });

  it('gives up after that', () => {
    expect(retryAt(0.5)(retryWaitsMs.length, setback)).toBeUndefined();
    expect(retryAt(0.5)(retryWaitsMs.length, { ...setback, retryAfterMs: minute })).toBeUndefined();
  });

  it('spreads what failed together over the time around each wait, in whole milliseconds', () => {
    const setbacks = fc.integer({ min: 0, max: retryWaitsMs.length - 1 });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(setbacks, random, (count, dice) => {
        const wait = retryWaitsMs[count] ?? 0;
        const at = retryAt(dice)(count, setback) ?? 0;
        expect(Number.isInteger(at)).toBe(true);
        expect(at - now).toBeGreaterThanOrEqual(wait * (1 - jitter) - 1);
        expect(at - now).toBeLessThanOrEqual(wait * (1 + jitter) + 1);
      }),
    );
  });

  it('waits as long as the source asks for, to the millisecond, whatever our own wait would be', () => {
    for (const setbacks of retryWaitsMs.keys()) {
      expect(retryAt(0)(setbacks, { ...setback, retryAfterMs: 2 * minute })).toBe(now + 2 * minute);
    }
  });

  it('does not use up all its tries within seconds because a source asks for too little rest', () => {
    for (const retryAfterMs of [0, 1, 1000]) {
      expect(retryAt(0.5)(3, { ...setback, retryAfterMs })).toBe(now + minute);
    }
  });
});
