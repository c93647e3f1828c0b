import { expect } from 'vitest';
import { maxKinds } from '../../src/web/page-links.ts';
import { maxAuthorLength, maxTitleLength } from '../../src/web/facts.ts';
import { readDocument, type Reading, type ReadingTask } from '../../src/web/document.ts';

/** The page whose links are wanted, and the site it belongs to. */
export const target = 'https://target.example/2020/01/02/post/';
export const siteAddresses: readonly string[] = ['https://target.example/', 'https://www.target.example/'];

/** A link to the target with this text. */
export const link = (text = 'link', names = ''): string =>
  `<a href="${target}"${names === '' ? '' : ` class="${names}"`}>${text}</a>`;

/** A page as it was fetched, HTML in UTF-8 unless said otherwise. */
export function taskOf(page: string | Uint8Array, over: Partial<ReadingTask> = {}): ReadingTask {
  return {
    bytes: new Uint8Array(Buffer.from(page)),
    isCut: false,
    contentType: 'text/html; charset=utf-8',
    url: 'https://source.example/blog/post.html',
    target,
    addresses: siteAddresses,
    ...over,
  };
}

export const readPage = (page: string | Uint8Array, over: Partial<ReadingTask> = {}): Reading =>
  readDocument(taskOf(page, over));

/** The first link's paragraph as one line, the link's own text in brackets. */
export function paragraph(page: string): string {
  const [first] = readPage(page).links;
  return first === undefined ? 'no link' : `${first.before}[${first.text}]${first.after}`.trim();
}

const graphemes = (text: string): number => [...new Intl.Segmenter('und').segment(text)].length;

/** Nothing of what comes out is longer than its limit, whatever went in. */
export function expectWithinLimits({ facts, links, canonical }: Reading): void {
  expect(facts.title).not.toBe('');
  expect(graphemes(facts.title)).toBeLessThanOrEqual(maxTitleLength + 1);
  expect(graphemes(facts.author.name ?? '')).toBeLessThanOrEqual(maxAuthorLength + 1);
  expect(links.length).toBeLessThanOrEqual(maxKinds);
  for (const found of links) {
    expect(Math.max(found.before.length, found.text.length, found.after.length)).toBeLessThanOrEqual(2001);
    expect(found.href.length).toBeLessThanOrEqual(2048);
    expect(found.rel.join(' ').length).toBeLessThanOrEqual(200);
  }
  const { author, language } = facts;
  for (const each of [author.url, author.photo, canonical, language]) {
    expect((each ?? '').length).toBeLessThanOrEqual(8192);
  }
  const texts = [
    facts.title,
    author.name ?? '',
    ...links.flatMap((each) => [each.before, each.text, each.after]),
  ];
  expect(texts.filter((text) => !text.isWellFormed() || /\p{Cc}/u.test(text))).toEqual([]);
}
