import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/linkback/linkback.ts';
import { chooseLink, type Asked } from '../../src/verify/link.ts';
import { link, readPage, target } from '../support/reading.ts';
import { linkCases } from '../support/vectors.ts';

const asks = (dialect: Dialect, spelling = target): Asked => ({ dialect, target: spelling });

/** As a verification reads: on to the very spelling of every webmention. */
function choose(html: string, asked: readonly Asked[]) {
  const exactTargets = asked.filter(({ dialect }) => dialect === 'webmention').map((each) => each.target);
  return chooseLink(readPage(html, { exactTargets }).links, asked);
}

// Spec: Pingback 1.0 section 3; Webmention 3.2.2.
describe('a link to the target', () => {
  it.each(linkCases().map((each) => [each.id, each.why, each] as const))('%s: %s', (_id, _why, each) => {
    const { links } = readPage(each.html, {
      url: each.source,
      target: each.target,
      contentType: each.content_type ?? 'text/html; charset=utf-8',
      exactTargets: [each.target],
    });
    const heldBy = (dialect: Dialect): boolean =>
      chooseLink(links, [asks(dialect, each.target)]) !== undefined;
    expect(heldBy('pingback')).toBe(each.pb);
    expect(heldBy('trackback')).toBe(each.pb);
    expect(heldBy('webmention')).toBe(each.wm);
  });
});

describe('chooseLink', () => {
  const slashless = '<p><a href="https://target.example/2020/01/02/post">slashless</a></p>';
  const exact = `<p>${link('exact')}</p>`;
  const picture = `<img src="${target}" alt=picture>`;

  it('quotes the first link in the content rather than in its surroundings', () => {
    const html = `<nav>${link('nav')}</nav><aside>${link('aside')}</aside><p>${link('content')}</p>`;
    expect(choose(html, [asks('pingback')])?.link.text).toBe('content');
    expect(
      choose(`<nav>${link('nav')}</nav><aside>${link('aside')}</aside>`, [asks('pingback')])?.link.text,
    ).toBe('nav');
  });

  it('says by which rule it believes', () => {
    expect(choose(exact, [asks('pingback')])?.rule).toBe('exact');
    expect(choose(slashless, [asks('pingback')])?.rule).toBe('lenient');
  });

  it('holds each dialect to its own rule', () => {
    const all = [asks('pingback'), asks('webmention'), asks('trackback')];
    expect(choose(slashless, all)?.held).toEqual(['pingback', 'trackback']);
    expect(choose(slashless + exact, all)?.held).toEqual(['pingback', 'webmention', 'trackback']);
    expect(choose(picture, all)?.held).toEqual(['webmention']);
    expect(choose('<p>none</p>', all)).toBeUndefined();
  });

  it('takes a webmention’s target in its own spelling', () => {
    const spelling = 'https://target.example/2020/01/02/post';
    expect(choose(slashless, [asks('webmention', spelling)])?.held).toEqual(['webmention']);
    expect(choose(exact, [asks('webmention', spelling)])).toBeUndefined();
  });

  it('is as lenient with a webmention as with a pingback where the site says so', () => {
    const { links } = readPage(`<a href="${target.replace('https:', 'http:')}">x</a>`);
    expect(chooseLink(links, [asks('webmention')])).toBeUndefined();
    expect(chooseLink(links, [asks('webmention')], true)).toMatchObject({
      rule: 'lenient',
      held: ['webmention'],
    });
  });

  it('quotes a link that somebody’s rule holds for', () => {
    expect(choose(slashless + exact, [asks('webmention')])?.link.text).toBe('exact');
    expect(choose(picture + slashless, [asks('pingback')])?.link.text).toBe('slashless');
  });

  it('does not mind rel', () => {
    const html = link().replace('<a', '<a rel="nofollow ugc noopener"');
    expect(choose(html, [asks('pingback'), asks('webmention')])?.held).toEqual(['pingback', 'webmention']);
  });
});
