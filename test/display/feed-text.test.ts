import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feedText, type FeedFormat } from '../../src/display/feed-text.ts';
import type { Linkback } from '../../src/linkback/linkback.ts';
import { sayableInXml } from '../../src/protocols/xml-text.ts';
import { buildFound, buildVerified } from '../support/build-linkback.ts';
import { inside, readXml, textIn, type XmlElement } from '../support/xml-tree.ts';

const frame = {
  title: 'Linkbacks to https://blog.example/?a=1&b=<2>',
  link: 'https://blog.example/?a=1&b=2',
  self: 'https://linkbacks.example/feed?target=https%3A%2F%2Fblog.example%2F&type=reply',
};

const write = (format: FeedFormat, ...linkbacks: readonly Linkback[]): string =>
  feedText(format, frame, linkbacks, { markOf: () => '[…]', sayable: sayableInXml });

const facts = { ...buildFound().facts };
const author = { name: 'Jane & <Joe>', url: 'https://jane.example/?a=1&b=2', photo: null };
const linkback = buildVerified({
  id: '01a204de-9fee-768c-b18a-678871150b8e',
  source: 'https://source.example/?a=1&b=2',
  target: 'https://blog.example/?a=1&b=2#c',
  facts: { ...facts, title: 'Fish & <Chips> &amp;', author },
  receivedAt: Date.UTC(2026, 0, 1),
  verifiedAt: Date.UTC(2026, 0, 2),
  updatedAt: Date.UTC(2026, 0, 3),
});
const quoted =
  '<p dir="auto" class="e-content">[…] before <a href="https://source.example/?a=1&amp;b=2" rel="nofollow ugc noopener">link</a> after […]</p>' +
  '<p>On <a href="https://blog.example/?a=1&amp;b=2#c">https://blog.example/?a=1&amp;b=2#c</a></p>';

const linksOf = (element: XmlElement): object[] => inside(element, 'link').map((each) => each.attributes);

/** Spec: RFC 4287. */
describe('the Atom feed', () => {
  const feed = readXml(write('atom', linkback));

  it('[RFC 4287 4.1.1] names itself, its page, and when it changed', () => {
    expect(feed.name).toBe('feed');
    expect(feed.attributes['xmlns']).toBe('http://www.w3.org/2005/Atom');
    expect(textIn(feed, 'id')).toBe(frame.self);
    expect(textIn(feed, 'title')).toBe(frame.title);
    expect(textIn(feed, 'updated')).toBe('2026-01-03T00:00:00.000Z');
    expect(linksOf(feed)).toEqual([
      { rel: 'alternate', href: frame.link },
      { rel: 'self', href: frame.self },
    ]);
  });

  it('[RFC 4287 4.1.2] has an entry with a lasting id, the quotation, and its author', () => {
    const [entry, ...more] = inside(feed, 'entry');
    if (entry === undefined) throw new Error('there is no entry');
    expect(more).toEqual([]);
    expect(textIn(entry, 'id')).toBe('urn:uuid:01a204de-9fee-768c-b18a-678871150b8e');
    expect(inside(entry, 'title')[0]).toMatchObject({
      attributes: { type: 'html' },
      text: 'Fish &amp; &lt;Chips&gt; &amp;amp;',
    });
    expect(inside(entry, 'content')[0]).toMatchObject({ attributes: { type: 'html' }, text: quoted });
    expect(linksOf(entry)).toEqual([{ href: linkback.source }]);
    expect(textIn(entry, 'updated')).toBe('2026-01-03T00:00:00.000Z');
    expect(textIn(entry, 'published')).toBe('2026-01-02T00:00:00.000Z');
    const [by] = inside(entry, 'author');
    expect([textIn(by ?? entry, 'name'), textIn(by ?? entry, 'uri')]).toEqual([author.name, author.url]);
  });

  it('[RFC 4287 4.2.1] has an author for every entry: the place, where nobody is named', () => {
    const [entry] = inside(readXml(write('atom', buildVerified())), 'entry');
    expect(inside(entry ?? feed, 'author')[0]?.children.map((each) => each.text)).toEqual(['source.example']);
  });
});

describe('the RSS feed', () => {
  const feed = readXml(write('rss', linkback));
  const [channel = feed] = inside(feed, 'channel');

  it('names itself, its page, and what it is about', () => {
    expect([feed.name, feed.attributes['version']]).toEqual(['rss', '2.0']);
    expect(textIn(channel, 'title')).toBe(frame.title);
    expect(textIn(channel, 'link')).toBe(frame.link);
    expect(textIn(channel, 'description')).not.toBe('');
    expect(textIn(channel, 'lastBuildDate')).toBe('Sat, 03 Jan 2026 00:00:00 GMT');
    expect(inside(channel, 'atom:link')[0]?.attributes).toEqual({
      href: frame.self,
      rel: 'self',
      type: 'application/rss+xml',
    });
  });

  it('has an item with a lasting id that is no address, and a name that is no e-mail address', () => {
    const [item] = inside(channel, 'item');
    if (item === undefined) throw new Error('there is no item');
    expect(textIn(item, 'title')).toBe('Fish & <Chips> &amp;');
    expect(textIn(item, 'link')).toBe(linkback.source);
    expect(inside(item, 'guid')[0]).toMatchObject({
      attributes: { isPermaLink: 'false' },
      text: 'urn:uuid:01a204de-9fee-768c-b18a-678871150b8e',
    });
    expect(textIn(item, 'pubDate')).toBe('Fri, 02 Jan 2026 00:00:00 GMT');
    expect(textIn(item, 'content:encoded')).toBe(quoted);
    expect(textIn(item, 'dc:creator')).toBe(author.name);
    expect(inside(item, 'author')).toEqual([]);
  });
});

describe('the JSON feed', () => {
  it('is one', () => {
    expect(JSON.parse(write('json', linkback))).toEqual({
      version: 'https://jsonfeed.org/version/1',
      title: frame.title,
      home_page_url: frame.link,
      feed_url: frame.self,
      description: 'Pages that link there, verified and approved.',
      items: [
        {
          id: 'urn:uuid:01a204de-9fee-768c-b18a-678871150b8e',
          url: linkback.source,
          title: 'Fish & <Chips> &amp;',
          content_html: quoted,
          date_modified: '2026-01-03T00:00:00.000Z',
          date_published: '2026-01-02T00:00:00.000Z',
          author: { name: author.name, url: author.url },
        },
      ],
    });
  });
});

describe('a feed', () => {
  const formats = ['atom', 'rss', 'json'] as const;

  it.each(formats)('is the same text whenever it is written, also without linkbacks: %s', (format) => {
    expect(write(format)).toBe(write(format));
    expect(write(format)).not.toContain(`${new Date().getUTCFullYear()}`);
    if (format !== 'json') expect(readXml(write(format)).name).toBe(format === 'atom' ? 'feed' : 'rss');
  });

  it.each(formats)('calls what is not a comment by what it is, and whose: %s', (format) => {
    const like = buildVerified({ type: 'like', facts: { ...facts, author: { ...author, name: 'Ann' } } });
    expect(write(format, like)).toContain('Like: Ann');
  });

  it.each(formats)('links to no author whose address is not of the web: %s', (format) => {
    const by = { ...author, url: 'javascript:alert(1)' };
    expect(write(format, buildVerified({ facts: { ...facts, author: by } }))).not.toContain('javascript');
  });

  it('is well-formed whatever strangers write, and says what they wrote', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(']]>]]>', '<![CDATA[', '&amp;', '\u0000\u001b\ufffe\ud800', '</title><script>'),
    );
    fc.assert(
      fc.property(text, text, text, (title, name, words) => {
        const hostile = buildVerified({
          facts: { ...facts, title, author: { name, url: null, photo: null } },
          excerpt: { ...buildFound().excerpt, before: words },
        });
        const [entry] = inside(readXml(write('atom', hostile)), 'entry');
        expect(unescaped(textIn(entry ?? missing, 'title'))).toBe(seen(title || hostile.sourceHost));
        expect(unescaped(textIn(entry ?? missing, 'content'))).toContain(seen(`[…] ${words}`));
        const [channel = missing] = inside(readXml(write('rss', hostile)), 'channel');
        const [item = missing] = inside(channel, 'item');
        expect(textIn(item, 'title')).toBe(seen(title || hostile.sourceHost).replaceAll(']]>', ']] >'));
        expect(textIn(item, 'dc:creator')).toBe(seen(name));
        expect(JSON.parse(write('json', hostile))).toHaveProperty('items.0.id', 'urn:uuid:id-1');
      }),
      { seed: 17, numRuns: 150 },
    );
  });
});

const missing: XmlElement = { name: '', attributes: {}, children: [], text: '' };

/** What XML makes of a text: all ends of lines are one. */
const seen = (text: string): string => sayableInXml(text).replace(/\r\n?/gu, '\n');

function unescaped(html: string): string {
  return html
    .replace(/&lt;/gu, '<')
    .replace(/&gt;/gu, '>')
    .replace(/&quot;/gu, '"')
    .replace(/&#39;/gu, "'")
    .replace(/&amp;/gu, '&');
}
