import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxBodyBytes } from '../../src/web/body.ts';
import { openReader, type PageReading, type Reader } from '../../src/web/reader.ts';
import { hostilePages } from '../support/hostile-pages.ts';
import { chance, isLong, seed } from '../support/long.ts';
import { mutateBytes } from '../support/mutate.ts';
import { expectWithinLimits, link, target, taskOf } from '../support/reading.ts';
import { section5Pages } from '../support/section5.ts';

const kilobyte = 1024;

let reader: Reader;

beforeAll(() => void (reader = openReader()));
afterAll(() => reader.close());

/** Two at a time, one for each thread. */
async function readAll(pages: readonly Uint8Array[]): Promise<(PageReading | 'too-complex')[]> {
  const readings: (PageReading | 'too-complex')[] = [];
  for (let at = 0; at < pages.length; at += 2) {
    const pair = pages.slice(at, at + 2);
    readings.push(...(await Promise.all(pair.map((page) => reader.read(cut(page))))));
  }
  return readings;
}

/** As the fetch hands it on: no longer than what it reads. */
const cut = (page: Uint8Array) =>
  taskOf(page.subarray(0, maxBodyBytes), {
    isCut: page.length > maxBodyBytes,
    contentType: 'text/html',
  });

const ordinary = `<title>A page</title><p>a ${link()} b</p>`;

async function expectOrdinary(): Promise<void> {
  expect(await reader.read(taskOf(ordinary))).toMatchObject({
    facts: { title: 'A page' },
    links: [{ text: 'link' }],
  });
}

describe('a page made to hurt', () => {
  it.each(hostilePages.map((page) => [page.name, page] as const))(
    'of 200 KB is read to an end, and so is the next one: %s',
    async (_, page) => {
      const reading = await reader.read(cut(Buffer.from(page.make(200 * kilobyte, link()))));
      // Within its limits, not by the death of a thread.
      if (reading === 'too-complex') throw new Error('the page cost its thread the life');
      expectWithinLimits(reading);
      await expectOrdinary();
    },
  );

  // The rest is for the long run: each megabyte takes its time to be made, and more to be decoded.
  const larger = hostilePages.filter((_, at) => isLong || at % 6 === 0);

  it.each([1, 5])(
    'of %i MB is read to an end, cut like any other',
    { timeout: 600_000 },
    async (megabytes) => {
      const size = megabytes * kilobyte * kilobyte;
      for (const page of larger) {
        const [reading] = await readAll([Buffer.from(page.make(size, link()))]);
        expect([page.name, reading === 'too-complex']).toEqual([page.name, false]);
        if (reading !== undefined && reading !== 'too-complex') expectWithinLimits(reading);
      }
      await expectOrdinary();
    },
  );

  const behind = [
    'comments with dashes and bangs',
    'named references',
    'end tags of br only',
    'formatting around blocks',
    'titles',
    'very long attribute value',
    'bidi overrides',
    'noncharacters',
    'links elsewhere by the thousand',
  ];

  it.each(behind)('does not hide the link behind it: %s', async (name) => {
    const page = hostilePages.find((each) => each.name === name);
    const reading = await reader.read(taskOf(page?.make(100 * kilobyte, link()) ?? ''));
    expect(reading).toMatchObject({ links: [{ href: target, text: 'link' }] });
  });
});

describe(`a page damaged at random, seed ${seed}`, () => {
  const short = hostilePages.map((page) => Buffer.from(page.make(600, link())));
  const real = section5Pages(target).map((page) => Buffer.from(page.html));
  const pages = [...short, ...real, ...real, ...real];
  const runs = isLong ? 20_000 : 1000;

  it(`is read within all limits, ${runs} times`, { timeout: 600_000 }, async () => {
    const random = chance();
    let found = 0;
    for (let done = 0; done < runs; done += 100) {
      const damaged = Array.from({ length: 100 }, () => mutateBytes(pages, random));
      for (const reading of await readAll(damaged)) {
        if (reading === 'too-complex') throw new Error(`too complex within ${done + 100} pages`);
        expectWithinLimits(reading);
        if (reading.links.length > 0) found += 1;
      }
    }
    // Most damage leaves the link alone: else this would prove nothing.
    expect(found).toBeGreaterThan(runs / 4);
    await expectOrdinary();
  });
});
