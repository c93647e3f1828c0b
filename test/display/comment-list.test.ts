import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commentList } from '../../src/display/comment-list.ts';
import { displayLine, toPublic } from '../../src/display/public-linkback.ts';
import type { Excerpt, Linkback } from '../../src/linkback/linkback.ts';
import { buildFound, buildVerified } from '../support/build-linkback.ts';

const mark = '[…]';
const listOf = (...linkbacks: readonly Linkback[]): string => commentList(linkbacks, () => mark).html;

const facts = { ...buildFound().facts };

describe('the list', () => {
  it('is empty without linkbacks', () => {
    expect(listOf()).toBe('<ol class="comment-list linkbacks"></ol>\n');
  });

  it('is in the form of comments', () => {
    expect(listOf(buildVerified({ facts: { ...facts, title: 'Fish & Chips', publishedAt: 0 } }))).toBe(
      `<ol class="comment-list linkbacks">
<li id="linkback-id-1" class="pingback mention even thread-even depth-1">
<article class="comment-body">
<footer class="comment-meta" dir="auto">
<div class="comment-author vcard"><cite class="fn"><a class="url" href="https://source.example/a" rel="nofollow ugc noopener">Fish &amp; Chips</a></cite></div>
<div class="comment-metadata"><time datetime="1970-01-01T00:00:00.000Z">January 1, 1970</time></div>
</footer>
<div class="comment-content"><p dir="auto">[…] before <a href="https://source.example/a" rel="nofollow ugc noopener">link</a> after […]</p></div>
</article>
</li></ol>
`,
    );
  });

  it('names the language of what is quoted, and of its title', () => {
    const html = listOf(buildVerified({ facts: { ...facts, language: 'ja' } }));
    expect(html).toContain('rel="nofollow ugc noopener" lang="ja">A title</a>');
    expect(html).toContain('<p dir="auto" lang="ja">');
  });

  it('stripes its rows as themes know them', () => {
    const html = listOf(buildVerified({ id: '1' }), buildVerified({ id: '2' }), buildVerified({ id: '3' }));
    expect([...html.matchAll(/mention (even|odd) thread-\1 depth-1/gu)].map(([, stripe]) => stripe)).toEqual([
      'even',
      'odd',
      'even',
    ]);
  });

  it('shows the host for a page without a title, and no link for a quotation without one', () => {
    const html = listOf(buildVerified({ facts: null, excerpt: { ...buildFound().excerpt, link: '' } }));
    expect(html).toContain('>source.example</a>');
    expect(html.match(/<a /gu)).toHaveLength(1);
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
        const shown = /<p dir="auto">([\s\S]*)<\/p>/u.exec(listOf(buildVerified({ excerpt })))?.[1] ?? '';
        expect(asText(shown)).toBe(displayLine(excerpt, mark));
      }),
      { seed: 13, numRuns: 500 },
    );
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
