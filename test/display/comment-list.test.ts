import fc from 'fast-check';
import { mf2 } from 'microformats-parser';
import { describe, expect, it } from 'vitest';
import { commentList } from '../../src/display/comment-list.ts';
import { displayLine, toPublic } from '../../src/display/public-linkback.ts';
import type { Excerpt, Linkback, LinkbackType, Rsvp } from '../../src/linkback/linkback.ts';
import { buildFound, buildVerified } from '../support/build-linkback.ts';

const mark = '[…]';
const listOf = (...linkbacks: readonly Linkback[]): string =>
  commentList(linkbacks, { markOf: () => mark }).html;

const facts = { ...buildFound().facts };

describe('the list', () => {
  it('is empty without linkbacks', () => {
    expect(listOf()).toBe('<ol class="comment-list linkbacks"></ol>\n');
  });

  it('is in the form of comments', () => {
    expect(listOf(buildVerified({ facts: { ...facts, title: 'Fish & Chips', publishedAt: 0 } }))).toBe(
      `<ol class="comment-list linkbacks">
<li id="linkback-id-1" class="pingback mention even thread-even depth-1 u-comment h-cite">
<article class="comment-body">
<footer class="comment-meta" dir="auto">
<div class="p-name"><div class="comment-author vcard"><cite class="fn"><a class="url" href="https://source.example/a" rel="nofollow ugc noopener">Fish &amp; Chips</a></cite></div></div>
<div class="comment-metadata"><span class="linkback-host">source.example</span> · <a class="u-url" href="https://source.example/a" rel="nofollow ugc noopener"><data class="dt-published" value="1970-01-01T00:00:00.000Z"><time datetime="1970-01-01T00:00:00.000Z">January 1, 1970</time></data></a></div>
</footer>
<div class="comment-content"><p dir="auto" class="e-content">[…] before <a href="https://source.example/a" rel="nofollow ugc noopener">link</a> after […]</p></div>
</article>
</li></ol>
`,
    );
  });

  it('names the language of what is quoted, and of its title', () => {
    const html = listOf(buildVerified({ facts: { ...facts, language: 'ja' } }));
    expect(html).toContain('rel="nofollow ugc noopener" lang="ja">A title</a>');
    expect(html).toContain('<p dir="auto" lang="ja" class="e-content">');
  });

  it('stripes its rows as themes know them', () => {
    const html = listOf(buildVerified({ id: '1' }), buildVerified({ id: '2' }), buildVerified({ id: '3' }));
    expect([...html.matchAll(/mention (even|odd) thread-\1 depth-1 /gu)].map(([, stripe]) => stripe)).toEqual(
      ['even', 'odd', 'even'],
    );
  });

  it('shows the host for a page without a title, and no link for a quotation without one', () => {
    const html = listOf(buildVerified({ facts: null, excerpt: { ...buildFound().excerpt, link: '' } }));
    expect(html).toContain('>source.example</a></cite>');
    expect(html).not.toContain('linkback-host');
    expect(html).toContain('<p dir="auto" class="e-content">[…] before  after […]</p>');
  });

  it('names the page that each is about when it is of several', () => {
    const target = 'https://blog.example/a?b=1&c#d';
    const { html } = commentList([buildVerified({ target })], { markOf: () => mark, showsTargets: true });
    expect(html).toContain(
      '<a class="linkback-target" href="https://blog.example/a?b=1&amp;c#d">/a?b=1&amp;c#d</a>',
    );
    expect(listOf(buildVerified({ target }))).not.toContain('blog.example');
  });

  it('shows the very characters of the display line', () => {
    const text = fc.string({ unit: 'grapheme' });
    const excerpts: fc.Arbitrary<Excerpt> = fc.record({
      before: text,
      link: text,
      after: text,
      cutBefore: fc.boolean(),
      cutAfter: fc.boolean(),
    });
    fc.assert(
      fc.property(excerpts, (excerpt) => {
        const shown =
          /<p dir="auto" class="e-content">([\s\S]*)<\/p>/u.exec(listOf(buildVerified({ excerpt })))?.[1] ??
          '';
        expect(asText(shown)).toBe(displayLine(excerpt, mark));
      }),
      { seed: 13, numRuns: 500 },
    );
  });
});

describe('the rows', () => {
  const of = (id: string, type: LinkbackType, name: string | null, rsvp?: Rsvp): Linkback =>
    buildVerified({
      id,
      type,
      source: `https://${id}.example/`,
      sourceHost: `${id}.example`,
      facts: {
        ...facts,
        title: `${id}.example`,
        author: { name, url: null, photo: 'https://photos.example/me.jpg' },
        ...(rsvp === undefined ? {} : { rsvp }),
      },
    });

  it('gather names above the comments, each linked to where it is said', () => {
    const html = listOf(of('a', 'like', 'Ann'), of('b', 'mention', 'Bob'), of('c', 'like', null));
    expect(html).toMatch(
      /^<ol[^>]*>\n<li class="linkback-row like depth-1">[\s\S]*<\/li>\n<li id="linkback-b"/u,
    );
    expect(asText(html)).toContain('\nLikes:\nAnn,\nc.example\n');
    expect(html).toContain('<a class="u-url" href="https://a.example/" rel="nofollow ugc noopener">');
  });

  it('leave the stripes to the comments', () => {
    const html = listOf(of('a', 'like', 'Ann'), of('b', 'mention', 'Bob'));
    expect(html).toContain('mention even thread-even');
    expect(html).not.toContain('odd');
  });

  it('are one for each type, and for each answer to an invitation', () => {
    const html = listOf(
      of('a', 'rsvp', 'Ann', 'no'),
      of('b', 'bookmark', 'Bob'),
      of('c', 'rsvp', 'Cem', 'yes'),
      of('d', 'repost', 'Dan'),
      of('e', 'rsvp', 'Eve', 'interested'),
      of('f', 'rsvp', 'Fay'),
      of('g', 'rsvp', 'Gil', 'maybe'),
      of('h', 'like', 'Hal'),
    );
    expect(asText(html).trim().split('\n').join(' ')).toBe(
      'Likes: Hal Reposts: Dan Bookmarks: Bob Going: Cem Maybe: Gil Interested: Eve Not going: Ann Answers: Fay',
    );
  });

  it('show no photo, for it would tell a stranger who reads here', () => {
    expect(listOf(of('a', 'like', 'Ann'))).not.toContain('photos.example');
    expect(listOf(of('a', 'reply', 'Ann'))).not.toContain('photos.example');
  });
});

describe('the microformats', () => {
  const baseUrl = 'https://blog.example/post';
  const read = (list: string) =>
    mf2(`<div class="h-entry"><h1 class="p-name">Ours</h1>${list}</div>`, { baseUrl }).items[0]?.properties;

  const author = { name: 'Jane <3', url: 'https://jane.example/?a=1&b=2', photo: null };

  it('cite a comment with its page, title, author, time and words', () => {
    const comment = buildVerified({
      type: 'reply',
      facts: { ...facts, title: 'A “title” & more', author, publishedAt: Date.UTC(2014, 2, 2, 9) },
    });
    const [cited] = read(listOf(comment))?.['comment'] ?? [];
    expect(cited).toMatchObject({
      type: ['h-cite'],
      properties: {
        url: ['https://source.example/a'],
        name: ['A “title” & more'],
        published: ['2014-03-02T09:00:00.000Z'],
        author: [{ type: ['h-card'], properties: { name: ['Jane <3'], url: [author.url] } }],
        content: [
          {
            value: '[…] before link after […]',
            html: '[…] before <a href="https://source.example/a" rel="nofollow ugc noopener">link</a> after […]',
          },
        ],
      },
    });
    expect(cited).not.toHaveProperty('properties.accessed');
  });

  it('say when a page was looked at that does not say when it was published', () => {
    const [cited] =
      read(listOf(buildVerified({ facts: { ...facts, publishedAt: null } })))?.['comment'] ?? [];
    expect(cited).toMatchObject({ properties: { accessed: ['1970-01-01T00:00:02.000Z'] } });
    expect(JSON.stringify(cited)).not.toContain('published');
  });

  it.each([
    ['like', 'like'],
    ['repost', 'repost'],
    ['bookmark', 'bookmark'],
    ['rsvp', 'comment'],
  ] as const)('cite a %s as a %s, with its author', (type, property) => {
    const linkback = buildVerified({
      type,
      facts: { ...facts, author, publishedAt: 0, ...(type === 'rsvp' ? { rsvp: 'maybe' } : {}) },
    });
    expect(read(listOf(linkback))?.[property]).toMatchObject([
      {
        type: ['h-cite'],
        properties: {
          url: ['https://source.example/a'],
          author: [{ type: ['h-card'], properties: { name: ['Jane <3'], url: [author.url] } }],
          published: ['1970-01-01T00:00:00.000Z'],
          ...(type === 'rsvp' ? { rsvp: ['maybe'] } : {}),
        },
      },
    ]);
  });

  it('link to no author whose address is not of the web', () => {
    for (const type of ['reply', 'like'] as const) {
      const facts = { ...buildFound().facts, author: { ...author, url: 'javascript:alert(1)' } };
      const html = listOf(buildVerified({ type, facts }));
      expect(html).not.toContain('javascript');
      expect(html).toContain('Jane &lt;3');
    }
  });
});

/** What a reader sees of a piece of our HTML. */
function asText(html: string): string {
  return html
    .replace(/<[^>]*>/gu, '')
    .replace(/&lt;/gu, '<')
    .replace(/&gt;/gu, '>')
    .replace(/&quot;/gu, '"')
    .replace(/&#39;/gu, "'")
    .replace(/&amp;/gu, '&');
}

describe('the display line', () => {
  const excerpt = buildFound().excerpt;

  it.each([
    [true, true, '[…] before link after […]'],
    [true, false, '[…] before link after'],
    [false, true, 'before link after […]'],
    [false, false, 'before link after'],
  ])('is marked where text was cut (%s, %s)', (cutBefore, cutAfter, line) => {
    expect(displayLine({ ...excerpt, cutBefore, cutAfter }, mark)).toBe(line);
  });
});

describe('the public form', () => {
  it('names the dialect that held when the first to announce it did not', () => {
    const [announcement] = buildVerified().announcements;
    if (announcement === undefined) throw new Error('a linkback is announced by somebody');
    const announcements = [
      { ...announcement, dialect: 'webmention', held: false },
      { ...announcement, dialect: 'pingback', held: true },
    ] as const;
    expect(toPublic(buildVerified({ protocol: 'webmention', announcements }), mark)).toMatchObject({
      protocol: 'pingback',
      protocols: ['pingback'],
    });
  });

  it("holds nothing that is the owner's or the sender's business", () => {
    const json = JSON.stringify(toPublic(buildVerified(), mark));
    expect(json).not.toMatch(
      /moderation|verification|evidence|statusId|status-of|refusal|announcements|checkedAt|claims|vouch/u,
    );
  });
});
