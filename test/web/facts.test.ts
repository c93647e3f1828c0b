import { describe, expect, it } from 'vitest';
import { maxAuthorLength, maxTitleLength } from '../../src/web/facts.ts';
import type { PageFacts } from '../../src/linkback/linkback.ts';
import { readPage } from '../support/reading.ts';

const factsOf = (html: string): PageFacts => readPage(html).facts;
const titleOf = (html: string): string => factsOf(html).title;
const headed = (head: string): PageFacts => factsOf(`<html><head>${head}</head><body><p>words`);
const linked = (data: unknown): string =>
  `<script type="application/ld+json">${JSON.stringify(data)}</script>`;

const nobody = { name: null, url: null, photo: null };

describe('the title of a page', () => {
  it.each([
    ['Fish &amp; Chips', 'Fish & Chips'],
    ['A <b>bold</b> title', 'A <b>bold</b> title'],
    ['&#147;cp1252&#148; &#133;', '“cp1252” …'],
    ['&#0;&#xD800;&#x110000;', '\ufffd\ufffd\ufffd'],
    ['&copy 2020 &copy2020 &notit;', '© 2020 ©2020 ¬it;'],
    ['a&nbsp;&nbsp;b', 'a b'],
    ['a &amp;amp; b', 'a &amp; b'],
    ['&lt;script&gt;alert(1)&lt;/script&gt;', '<script>alert(1)</script>'],
    ['A<!-- c -->B', 'A<!-- c -->B'],
    ['  \n many\t\f blanks \r\n ', 'many blanks'],
    ['evil \u202egnp.exe\u202c\u0007', 'evil gnp.exe'],
    [
      'Creating &#8220;WE&#8221; not &#8220;ME solutions | Lead Me On',
      'Creating “WE” not “ME solutions | Lead Me On',
    ],
  ])('%j is %j', (html, title) => {
    expect(titleOf(`<title>${html}</title><p>x`)).toBe(title);
  });

  it.each([
    ['the first of two', '<title>one</title><title>two</title>', 'one'],
    ['not an SVG’s', '<svg><title>icon</title></svg><title>page</title>', 'page'],
    ['not a formula’s', '<math><title>formula</title></math><title>page</title>', 'page'],
    ['not a template’s', '<template><title>no</title></template><title>page</title>', 'page'],
    ['one with attributes', '<title lang=en>page</title>', 'page'],
    ['one that is never closed', '<title>page', 'page'],
    ['one in the body, for want of any other', '<p>x</p><title>page</title>', 'page'],
  ])('is %s', (_, html, title) => {
    expect(titleOf(html)).toBe(title);
  });

  const openGraph = '<meta property="og:title" content="Open &amp; graph">';

  it.each([
    ['the page’s own before og:title', `${openGraph}<title>page</title><h1>head</h1>`, 'page'],
    ['og:title where there is none', `${openGraph}<h1>head</h1>`, 'Open & graph'],
    [
      'og:title where it is empty',
      `<title> </title><title>second</title>${openGraph}<h1>head</h1>`,
      'Open & graph',
    ],
    [
      'og:title where there is only an SVG’s',
      `${openGraph}<svg><title>icon</title></svg><h1>head</h1>`,
      'Open & graph',
    ],
    ['og:title in any case', '<META PROPERTY="OG:Title" CONTENT="x"><h1>head</h1>', 'x'],
    [
      'og:title behind a pixel for readers without scripts',
      `<head><noscript><img src=x></noscript>${openGraph}</head><h1>head</h1>`,
      'Open & graph',
    ],
    ['the first h1 where both are missing', '<p>x</p><h1>One</h1><h1>Two</h1>', 'One'],
    ['the first h1 with words', '<h1><img src=logo></h1><h1>Two</h1>', 'Two'],
    [
      'the h1’s words, parted where lines are',
      '<h1>One<br>two <b>th</b>ree<div>four</div></h1>',
      'One two three four',
    ],
    [
      'nothing of scripts and styles in the h1',
      '<h1><style>a{}</style><svg><title>icon</title></svg>One<script>x()</script></h1>',
      'One',
    ],
    ['the host’s name where all are missing', '<p>words</p>', 'source.example'],
    [
      'the host’s name where all are empty',
      '<title></title><meta property="og:title" content=" "><h1> </h1>',
      'source.example',
    ],
    ['the host’s name where nothing can be seen', '<title>\u200b\u2060</title>', 'source.example'],
  ])('is %s', (_, html, title) => {
    expect(titleOf(html)).toBe(title);
  });

  it(`is cut at ${maxTitleLength} characters, whole ones`, () => {
    expect(titleOf(`<title>${'👨‍👩‍👧‍👦'.repeat(201)}</title>`)).toBe(`${'👨‍👩‍👧‍👦'.repeat(200)}…`);
    expect(titleOf(`<title>${'x'.repeat(1_000_000)}`)).toBe(`${'x'.repeat(200)}…`);
  });
});

describe('the author of a page', () => {
  const jane = {
    '@type': 'Person',
    name: 'Jane',
    url: 'https://jane.example/',
    image: 'https://jane.example/j.png',
  };
  const whole = { name: 'Jane', url: 'https://jane.example/', photo: 'https://jane.example/j.png' };

  it.each([
    ['a meta', '<meta name=author content="Jane &amp; Joe">', { ...nobody, name: 'Jane & Joe' }],
    ['a meta in any case', '<META NAME=Author CONTENT=Jane>', { ...nobody, name: 'Jane' }],
    [
      'the first meta with words',
      '<meta name=author content=" "><meta name=author content=Jane>',
      { ...nobody, name: 'Jane' },
    ],
    ['JSON-LD, a string', linked({ '@type': 'Article', author: 'Jane' }), { ...nobody, name: 'Jane' }],
    ['JSON-LD, a node', linked({ author: jane }), whole],
    ['JSON-LD, a list', linked({ author: [jane, { name: 'Joe' }] }), whole],
    ['JSON-LD, a list of names', linked({ author: ['Jane', 'Joe'] }), { ...nobody, name: 'Jane' }],
    [
      'JSON-LD, an image with an address',
      linked({ author: { ...jane, image: { url: '/j.png' } } }),
      { ...whole, photo: 'https://source.example/j.png' },
    ],
    ['JSON-LD, several articles', linked([{ name: 'x' }, { author: jane }]), whole],
    ['JSON-LD, a graph', linked({ '@graph': [{ '@id': '#site' }, { author: jane }] }), whole],
    [
      'JSON-LD, a reference into the graph',
      linked({ '@graph': [{ author: { '@id': '#j' } }, { ...jane, '@id': '#j' }] }),
      whole,
    ],
    [
      'JSON-LD, a reference to nobody',
      linked({ author: { '@id': '#j', name: 'Jane' } }),
      { ...nobody, name: 'Jane' },
    ],
    ['the second of two scripts', linked({ name: 'x' }) + linked({ author: jane }), whole],
    [
      'a good script after a broken one',
      `<script type="application/ld+json">{"author":</script>${linked({ author: jane })}`,
      whole,
    ],
  ])('is said by %s', (_, head, author) => {
    expect(headed(head).author).toEqual(author);
  });

  it.each([
    ['with its words', '<a rel=author href="/jane">Jane <b>Doe</b></a>', 'Jane Doe'],
    ['the first of two', '<a rel=author href="/jane">Jane</a><a rel=author href="/joe">Joe</a>', 'Jane'],
    ['among other values', '<a rel="me Author" href="/jane">Jane</a>', 'Jane'],
    ['in the heading', '<h1>By <a rel=author href="/jane">Jane</a></h1>', 'Jane'],
    ['around the heading', '<a rel=author href="/jane"><h1>Jane</h1></a>', 'Jane'],
    ['never closed', '<a rel=author href="/jane">Jane <a href=x>More</a>', 'Jane'],
  ])('is said by a link to them, %s', (_, body, name) => {
    expect(factsOf(body).author).toEqual({ ...nobody, name, url: 'https://source.example/jane' });
  });

  it('has the name of the meta and the address of the link', () => {
    const { author } = factsOf(
      '<meta name=author content="Jane Doe"><p>by <a rel=author href="/jane">J.</a>',
    );
    expect(author).toEqual({ ...nobody, name: 'Jane Doe', url: 'https://source.example/jane' });
  });

  it('is nobody where the page is silent', () => {
    expect(factsOf('<p>words').author).toEqual(nobody);
  });

  it(`is cut at ${maxAuthorLength} characters`, () => {
    expect(headed(`<meta name=author content="${'x'.repeat(5000)}">`).author.name).toBe(
      `${'x'.repeat(100)}…`,
    );
  });

  it.each([
    ['javascript: URLs', 'javascript:alert(1)'],
    ['data: URLs', 'data:text/html,<b>x'],
    ['what is no URL', 'http://[::1'],
    ['user and password', 'https://user:password@jane.example/'],
    ['endless addresses', `https://jane.example/${'a'.repeat(5000)}`],
  ])('has no %s for an address or a photo', (_, url) => {
    expect(headed(linked({ author: { name: 'Jane', url, image: url } })).author).toEqual({
      ...nobody,
      name: 'Jane',
    });
    expect(factsOf(`<a rel=author href="${url}">Jane</a>`).author.url).toBeNull();
  });

  it.each([
    ['numbers', { author: 5, datePublished: 5 }],
    ['nothing', { author: null, datePublished: null }],
    ['lists of lists', { author: [[jane]] }],
    ['names that are none', { author: { name: { a: 1 }, url: [1], image: [{ url: 'x' }] } }],
    ['the names of prototypes', JSON.parse('{"__proto__": {"author": "x"}, "constructor": {"author": "y"}}')],
  ])('is nobody by JSON-LD of %s', (_, data) => {
    expect(headed(linked(data))).toMatchObject({ author: nobody, publishedAt: null });
  });
});

describe('when a page was published', () => {
  const at = Date.UTC(2014, 2, 2, 9);

  it.each([
    ['a meta', '<meta property="article:published_time" content="2014-03-02T09:00:00Z">'],
    ['a meta with an offset', '<meta property="article:published_time" content="2014-03-02T10:00:00+01:00">'],
    ['JSON-LD', linked({ datePublished: '2014-03-02T09:00:00.000Z' })],
    ['Dublin Core', '<meta name="DC.date" content="2014-03-02T09:00Z">'],
    ['a time with pubdate', '</head><time pubdate datetime="2014-03-02T09:00Z">'],
    ['a time by its class', '</head><time class="entry-date updated" datetime="2014-03-02T09:00Z">'],
    ['a time by its itemprop', '</head><time itemprop=datePublished datetime="2014-03-02T09:00Z">'],
  ])('is said by %s', (_, head) => {
    expect(headed(head).publishedAt).toBe(at);
  });

  it.each([
    ['any other time', '</head><time datetime="2014-03-02T09:00Z">'],
    ['words', '<meta property="article:published_time" content="yesterday">'],
    ['a number', '<meta property="article:published_time" content="12">'],
    ['a day before the web', '<meta property="article:published_time" content="1066-10-14T09:00Z">'],
    ['a day too far away', '<meta property="article:published_time" content="9999-10-14T09:00Z">'],
    ['nothing', ''],
  ])('is not said by %s', (_, head) => {
    expect(headed(head).publishedAt).toBeNull();
  });
});

describe('the language of a page', () => {
  it.each([
    ['the root', '<html lang=de-ch>', 'de-CH'],
    ['the root, the XML way', '<html xml:lang="en">', 'en'],
    ['an underscore', '<html lang=pt_BR>', 'pt-BR'],
    ['a header in the head', '<meta http-equiv=Content-Language content="fr, en">', 'fr'],
    ['the root before the head', '<html lang=de><meta http-equiv=content-language content=fr>', 'de'],
  ])('is said by %s', (_, html, language) => {
    expect(factsOf(html).language).toBe(language);
  });

  it.each([
    ['nothing', '<html>'],
    ['words', '<html lang="(none)">'],
    ['a prototype’s name', '<html lang="__proto__">'],
    ['an endless tag', `<html lang="x-${'abcdefgh-'.repeat(1000)}a">`],
    ['another element', '<p lang=de>'],
  ])('is not said by %s', (_, html) => {
    expect(factsOf(html).language).toBeNull();
  });
});
