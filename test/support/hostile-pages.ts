/** Pages made to hurt whatever reads them: each is one shape, as large as asked for, and always the same. */

export type HostilePage = {
  readonly name: string;
  /** About `bytes` of UTF-8 with `link`, an `<a href>` element, where the name says; else at the end. */
  readonly make: (bytes: number, link: string) => string;
};

type Make = HostilePage['make'];

const byteLength = (text: string): number => Buffer.byteLength(text);

/** `unit` over and over, at least once, until it is about `bytes` long. */
const times = (unit: string, bytes: number): string =>
  unit.repeat(Math.max(1, Math.ceil(bytes / byteLength(unit))));

/** A different unit each time, by its number. */
function numbered(unit: (n: number) => string, bytes: number): string {
  const parts: string[] = [];
  for (let n = 0, left = bytes; left > 0; n += 1) {
    const part = unit(n);
    parts.push(part);
    left -= part.length;
  }
  return parts.join('');
}

/** A flood of `unit`, then the link. */
const flood =
  (unit: string): Make =>
  (bytes, link) =>
    times(unit, bytes) + link;

/** The link, then a flood of `unit`. */
const floodAfter =
  (unit: string): Make =>
  (bytes, link) =>
    link + times(unit, bytes);

/** The link in the middle of one thing that is opened, filled and perhaps closed. */
const wrapped =
  (open: string, unit: string, close: string): Make =>
  (bytes, link) =>
    `${open}${times(unit, bytes)}${close}${link}`;

/** Elements in elements, all closed again, the link innermost. */
const nested =
  (open: string, close: string): Make =>
  (bytes, link) => {
    const depth = Math.max(1, Math.ceil(bytes / byteLength(open + close)));
    return open.repeat(depth) + link + close.repeat(depth);
  };

/** First many of one thing, then as many of another. */
const halves =
  (first: string, second: string): Make =>
  (bytes, link) =>
    times(first, bytes / 2) + times(second, bytes / 2) + link;

const counted =
  (unit: (n: number) => string): Make =>
  (bytes, link) =>
    numbered(unit, bytes) + link;

const cyclic = (items: readonly string[], n: number): string => items[n % items.length] ?? '';

/** The numbers of a small linear congruential generator: noise that is the same on every run. */
function noise(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const soupTags = 'p b i a div ul li table tr td select option svg math form template style title'.split(' ');

/** Tags of all kinds, opened and closed by the roll of a die. */
const soup: Make = (bytes, link) => {
  const roll = noise(1);
  const tag = (): string => `<${cyclic(['', '/'], roll(2))}${cyclic(soupTags, roll(soupTags.length))}>x`;
  return numbered(tag, bytes) + link;
};

const binary: Make = (bytes, link) => {
  const roll = noise(2);
  return numbered(() => String.fromCharCode(roll(0x80)), bytes) + link;
};

/** The address in an `<a href>` element, for shapes that need many such links. */
const hrefOf = (link: string): string => /href\s*=\s*["']?([^"'\s>]+)/iu.exec(link)?.[1] ?? '#';

const inside = (open: string, close: string): Make => wrapped(open, 'words and words ', close);

const misnested: Readonly<Record<string, Make>> = {
  'p and b misnested, each b with an id': counted((n) => `<p><b id=${n}></p>`),
  'p and b misnested, link first': (bytes, link) => link + numbered((n) => `<p><b id=${n}></p>`, bytes),
  'formatting elements opened and never closed': flood('<b><i><u><s><em><tt><code><nobr>'),
  'formatting elements, each with an id': counted((n) => `<${cyclic(['b', 'i', 'em', 'nobr'], n)} id=${n}>`),
  'b opened, then a closed': halves('<b>', '</a>'),
  'b opened, then p closed': halves('<b>', '</p>'),
  'unknown elements opened, then others closed': halves('<x-a>', '</x-b>'),
  'elements closed in the wrong order': flood('<b><i></b></i>'),
  'formatting around blocks': flood('<b><p>x</b></p>'),
  'end tags of p only': flood('</p>'),
  'end tags of br only': flood('</br>'),
  'end tags of everything': flood('</div></b></table></html></body></x>'),
  'anchors in anchors': (bytes, link) =>
    times(`<a href="${hrefOf(link)}#"><b>`, bytes) + link + times('</b></a>', 100),
  'anchors in tables in anchors': flood('<a href=x><table><a href=y></table>'),
  'nobr in nobr': flood('<nobr>x'),
  'text fostered out of tables': flood('<table>x<tr>y<td>'),
  'headings in headings': flood('<h1><h2><h3>x'),
  'soup of random tags': soup,
};

const deep: Readonly<Record<string, Make>> = {
  'ul and li, never closed': flood('<ul><li>'),
  'ul and li, link innermost': nested('<ul><li>', '</li></ul>'),
  'b with ids, never closed': counted((n) => `<b id=${n}>`),
  'b, link innermost': nested('<b>', '</b>'),
  'div, never closed': flood('<div>'),
  'div, link innermost': nested('<div>', '</div>'),
  'div, link first': floodAfter('<div>'),
  'p, closed by the next one': flood('<p>x'),
  'blockquote, link innermost': nested('<blockquote>', '</blockquote>'),
  'template in template': flood('<template>'),
  'template in template, link innermost': nested('<template>', '</template>'),
  'tables in cells': flood('<table><tr><td>'),
  'tables in cells, link innermost': nested('<table><tbody><tr><td>', '</td></tr></tbody></table>'),
  'captions and colgroups': flood('<table><caption><colgroup><col>'),
  'select and option': flood('<select><option>x'),
  'optgroup without select': flood('<optgroup><option>x'),
  'svg in foreignObject in svg': flood('<svg><foreignObject>'),
  'svg groups, link innermost': nested('<g>', '</g>'),
  'math in annotation in math': flood('<math><annotation-xml encoding="text/html"><div>'),
  'svg desc and title': flood('<svg><desc><svg><title>'),
  'mtext and mglyph': flood('<math><mtext><table><mglyph>'),
  'dl, dt and dd': flood('<dl><dt>x<dd>y'),
  ruby: flood('<ruby><rb>x<rt>y<rtc>'),
  'object and embed': flood('<object data=x><embed src=y>'),
  'iframe with srcdoc in itself': flood('<iframe srcdoc="<iframe srcdoc=x>">x'),
  framesets: flood('<frameset><frame src=x>'),
  'forms in forms': flood('<form action=x><input name=y>'),
  'buttons in buttons': flood('<button>x'),
  'details and dialog': flood('<details open><summary>x<dialog>'),
  'custom elements': counted((n) => `<x-${n}>`),
  'XML namespaces': counted((n) => `<n${n}:x xmlns:n${n}="u">`),
};

const rawText: Readonly<Record<string, Make>> = {
  'comment that never ends': wrapped('<!--', 'a comment ', ''),
  'comment that never ends, link first': (bytes, link) => `${link}<!--${times('a comment ', bytes)}`,
  'comments with dashes and bangs': flood('<!-- -- --!><!--><!---><!-- <!-- --> -->'),
  'comment ends only': flood('-->'),
  'CDATA outside of foreign elements': wrapped('<![CDATA[', 'x]] >', ']]>'),
  'CDATA that never ends': wrapped('<![CDATA[', '<p>x', ''),
  'CDATA in svg, never closed': wrapped('<svg><![CDATA[', ']]x', ''),
  'processing instructions': flood('<?php echo "<a>"; ?>'),
  'processing instruction that never ends': wrapped('<?xml ', 'x="y" ', ''),
  doctypes: flood('<!DOCTYPE html PUBLIC "-//W3C//DTD" "x">'),
  'doctype that never ends': wrapped('<!DOCTYPE html SYSTEM "', 'x', ''),
  'doctype with entities': wrapped('<!DOCTYPE html [', '<!ENTITY a "aaaa">', ']>&a;'),
  'script that never ends': wrapped('<script>', 'document.write("<p>");', ''),
  'script in a comment in a script': flood('<script><!--<script></script>--></script>'),
  'script with comment escapes, left open': wrapped('<script><!--', '<script></script ', ''),
  'script end tags that are none': wrapped('<script>', '</scrip </script', '></script>'),
  'style that never ends': wrapped('<style>', 'a{b:c}', ''),
  'textarea that never ends': inside('<textarea>', ''),
  'title that never ends': inside('<title>', ''),
  'title that is the whole page': inside('<title>', '</title>'),
  'a title in every element': flood('<svg><title>x</title></svg><title>y</title>'),
  plaintext: inside('<plaintext>', ''),
  'plaintext, link first': floodAfter('<plaintext>x'),
  'xmp, noembed, noframes': flood('<xmp><b></xmp><noembed><b></noembed><noframes><b></noframes>'),
  'noscript in head': inside('<head><noscript>', '</noscript></head>'),
  'iframe that never ends': inside('<iframe>', ''),
  'half end tags': wrapped('<textarea>', '</textare', ''),
};

const long: Readonly<Record<string, Make>> = {
  'one tag with very many attributes': (bytes, link) => `<p ${numbered((n) => `a${n}=v `, bytes)}>${link}`,
  'one tag with the same attribute again and again': (bytes, link) => `<p ${times('a=v ', bytes)}>${link}`,
  'one tag with attributes without values': (bytes, link) => `<p ${numbered((n) => `a${n} `, bytes)}>${link}`,
  'attributes on html and body again and again': counted((n) => `<html a${n}=v><body b${n}=w>`),
  'the link behind very many attributes': (bytes, link) =>
    link.replace(/^<a/iu, `<a ${numbered((n) => `a${n}=v `, bytes)}`),
  'very long attribute value': (bytes, link) => `<p title="${times('value ', bytes)}">${link}`,
  'attribute value that never ends': wrapped('<p title="', 'value ', ''),
  'attribute quotes of two kinds': flood(`<p a="'" b='"' c="`),
  'very long tag name': (bytes, link) => `<${times('x', bytes)}>${link}`,
  'very long end tag name': (bytes, link) => `</${times('x', bytes)}>${link}`,
  'very long attribute name': (bytes, link) => `<p ${times('x', bytes)}=v>${link}`,
  'tag that never ends': wrapped('<p ', '\n', ''),
  'slashes in a tag': (bytes, link) => `<p${times('/', bytes)}>${link}`,
  'equals signs in a tag': (bytes, link) => `<p ${times('=', bytes)}>${link}`,
  'less-than signs only': flood('<'),
  'less-than signs and blanks': flood('< '),
  'ampersands only': flood('&'),
  'one word without a blank': flood('wordwordword'),
  'one paragraph without a blank, link in its middle': (bytes, link) =>
    `<p>${times('字', bytes / 2)}${link}${times('字', bytes / 2)}</p>`,
  'link with a very long text': (bytes, link) =>
    link.replace(/>([^<]*)<\/a>/iu, () => `>${times('long words ', bytes)}</a>`),
  'link with a very long text without a blank': (bytes, link) =>
    link.replace(/>([^<]*)<\/a>/iu, () => `>${times('long', bytes)}</a>`),
  'link with a very long address beside it': (bytes, link) =>
    `<a href="${hrefOf(link)}?${times('q=1&', bytes)}">x</a>${link}`,
  'link with very many elements in it': (bytes, link) =>
    link.replace(/>([^<]*)<\/a>/iu, () => `>${times('<b>x</b>', bytes)}</a>`),
  'link with an endless data address before it': (bytes, link) =>
    `<img src="data:image/png;base64,${times('AAAA', bytes)}">${link}`,
  'inline style of many rules': (bytes, link) => `<p style="${times('a:b;', bytes)}">${link}</p>`,
};

const text: Readonly<Record<string, Make>> = {
  'named references': flood('&amp;&eacute;&CounterClockwiseContourIntegral;'),
  'named references without a semicolon': flood('&amp&copy2020&notit;'),
  'references to nothing': counted((n) => `&nosuch${n};`),
  'numeric references': counted((n) => `&#${(n % 0x11_0000) + 1};`),
  'numeric references out of range': flood('&#0;&#xD800;&#x110000;&#99999999999999999999;'),
  'one endless numeric reference': (bytes, link) => `&#${times('9', bytes)};${link}`,
  'one endless named reference': (bytes, link) => `&${times('a', bytes)};${link}`,
  'references decoded twice': flood('&amp;amp;amp;lt;script&amp;gt;'),
  'NUL characters': flood('\0<p\0>'),
  'control characters': flood('\x01\x02\x08\x0b\x0c\x0e\x1b[31m\x7f\x80\x9f'),
  'lone surrogates': flood('\ud800x\udfff'),
  noncharacters: flood('\ufffe\uffff\u{1fffe}'),
  'byte order marks and joiners': flood('\ufeff\u200b\u2060\u200c\u200d'),
  'bidi overrides': flood('\u202e\u2066abc\u2069\u202c'),
  'combining marks without end': (bytes, link) => `<p>Z${times('\u0301\u0323\u0489', bytes)} ${link}</p>`,
  'a family of emoji without end': (bytes, link) => `<p>${times('👨‍👩‍👧‍👦', bytes)}${link}</p>`,
  'flags without end': (bytes, link) => `<p>${times('🇨🇭', bytes)}${link}</p>`,
  'variation selectors': flood('a\ufe0f\u{e0101}'),
  'white space only': flood(' \t\r\n\f'),
  'carriage returns only': flood('\r'),
  'no-break spaces only': flood('&nbsp;\u00a0'),
  'UTF-7': flood('+ADw-script+AD4-alert(1)+ADw-/script+AD4-'),
  'UTF-16 read as UTF-8': flood('<\0p\0>\0x\0'),
  'ISO-2022-JP escapes': flood('\x1b$B%+\x1b(B'),
  'bytes at random': binary,
};

const many: Readonly<Record<string, Make>> = {
  'br by the thousand': flood('<br>'),
  'hr and wbr by the thousand': flood('<hr><wbr>'),
  'img by the thousand': flood('<img src=x alt=y>'),
  'links to the target by the thousand': (bytes, link) => times(`${link}\n`, bytes),
  'links elsewhere by the thousand': (bytes, link) =>
    numbered((n) => `<a href="https://elsewhere.example/${n}">x</a>\n`, bytes) + link,
  'links elsewhere by the thousand, link first': (bytes, link) =>
    link + numbered((n) => `<a href="https://elsewhere.example/${n}">x</a>\n`, bytes),
  'links to near misses of the target': (bytes, link) =>
    numbered((n) => `<a href="${hrefOf(link)}${n}">x</a>\n`, bytes) + link,
  'links with addresses that do not parse': flood('<a href="http://[::1">x</a><a href="//%">y</a>'),
  'links with scripts for addresses': flood('<a href="java\tscript:alert(1)">x</a>'),
  'links that climb': (bytes, link) => `<a href="${times('../', bytes)}">x</a>${link}`,
  'areas and maps': flood('<map><area href=x alt=y>'),
  'base elements': (bytes, link) => numbered((n) => `<base href="https://b${n}.example/">`, bytes) + link,
  'meta elements': flood('<meta name=x content=y>'),
  'meta refreshes': flood('<meta http-equiv=refresh content="0;url=/">'),
  'meta charsets': counted((n) => `<meta charset=${cyclic(['utf-16', 'utf-7', 'big5', 'x'], n)}>`),
  'a head that never ends': wrapped('<html><head>', '<link rel=stylesheet href=x>', ''),
  titles: flood('<title>x</title>'),
  'bodies in bodies': flood('<html><head></head><body>'),
  'JSON-LD, large': (bytes, link) =>
    `<script type="application/ld+json">{"@graph":[${times('{"@type":"Person"},', bytes)}{}]}</script>${link}`,
  'JSON-LD, deep': (bytes, link) => `<script type="application/ld+json">${times('[', bytes)}</script>${link}`,
  'inputs in a form': flood('<input type=hidden name=x value=y>'),
  'elements with the same id': flood('<i id=x></i>'),
  'elements with ever new classes': counted((n) => `<i class="c${n} h-entry p-name u-url"></i>`),
  'microformats in microformats': flood(
    '<div class="h-entry h-card"><a class="u-url p-author h-card" href=x>',
  ),
  'microformats values without end': flood('<data class="p-category" value=x></data>'),
  'pictures and sources': flood('<picture><source srcset="a 1x, b 2x"></picture>'),
  'nav, header and aside around everything': flood('<nav><header><aside><footer>x'),
  'RDF blocks for TrackBack': flood('<!--<rdf:RDF><rdf:Description dc:identifier="x" trackback:ping="y"/>'),
  'ordinary paragraphs': flood('<p>Quite ordinary <em>words</em> in an ordinary paragraph.</p>\n'),
};

const shapes: Readonly<Record<string, Make>> = {
  ...misnested,
  ...deep,
  ...rawText,
  ...long,
  ...text,
  ...many,
};

/** All the shapes; whoever reads pages must come to an end on each, soon and in bounded memory. */
export const hostilePages: readonly HostilePage[] = Object.entries(shapes).map(([name, make]) => ({
  name,
  make,
}));

/** What hurts readers of plain text and JSON rather than of HTML. */
export const hostileTexts: readonly HostilePage[] = Object.entries({
  'addresses by the thousand': flood('http://a.example '),
  'addresses with brackets and marks behind them': flood('http://a.example/c.,;:!?)]} '),
  'addresses with words of no blanks behind them': flood('http://a.example/語語語 '),
  'the target by the thousand': (bytes: number, link: string) => times(`${hrefOf(link)} `, bytes),
  'near misses of the target': (bytes: number, link: string) =>
    numbered((n) => `${hrefOf(link)}${n} `, bytes) + hrefOf(link),
  'the target behind one endless line': (bytes: number, link: string) =>
    `${times('words ', bytes)}${hrefOf(link)}`,
  'one address without end': (bytes: number) => `http://${times('a', bytes)}`,
  'marks without end behind an address': (bytes: number, link: string) =>
    `${hrefOf(link)}${times('.,;:!?', bytes)}`,
  'schemes only': flood('http://'),
  'line feeds only': flood('\n'),
  'deep arrays': (bytes: number) => `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`,
  'deep objects': (bytes: number) => `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`,
  'an array of addresses': (bytes: number, link: string) =>
    `[${times(`"${hrefOf(link)}x",`, bytes)}"${hrefOf(link)}"]`,
  'an object of ever new keys': (bytes: number) => `{${numbered((n) => `"k${n}":1,`, bytes)}"k":1}`,
  'an object of the same key': (bytes: number) => `{${times('"k":1,', bytes)}"k":1}`,
  'an array of prototypes': (bytes: number) => `[${times('{"__proto__":{"x":1}},', bytes)}{}]`,
  'a string of escapes': (bytes: number) => `"${times('\\ud800\\u0000', bytes)}"`,
  'a number without end': (bytes: number) => times('9', bytes),
  'a JSON that is cut': (bytes: number, link: string) => `[${times(`"${hrefOf(link)}",`, bytes)}`,
}).map(([name, make]) => ({ name, make }));
