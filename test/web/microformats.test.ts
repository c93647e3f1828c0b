import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadingTask } from '../../src/web/document.ts';
import { maxTreeElements, mayHaveMicroformats, readMicroformats } from '../../src/web/microformats.ts';
import { openReader, type PageReading, type Reader } from '../../src/web/reader.ts';

const target = 'https://target.example/post';
const url = new URL('https://source.example/a');
const read = (html: string) => readMicroformats(html, url, (href) => href.href === target);
const entry = (inner: string): string => `<div class="h-entry"><p class="e-content">words</p>${inner}</div>`;

/** Spec: Webmention 3.2.2; microformats2. */
describe('the type of a linkback', () => {
  it.each([
    ['reply', `<a class="u-in-reply-to" href="${target}">x</a>`],
    ['like', `<a class="u-like-of" href="${target}">x</a>`],
    ['repost', `<a class="u-repost-of" href="${target}">x</a>`],
    ['bookmark', `<a class="u-bookmark-of" href="${target}">x</a>`],
    ['rsvp', `<a class="u-in-reply-to" href="${target}">x</a><data class="p-rsvp" value="yes">yes</data>`],
    ['reply', `<div class="u-in-reply-to h-cite"><a class="u-url" href="${target}">x</a></div>`],
    ['mention', `<a href="${target}">x</a>`],
    ['mention', `<a class="u-like-of" href="https://other.example/">x</a><a href="${target}">y</a>`],
    ['mention', `<data class="p-rsvp" value="yes">yes</data><a href="${target}">x</a>`],
  ])('is %s for %s', (type, inner) => {
    expect(read(entry(inner))?.type).toBe(type);
  });

  it('is that of the entry which names the target, among many', () => {
    const feed = `<div class="h-feed">${entry('<a href="/x">x</a>')}${entry(`<a class="u-like-of" href="${target}">x</a>`)}</div>`;
    expect(read(feed)?.type).toBe('like');
  });
});

/** Spec: IndieWeb authorship, without its second fetch. */
describe('a page at which the parser throws', () => {
  it.each([
    ['a template in an entry', entry('<p class="e-content"><template>x</template></p>')],
    ['a template for a page', '<template><div class="h-entry">x</div></template>'],
    ['a base that is no address', `<base href="http://[::1">${entry('<a class="u-url" href=x>x</a>')}`],
    [
      'properties named like those of prototypes',
      entry('<i class="p-constructor">x</i><i class="p-__proto__">y</i>'),
    ],
    ['rel values named like those of prototypes', entry('<a rel="constructor" href=x>x</a>')],
    ['nothing', ''],
  ])('has no microformats: %s', (_, html) => {
    expect(read(html)?.type ?? 'mention').toBe('mention');
  });
});

describe('the author', () => {
  const card = (inner: string): string => `<div class="p-author h-card">${inner}</div>`;

  it('is the card of the entry, with addresses of the web only', () => {
    const inner =
      '<a class="p-name u-url" href="/ann">Ann <b>A.</b></a><img class="u-photo" src="photo.jpg" alt="">';
    expect(read(entry(card(inner)))?.author).toEqual({
      name: 'Ann A.',
      url: 'https://source.example/ann',
      photo: 'https://source.example/photo.jpg',
    });
    const script =
      '<a class="u-url p-name" href="javascript:alert(1)">Eve</a><img class="u-photo" src="data:image/png,x">';
    expect(read(entry(card(script)))?.author).toEqual({ name: 'Eve', url: null, photo: null });
  });

  it('is a name when it is text, an address when it is one, and that of the feed when the entry has none', () => {
    expect(read(entry('<span class="p-author">Ann</span>'))?.author.name).toBe('Ann');
    const linked = read(entry('<a class="u-author" href="https://ann.example/">x</a>'))?.author;
    expect(linked).toEqual({ name: null, url: 'https://ann.example/', photo: null });
    expect(
      read(`<div class="h-feed">${card('<span class="p-name">Ann</span>')}${entry('')}</div>`)?.author.name,
    ).toBe('Ann');
  });
});

describe('the reader', () => {
  let reader: Reader;

  beforeAll(() => {
    reader = openReader();
  });

  afterAll(() => reader.close());

  const task = (html: string): ReadingTask => ({
    bytes: new TextEncoder().encode(html),
    isCut: false,
    contentType: 'text/html; charset=utf-8',
    url: url.href,
    target,
    addresses: ['https://target.example/'],
  });
  const link = `<a class="u-like-of" href="${target}">x</a>`;

  it('reads microformats of a page that has the link', async () => {
    const reading = await reader.read(task(entry(link)));
    expect(reading).toMatchObject({ microformats: { type: 'like' } });
    expect(await reader.read(task(entry('')))).toMatchObject({ links: [], microformats: undefined });
  });

  it('keeps what the scan found when the tree is too much for its thread', async () => {
    const bomb = Array.from({ length: 20_000 }, (_, at) => `<p><b id=${at}></p>`).join('');
    const reading = (await reader.read(task(`${entry(link)}${bomb}`))) as PageReading;
    expect(reading.links).toHaveLength(1);
    expect(reading.microformats).toBeUndefined();
    expect(await reader.read(task(entry(link)))).toMatchObject({ microformats: { type: 'like' } });
  });

  it('does not build a tree of a page without any', () => {
    expect(mayHaveMicroformats(`<p>${link}</p>`)).toBe(false);
  });

  it(`does not build a tree of more than ${maxTreeElements} elements`, () => {
    expect(mayHaveMicroformats(entry('<br>'.repeat(maxTreeElements - 2)))).toBe(true);
    expect(mayHaveMicroformats(entry('<br>'.repeat(maxTreeElements)))).toBe(false);
  });
});
