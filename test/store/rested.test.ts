import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rested } from '../../src/store/rested.ts';

let nowMs: number;
let tookMs: number;
let asked: string[];
let ask: (key: string) => Promise<number>;

beforeEach(() => {
  [nowMs, tookMs, asked] = [1000, 0, []];
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  ask = rested((key: string) => {
    asked.push(key);
    nowMs += tookMs;
    return Promise.resolve(asked.length);
  });
});

afterEach(() => vi.restoreAllMocks());

describe('a question that rests', () => {
  it('is asked anew each time while its answer takes a moment', async () => {
    tookMs = 1;
    expect([await ask('a'), await ask('a'), await ask('a')]).toEqual([1, 2, 3]);
  });

  it('keeps an answer that took long for a hundred times as long, for each key by itself', async () => {
    tookMs = 10;
    expect([await ask('a'), await ask('a'), await ask('b')]).toEqual([1, 1, 2]);
    nowMs += 989;
    expect(await ask('a')).toBe(1);
    nowMs += 1;
    expect(await ask('a')).toBe(3);
  });

  it('is asked anew after it has failed', async () => {
    let fails = true;
    const failing = rested(() => (fails ? Promise.reject(new Error('no')) : Promise.resolve('yes')));
    await expect(failing(undefined)).rejects.toThrow('no');
    fails = false;
    expect(await failing(undefined)).toBe('yes');
  });
});
