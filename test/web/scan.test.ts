import { describe, expect, it } from 'vitest';
import { maxKinds, maxLinks } from '../../src/web/page-links.ts';
import { maxDepth, maxNodes, scanHtml, type Scan } from '../../src/web/scan.ts';
import { link, paragraph, readPage, target } from '../support/reading.ts';

/** A scan that reads the whole page. */
const scan = (html: string): Scan =>
  scanHtml(html, {
    url: new URL('https://source.example/blog/post.html'),
    isWanted: (href) => href.href.startsWith(target),
    isEnough: () => false,
  });

const hrefs = (html: string): string[] => scan(html).links.map(({ href }) => href);

describe('the paragraph around a link', () => {
  it.each([
    ['the nearest block', `<div>no<p>a ${link()} b</p>no</div>`, 'a [link] b'],
    ['the nearest block, whatever it is', `<div>a ${link()} b</div><div>no</div>`, 'a [link] b'],
    ['a list item, its next one unclosed', `<ul><li>no<li>a ${link()} b<li>no</ul>`, 'a [link] b'],
    ['a cell', `<table><tr><td>no</td><td>a ${link()} b</td><td>no</td></tr></table>`, 'a [link] b'],
    ['an unclosed paragraph', `<p>a ${link()} b<p>no`, 'a [link] b'],
    ['the whole body where there is no block', `a ${link()} b`, 'a [link] b'],
    ['what inline elements hold', `<p><b>a <i>${link()}</i></b> <em>b</em></p>`, 'a [link] b'],
    [
      'blocks below the nearest one, as words apart',
      `<div>a<p>b</p>${link()}<p>c</p>d</div>`,
      'a b [link] c d',
    ],
    ['a link around blocks', `<div>a <a href="${target}"><div>x</div><p>y</p></a> b</div>`, 'a [x y ]b'],
  ])('is %s', (_, html, expected) => {
    expect(paragraph(html)).toBe(expected);
  });

  it.each([
    ['br', `<p>a<br>${link()}<br/>b</p>`, 'a [link] b'],
    ['blocks', `<div><span>a</span><h2>b</h2>${link()}<ul><li>c<li>d</ul></div>`, 'a b [link] c d'],
    ['line breaks of the source', `<p>a\n\t ${link('x\ny')}\r\nb</p>`, 'a [x y] b'],
    ['no-break spaces', `<p>a&nbsp;&nbsp;${link()}&#160;b</p>`, 'a [link] b'],
  ])('has its words parted by %s', (_, html, expected) => {
    expect(paragraph(html)).toBe(expected);
  });

  it.each([
    ['inline elements', `<p>al<b>pha</b> ${link('be<i>ta</i>')}s</p>`, 'alpha [beta]s'],
    ['chances to break a line', `<p>super<wbr>fast ${link()}</p>`, 'superfast [link]'],
    [
      'byte order marks and zero-width spaces',
      `<p>al\ufeffpha be\u200bta ${link()}</p>`,
      'alpha beta [link]',
    ],
    ['comments', `<p>al<!-- x -->pha ${link()}</p>`, 'alpha [link]'],
  ])('does not have its words parted by %s', (_, html, expected) => {
    expect(paragraph(html)).toBe(expected);
  });

  it.each([
    'script',
    'style',
    'template',
    'textarea',
    'select',
    'iframe',
    'xmp',
    'noembed',
    'noframes',
    'title',
  ])('has nothing of %s in it', (name) => {
    expect(paragraph(`<p>a <${name}>x &amp; y</${name}>${link()} <${name}>z</${name}>b</p>`)).toBe(
      'a [link] b',
    );
  });

  it('has the words of noscript in it, for we run no scripts', () => {
    expect(paragraph(`<p>a <noscript>x</noscript> ${link()}</p>`)).toBe('a x [link]');
  });

  it.each([
    [
      'references, once',
      `<p>Fish &amp;amp; &lt;b&gt; &#8220;q&#8221; ${link('&eacute;')}</p>`,
      'Fish &amp; <b> “q” [é]',
    ],
    [
      'controls, overrides and lone surrogates',
      `<p>a\x00\x07\u202eb&#xD800; ${link()}</p>`,
      'ab\ufffd [link]',
    ],
  ])('is plain text: %s', (_, html, expected) => {
    expect(paragraph(html).replace('a\ufffd', 'a')).toBe(expected);
  });

  it('ends soon in an endless one', () => {
    const [found] = scan(`<p>${'word '.repeat(10_000)}${link()}${' word'.repeat(10_000)}`).links;
    expect(found?.before.length).toBeLessThanOrEqual(2000);
    expect(found?.after.length).toBeLessThanOrEqual(2000);
    expect(found?.after.length).toBeGreaterThan(1000);
  });
});

describe('the text of a link', () => {
  it.each([
    ['its own', link('<b>bold</b> words'), 'bold words'],
    ['its image’s alt', link('<img src=x alt="a picture">'), 'a picture'],
    ['all its images’ alts', link('<img alt=a><img alt=b>'), 'a b'],
    ['its own rather than an alt', link('words <img alt=x>'), 'words'],
    ['an alt rather than what nobody sees', link('\u200b\u2060<img alt=x>'), 'x'],
    ['nothing', link('<img src=x>'), ''],
    ['up to the next link, when it is never closed', `<a href="${target}">one<a href=x>two</a>`, 'one'],
    ['up to the page’s end, when it is never closed', `<p><a href="${target}">never closed`, 'never closed'],
  ])('is %s', (_, html, expected) => {
    expect(scan(html).links[0]?.text.trim()).toBe(expected);
  });

  it.each([
    ['a link’s pictures', `<a href="${target}">${`<img alt="${'x'.repeat(500)}">`.repeat(100)}</a>`],
    ['a picture', `<img src="${target}" alt="${'x'.repeat(50_000)}">`],
    ['a link', link('x'.repeat(50_000))],
  ])('has an end when %s says too much', (_, html) => {
    expect(scan(html).links[0]?.text.length).toBeLessThanOrEqual(2000);
  });

  it('is an area’s or an image’s alt', () => {
    expect(scan(`<map><area href="${target}" alt="a map"></map>`).links[0]).toMatchObject({
      element: 'area',
      text: 'a map',
    });
    expect(scan(`a <img src="${target}" alt="a picture"> b`).links[0]).toMatchObject({
      element: 'img',
      before: 'a ',
      text: 'a picture',
      after: ' b',
    });
  });
});

describe('a link', () => {
  it.each([
    ['in svg', `<svg><a href="${target}"><text>x</text></a></svg>`],
    ['in svg, the old way', `<svg><a xlink:href="${target}">x</a></svg>`],
    ['in capitals', `<A HREF='${target}'>x</A>`],
    ['without quotes', `<a href=${target} >x</a>`],
    ['after a stray end tag of everything', `</body></html></div>${link()}`],
    ['after a comment that ends at once', `<!---->${link()}`],
    ['after a script with markup in it', `<script>"<a href='x'><!--"</script>${link()}`],
    ['after an unclosed element of every kind', `<p><b><i><ul><li><table><tr><td>${link()}`],
  ])('counts %s', (_, html) => {
    expect(hrefs(html)).toHaveLength(1);
  });

  it.each([
    ['in a comment', `<!-- ${link()} -->`],
    ['in a template, however deep', `<template><div><template></template>${link()}</div></template>`],
    ['in a script', `<script>${link()}</script>`],
    ['in a textarea', `<textarea>${link()}</textarea>`],
    ['in a title', `<title>${link()}</title>`],
    ['in a select', `<select><option>${link()}</select>`],
    ['in an attribute', `<p title='${link()}'>x</p>`],
    ['by its name alone', `<a name="${target}">x</a>`],
    ['by a link element', `<link rel=canonical href="${target}">`],
    [
      'by a form, frame or object',
      `<form action="${target}"></form><iframe src="${target}"></iframe><object data="${target}"></object>`,
    ],
    ['with a second href', `<a href="https://other.example/" href="${target}">x</a>`],
    ['with an address of more than 8,192 characters', `<a href="${target}?${'a'.repeat(9000)}">x</a>`],
  ])('does not count %s', (_, html) => {
    expect(hrefs(html)).toEqual([]);
  });

  it.each([
    ['the page’s own address', 'href="../q"', 'https://source.example/q'],
    ['the first base', '', 'https://base.example/x/q'],
  ])('is relative to %s', (_, attributes, expected) => {
    const base =
      attributes === ''
        ? '<base target=_top><base href="https://base.example/x/y"><base href="https://no.example/">'
        : '';
    const all = scanHtml(`${base}<a ${attributes || 'href=q'}>x</a>`, {
      url: new URL('https://source.example/blog/post.html'),
      isWanted: () => true,
      isEnough: () => false,
    });
    expect(all.links.map(({ href }) => href)).toEqual([expected]);
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'mailto:a@b.example',
    'ftp://target.example/',
    'http://[::1',
    '//%',
  ])('to %s is none', (address) => {
    const all = scanHtml(`<a href="${address}">x</a>`, {
      url: new URL('https://s.example/'),
      isWanted: () => true,
      isEnough: () => false,
    });
    expect(all.links).toEqual([]);
  });

  it('keeps its address, its rel values and its place', () => {
    const html = `<p>x</p>${link().replace('<a', '<a rel=" Nofollow\tUGC "')}`;
    expect(scan(html).links[0]).toMatchObject({
      href: target,
      rel: ['nofollow', 'ugc'],
      position: 8,
      element: 'a',
    });
  });

  it('keeps no more rel values than anybody looks at', () => {
    const rel = Array.from({ length: 5000 }, (_, n) => `r${n}`).join(' ');
    const [found] = scan(link().replace('<a', `<a rel="nofollow ${rel} ${'x'.repeat(100_000)}"`)).links;
    expect(found?.rel[0]).toBe('nofollow');
    expect(found?.rel.join(' ').length).toBeLessThan(1000);
  });

  it.each([
    ['nav', `<nav>${link()}</nav>`],
    ['header', `<header><p>${link()}</p></header>`],
    ['footer', `<article><footer>${link()}</footer></article>`],
    ['aside', `<aside>${link()}</aside>`],
    ['an element with the role navigation', `<div role=navigation>${link()}</div>`],
    ['an element with the role complementary', `<div role=complementary><p>${link()}</div>`],
  ])('in %s is not in the page’s content', (_, html) => {
    expect(scan(html).links[0]?.inContent).toBe(false);
    expect(scan(`${html}<p>${link()}</p>`).links[1]?.inContent).toBe(true);
  });

  it(`is told apart from ${maxLinks - 1} like it, and no more`, () => {
    expect(hrefs(link().repeat(maxLinks * 2))).toHaveLength(maxLinks);
  });

  it(`is told apart from ${maxKinds - 1} that differ, and no more`, () => {
    const all = Array.from({ length: maxKinds * 2 }, (_, n) => `<a href="${target}#${n}">x</a>`);
    expect(hrefs(all.join(''))).toHaveLength(maxKinds);
  });

  it('comes in the order of the page, whatever its paragraph', () => {
    const html = `<div>${link('one')}<p>${link('two')}</p>${link('three')}</div>`;
    expect(scan(html).links.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });
});

describe('the limits of a scan', () => {
  const nested = (depth: number, inside: string): string => '<b>'.repeat(depth) + inside;

  it(`are ${maxDepth} open elements`, () => {
    expect(scan(nested(maxDepth - 1, link()))).toMatchObject({ stopped: null });
    expect(hrefs(nested(maxDepth - 1, link()))).toHaveLength(1);
    const tooDeep = scan(`${link()}${nested(maxDepth + 1, link())}`);
    expect(tooDeep.stopped).toBe('too-complex');
    expect(tooDeep.links).toHaveLength(1);
  });

  it('count what is open in a template, too', () => {
    expect(scan(`<template>${nested(maxDepth + 1, '')}`).stopped).toBe('too-complex');
    expect(scan(`<template>${'<b></b>'.repeat(1000)}</template>${link()}`)).toMatchObject({ stopped: null });
  });

  it(`are ${maxNodes} tags and attributes together`, () => {
    expect(scan('<br>'.repeat(maxNodes - 10) + link())).toMatchObject({ stopped: null });
    expect(scan('<br>'.repeat(maxNodes + 10)).stopped).toBe('too-complex');
    expect(scan('<br a b>'.repeat(maxNodes / 3 + 10)).stopped).toBe('too-complex');
    expect(scan(`<p ${'a '.repeat(maxNodes + 10)}>`).stopped).toBe('too-complex');
  });

  it('leave what was found before', () => {
    const { links, title } = scan(`<title>t</title><p>a ${link()} b</p>${'<br>'.repeat(maxNodes)}`);
    expect(links).toMatchObject([{ before: 'a ', text: 'link' }]);
    expect(title).toBe('t');
  });

  it('take no longer for a page made to be slow than for any other of its size', () => {
    const strays = '</a>'.repeat(200_000);
    const pages = [
      `<template>${'<b>'.repeat(maxNodes - 10)}${strays}`,
      `<iframe>${'<b>'.repeat(maxNodes - 10)}${strays}`,
      `${'<b>'.repeat(maxDepth - 10)}${strays}`,
    ];
    for (const page of pages) {
      const startedAt = performance.now();
      scan(page);
      expect(performance.now() - startedAt).toBeLessThan(1500);
    }
  });

  it('stop reading once a link is enough', () => {
    const enough = scanHtml(`<p>${link()}</p>${'<p>x</p>'.repeat(1000)}`, {
      url: new URL('https://source.example/'),
      isWanted: (href) => href.href === target,
      isEnough: () => true,
    });
    expect(enough).toMatchObject({ stopped: 'enough', links: [{ text: 'link' }] });
  });

  it('do not hold up an ordinary page of a megabyte', () => {
    expect(
      readPage(`${'<p>Quite ordinary words, very many of them.</p>\n'.repeat(20_000)}${link()}`),
    ).toMatchObject({
      isTooComplex: false,
      links: [{ text: 'link' }],
    });
  });
});
