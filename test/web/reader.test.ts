import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadingTask } from '../../src/web/document.ts';
import { openReader, type PageReading, type Reader } from '../../src/web/reader.ts';
import { link, target, taskOf } from '../support/reading.ts';

const isLong = process.env['LINKBACKD_LONG'] === '1';

let reader: Reader;

beforeAll(() => void (reader = openReader()));
afterAll(() => reader.close());

const ordinary = (): ReadingTask =>
  taskOf(`<title>A page</title><div class="h-entry"><p>a ${link('link', 'u-in-reply-to')} b</p></div>`);

async function expectOrdinary(from: Reader = reader): Promise<void> {
  expect(await from.read(ordinary())).toMatchObject({
    facts: { title: 'A page' },
    links: [{ href: target, before: 'a ', text: 'link' }],
    microformats: { type: 'reply' },
  });
}

/** So many addresses that reading them takes seconds, if anybody lets it. */
const slow = (): ReadingTask => taskOf('http://a/ '.repeat(4_000_000), { contentType: 'text/plain' });

/** The shape of which a tree takes gigabytes, few enough elements to build one of. */
const bomb = Array.from({ length: 4000 }, (_, at) => `<p><b id=${at}></p>`).join('');
const bombed = (): ReadingTask => taskOf(`<div class="h-entry">${link()}</div>${bomb}`);

describe('the reader', () => {
  it('reads a page in a thread, and leaves its bytes to the caller', async () => {
    const task = ordinary();
    const bytes = Uint8Array.from(task.bytes);
    expect(await reader.read(task)).toMatchObject({ links: [{ text: 'link' }], isTooComplex: false });
    expect(task.bytes).toEqual(bytes);
  });

  it('reads many pages at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => expectOrdinary()));
  });

  it('calls a page too complex that takes too long, and reads the next one', async () => {
    const hasty = openReader({ readTimeoutMs: 300, treeTimeoutMs: 1000 });
    try {
      expect(await hasty.read(slow())).toBe('too-complex');
      expect(await hasty.read(ordinary())).toMatchObject({ links: [{ text: 'link' }] });
      // Both threads gone at once, and others waiting behind them.
      const all = await Promise.all([slow(), slow(), ordinary(), ordinary()].map((task) => hasty.read(task)));
      expect(all.map((each) => (each === 'too-complex' ? each : each.links.length))).toEqual([
        'too-complex',
        'too-complex',
        1,
        1,
      ]);
    } finally {
      await hasty.close();
    }
  });

  it(
    'keeps the link of a page whose tree takes a process’s whole memory',
    { timeout: isLong ? 600_000 : 60_000 },
    async () => {
      // With time enough that only memory can end it.
      const patient = openReader({ readTimeoutMs: 20_000, treeTimeoutMs: 40_000 });
      try {
        const startedAt = performance.now();
        for (let n = 0; n < (isLong ? 30 : 1); n += 1) {
          const reading = (await patient.read(bombed())) as PageReading;
          expect(reading.links).toHaveLength(1);
          expect(reading.microformats).toBeUndefined();
          await expectOrdinary(patient);
        }
        if (!isLong) expect(performance.now() - startedAt).toBeLessThan(40_000);
      } finally {
        await patient.close();
      }
    },
  );

  it('goes on when time and memory end together', async () => {
    const hasty = openReader({ readTimeoutMs: 5000, treeTimeoutMs: 250 });
    try {
      for (let n = 0; n < (isLong ? 60 : 6); n += 1) {
        expect(await hasty.read(bombed())).toMatchObject({ links: [{ text: 'link' }] });
      }
    } finally {
      await hasty.close();
    }
    await expectOrdinary();
  });

  it('does not hide a defect of ours', async () => {
    await expect(reader.read({ ...ordinary(), addresses: [] })).rejects.toThrow(
      'without the address of its site',
    );
    await expectOrdinary();
  });

  it('closes at once, and gives no verdict on what is being read or waits', async () => {
    const closing = openReader({ readTimeoutMs: 60_000, treeTimeoutMs: 1000 });
    await expectOrdinary(closing);
    const reading = Promise.allSettled([slow(), slow(), ordinary()].map((task) => closing.read(task)));
    await expectOrdinary();
    const startedAt = performance.now();
    await closing.close();
    expect((await reading).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    await expect(closing.read(ordinary())).rejects.toThrow('closed');
  });
});
