import { describe, expect, it } from 'vitest';
import { maxBodyBytes } from '../../src/web/body.ts';
import { readDocument, readDocumentMicroformats, type Reading } from '../../src/web/document.ts';
import { heldBytes } from '../support/heap.ts';
import { hostilePages, hostileTexts, type HostilePage } from '../support/hostile-pages.ts';
import { chance, isLong, seed } from '../support/long.ts';
import { mutateBytes, type Random } from '../support/mutate.ts';
import { expectWithinLimits, link, target, taskOf } from '../support/reading.ts';
import { section5Pages } from '../support/section5.ts';

/** The reading itself, without the threads that guard it: it must come to an end by itself, and leave nothing behind. */

const kilobyte = 1024;

/** In processor time, for a busy machine takes longer: the threads' limit is two seconds. */
const enoughMs = 1000;

function readTimed(page: Uint8Array, contentType: string): Reading {
  const before = process.cpuUsage();
  const bytes = page.subarray(0, maxBodyBytes);
  const reading = readDocument(taskOf(bytes, { contentType, isCut: page.length > maxBodyBytes }));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(enoughMs);
  return reading;
}

const kinds: Readonly<Record<string, readonly HostilePage[]>> = {
  'text/html': hostilePages,
  'application/xhtml+xml': hostilePages.filter((_, n) => isLong || n % 10 === 0),
  'text/plain': [...hostileTexts, ...hostilePages.filter((_, n) => isLong || n % 10 === 0)],
  'application/json': [...hostileTexts, ...hostilePages.filter((_, n) => isLong || n % 10 === 0)],
};

describe.each(Object.entries(kinds))('a page of %s made to hurt', (contentType, pages) => {
  // 200 KB of each kind of HTML go through the threads, in reader.hostile.test.ts.
  it.each([2, 20, 1024, ...(isLong ? [200, 5120] : [])])(
    'of %i KB is read soon, and within all limits',
    { timeout: 600_000 },
    (size) => {
      // A megabyte takes its time to be made: the short run reads one in three.
      const some = pages.filter((_, n) => isLong || size < 1024 || n % 3 === 0);
      for (const { name, make } of some) {
        try {
          expectWithinLimits(readTimed(Buffer.from(make(size * kilobyte, link())), contentType));
        } catch (error) {
          throw new Error(`the page is "${name}"`, { cause: error });
        }
      }
    },
  );
});

const short = hostilePages.map((page) => Buffer.from(page.make(600, link())));
const real = section5Pages(target).map((page) => Buffer.from(page.html));
const pages = [...short, ...real, ...real, ...real];

const charsets = [
  ...Array<string>(6).fill(''),
  ...'utf-8 iso-8859-1 windows-1252 utf-16 utf-16be shift_jis euc-jp iso-2022-jp gb18030 big5 euc-kr koi8-r'.split(
    ' ',
  ),
  ...'x-user-defined utf-7 hz-gb-2312 replacement x-none "utf-8 \' ; é'.split(' '),
];
const types = [
  ...Array<string>(8).fill('text/html'),
  ...'application/xhtml+xml text/plain application/json application/feed+json'.split(' '),
];

function contentTypeBy(random: Random): string {
  const pick = (all: readonly string[]): string => all[Math.floor(random() * all.length)] ?? '';
  const [type, charset] = [pick(types), pick(charsets)];
  return charset === '' ? type : `${type}; charset=${charset}`;
}

describe(`a page damaged at random, seed ${seed}`, () => {
  const runs = isLong ? 100_000 : 10_000;

  it(`is read within all limits, ${runs} times, in any charset`, { timeout: 600_000 }, async () => {
    const random = chance();
    let found = 0;
    const readSome = (times: number): void => {
      for (let done = 0; done < times; done += 1) {
        const bytes = mutateBytes(pages, random);
        const task = taskOf(bytes, { contentType: contentTypeBy(random) });
        try {
          const reading = readDocument(task);
          expectWithinLimits(reading);
          if (reading.links.length > 0) found += 1;
          if (reading.hasMicroformats && done % 4 === 0) readDocumentMicroformats(task);
        } catch (error) {
          const page = Buffer.from(bytes).toString('base64');
          throw new Error(`${task.contentType}, ${page}`, { cause: error });
        }
      }
    };
    readSome(runs / 10);
    const before = await heldBytes();
    readSome(runs);
    expect((await heldBytes()) - before).toBeLessThan(4_000_000);
    // Most damage leaves the link alone: else this would prove nothing.
    expect(found).toBeGreaterThan(runs / 4);
  });
});
