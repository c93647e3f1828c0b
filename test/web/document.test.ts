import { describe, expect, it } from 'vitest';
import { maxLinks } from '../../src/web/page-links.ts';
import { latin1, utf16le } from '../support/bytes.ts';
import { link, readPage, target } from '../support/reading.ts';
import { linkCases } from '../support/vectors.ts';

const hrefs = (html: string, over: Parameters<typeof readPage>[1] = {}): string[] =>
  readPage(html, over).links.map(({ href }) => href);

describe('the links of a page', () => {
  it.each(linkCases().map((each) => [each.id, each] as const))(
    'hold what any rule believes: %s',
    (_, each) => {
      const { links } = readPage(each.html, {
        url: each.source,
        target: each.target,
        contentType: each.content_type ?? 'text/html',
      });
      expect(links.length > 0).toBe(each.pb || each.wm);
    },
  );

  it('are relative to where the page was found after redirects', () => {
    expect(hrefs('<a href="post/">x</a>', { url: 'https://target.example/2020/01/02/' })).toEqual([target]);
  });

  it.each([
    ['https://www.target.example/2020/01/02/post', true],
    ['https://other.example/2020/01/02/post/', false],
    ['https://target.example.evil.example/2020/01/02/post/', false],
    ['https://target.example/2020/01/02/post/?x', false],
    [`https://target.example/2020/01/02/post/#${'a'.repeat(3000)}`, false],
  ])('to %s count: %s', (href, isOurs) => {
    expect(hrefs(`<a href="${href}">x</a>`)).toHaveLength(isOurs ? 1 : 0);
  });

  it('may lead to another address of the target', () => {
    const otherTargets = ['https://target.example/?p=5'];
    expect(hrefs('<a href="https://target.example/?p=5">x</a>', { otherTargets })).toHaveLength(1);
    expect(hrefs('<a href="https://target.example/?p=6">x</a>', { otherTargets })).toEqual([]);
  });

  it('may be those to a whole host, and then are read to the end', () => {
    const html = `<p>${link('one')}</p><a rel=nofollow href="https://www.target.example/x">two</a><a href="https://a.target.example/">no</a>`;
    expect(readPage(html, { targetHost: 'target.example' }).links.map(({ text }) => text)).toEqual([
      'one',
      'two',
    ]);
  });
});

describe('reading a page', () => {
  const lenient = '<p><a href="http://target.example/2020/01/02/post">lenient</a></p>';
  const exactTargets = [target];

  it('stops after the first link in the content', () => {
    expect(readPage(`<p>${link('one')}</p><p>${link('two')}</p>`).links.map(({ text }) => text)).toEqual([
      'one',
    ]);
  });

  it('goes on after a link in the navigation', () => {
    const { links } = readPage(`<nav>${link('nav')}</nav><p>${link('one')}</p><p>${link('two')}</p>`);
    expect(links.map(({ text, inContent }) => [text, inContent])).toEqual([
      ['nav', false],
      ['one', true],
    ]);
  });

  it('goes on until every spelling that must be exact is found', () => {
    const { links } = readPage(`${lenient}<p>${link('exact')}</p><p>${link('more')}</p>`, { exactTargets });
    expect(links.map(({ text }) => text)).toEqual(['lenient', 'exact']);
  });

  it('finds the exact spelling behind any number of others', () => {
    const { links } = readPage(`${lenient.repeat(maxLinks * 2)}<p>${link('exact')}</p>`, { exactTargets });
    expect(links.map(({ text }) => text)).toContain('exact');
  });

  it('finds a link in the content behind any number of others in the navigation', () => {
    const { links } = readPage(`<nav>${link('nav').repeat(maxLinks * 2)}</nav><p>${link('content')}</p>`);
    expect(links.at(-1)).toMatchObject({ text: 'content', inContent: true });
  });

  it('says when it gave up', () => {
    expect(readPage(`${'<b>'.repeat(300)}${link()}`)).toMatchObject({ isTooComplex: true, links: [] });
    expect(readPage(link())).toMatchObject({ isTooComplex: false });
  });

  it('uses the charset that wins, and says which it was', () => {
    const bytes = latin1(`<meta charset=iso-8859-1><title>Caf\xe9</title>${link('\x93q\x94')}`);
    const reading = readPage(bytes, { contentType: 'text/html' });
    expect(reading).toMatchObject({
      encoding: 'windows-1252',
      facts: { title: 'Café' },
      links: [{ text: '“q”' }],
    });
    expect(readPage(utf16le(`\ufeff<title>é</title>${link()}`))).toMatchObject({
      encoding: 'UTF-16LE',
      facts: { title: 'é' },
      links: [{ href: target }],
    });
  });

  it('reads a page that was cut in the middle of anything', () => {
    const page = Buffer.from(`<title>Ünï</title><p>wörds ${link('línk')} 語 &amp; more <b x="y">z</b></p>`);
    for (let end = 0; end <= page.length; end += 1) {
      const reading = readPage(page.subarray(0, end), { isCut: true, contentType: 'text/html' });
      expect(reading.facts.title.isWellFormed()).toBe(true);
      expect(reading.encoding).toBe('UTF-8');
    }
  });

  it.each([
    [
      'the names of prototypes as elements',
      `<constructor><__proto__><tostring>${link()}</tostring></__proto__></constructor>`,
    ],
    [
      'the names of prototypes as attributes',
      `<p __proto__=x constructor=y hasOwnProperty=z>${link('x').replace('<a', '<a __proto__="x" constructor')}`,
    ],
    [
      'roles and rels named like prototypes',
      `<div role=constructor>${link().replace('<a', '<a rel="__proto__ constructor"')}</div>`,
    ],
  ])('is not confused by %s', (_, html) => {
    expect(readPage(html).links).toHaveLength(1);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('the facts of a page', () => {
  it.each([
    ['<title>Own</title>', true],
    ['<h1>Own</h1>', true],
    ['<p>none</p>', false],
  ])('of %s say whether it has a title of its own: %s', (html, isTitled) => {
    expect(readPage(html).isTitled).toBe(isTitled);
  });

  it.each([
    ['<link rel=canonical href="/real">', 'https://source.example/real'],
    ['<link rel="x Canonical" href="https://other.example/">', 'https://other.example/'],
    ['<link rel=canonical href="javascript:alert(1)">', null],
    ['<link rel=canonicalx href="/real">', null],
    ['<body><link rel=canonical href="/no">', null],
  ])('of %s give its own address as %j', (html, canonical) => {
    expect(readPage(html).canonical).toBe(canonical);
  });

  it('of a text are its host, of JSON its name', () => {
    const silent = { author: { name: null, url: null, photo: null }, publishedAt: null, language: null };
    expect(readPage(target, { contentType: 'text/plain' }).facts).toEqual({
      ...silent,
      title: 'source.example',
    });
    const json = JSON.stringify({ name: ` A\u202e ${'x'.repeat(300)}`, url: target });
    const reading = readPage(json, { contentType: 'application/activity+json' });
    expect(reading.facts).toEqual({ ...silent, title: `A ${'x'.repeat(198)}…` });
    expect(reading).toMatchObject({ isTitled: true, links: [{ element: 'json' }] });
  });

  it('of a page without the link are not worth a tree', () => {
    expect(readPage('<div class="h-entry">x</div>').hasMicroformats).toBe(false);
    expect(readPage(`<div class="h-entry">${link()}</div>`).hasMicroformats).toBe(true);
    expect(readPage(link()).hasMicroformats).toBe(false);
  });
});
