import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsetParameter, decodePage, decodeXml } from '../../src/web/charset.ts';
import { readClaims, rereadClaims } from '../../src/web/claims.ts';
import { maxRetryAfterMs, parseRetryAfter } from '../../src/web/fetch.ts';
import { decodeField, readForm, textOfHtml } from '../../src/web/form.ts';
import { chooseLink } from '../../src/verify/link.ts';
import { noon } from '../support/fetching.ts';
import { formBody } from '../support/forms.ts';
import { isLong, seed } from '../support/long.ts';
import { expectWithinLimits, readPage, target } from '../support/reading.ts';

/** Every parser of strangers' bytes, on anything at all and on what it is meant for. */
const options = { numRuns: isLong ? 20_000 : 1000, seed };

const anyText = fc.string({ unit: 'binary', maxLength: 80 });
const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes));
/** What stands for a line break, an end, a quotation or an escape somewhere. */
const markup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...'< > & " \' = / <b <p> </p> <a href= <br> &amp; &lt; &#60; &#x3c &lt;b&gt; <!-- --> <![CDATA['.split(
          ' ',
        ),
      ),
      fc.constantFrom(
        '<script>',
        '<style>',
        '<title>',
        '\0',
        '\u202e',
        '\u0301'.repeat(5),
        '\ud800',
        '😀',
        '語',
        ' ',
        '\n',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { maxLength: 30 },
  )
  .map((all) => all.join(''));

const labels = fc.constantFrom(
  ...'utf-8 UTF8 latin1 iso-8859-1 windows-1252 utf-16 utf-16be shift_jis euc-jp iso-2022-jp gb18030 big5 koi8-r'.split(
    ' ',
  ),
  ...'utf-7 x-none iso-2022-kr replacement x-user-defined "utf-8" é'.split(' '),
  '',
);
const contentType = fc.oneof(
  anyText,
  fc
    .tuple(
      fc.constantFrom('text/html', 'TEXT/XML', 'a/b', ''),
      fc.constantFrom(';', '; ', ' ; x=y;', ''),
      labels,
    )
    .map(([type, between, label]) => `${type}${between}charset=${label}`),
);

const controls = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

describe('a form', () => {
  const field = fc.tuple(fc.constantFrom('source', 'target', 'a b', 'ü', '__proto__', ''), anyBytes);

  it('is read as it was written, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const read = readForm(Buffer.from(formBody(fields)));
        const expected = new Map<string, number[][]>();
        for (const [name, value] of fields) {
          // A pair of nothing and nothing is a lone equals sign, and a field without a name.
          const key = Buffer.from(name).toString('latin1');
          expected.set(key, [...(expected.get(key) ?? []), [...value]]);
        }
        const found = [...read].map(([name, values]) => [name, values.map((each) => [...each])] as const);
        expect(new Map(found)).toEqual(expected);
      }),
      options,
    );
  });

  it('comes of any bytes at all, and is never more than they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyBytes,
          markup.map((text) => new Uint8Array(Buffer.from(text))),
        ),
        (body) => {
          const read = readForm(body);
          const size = [...read].reduce(
            (sum, [name, values]) => sum + values.reduce((all, each) => all + each.length, name.length),
            0,
          );
          expect(size).toBeLessThanOrEqual(body.length * 2);
        },
      ),
      options,
    );
  });

  it('has fields that are well-formed text by any label', () => {
    fc.assert(
      fc.property(
        anyBytes,
        fc.array(fc.option(fc.oneof(labels, anyText), { nil: undefined })),
        (bytes, all) => {
          expect(decodeField(bytes, all).text.isWellFormed()).toBe(true);
        },
      ),
      options,
    );
  });

  it('has texts that become plain, and stay so', () => {
    fc.assert(
      fc.property(fc.oneof(markup, anyText), (html) => {
        const text = textOfHtml(html);
        expect(text).not.toMatch(controls);
        expect(text.isWellFormed()).toBe(true);
        // Decoded once: what a sender wrote twice is shown as it was meant.
        const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
        expect(textOfHtml(escaped)).toBe(text);
      }),
      options,
    );
  });

  it('makes claims within their limits, which can be read again in any charset', () => {
    const texts = fc.record({ title: anyBytes, excerpt: anyBytes, blogName: anyBytes });
    fc.assert(
      fc.property(texts, fc.array(labels, { maxLength: 2 }), labels, (bytes, all, encoding) => {
        const claims = readClaims(bytes, all);
        const known = charsetParameter(`x; charset=${encoding}`) === undefined ? 'utf-8' : 'shift_jis';
        for (const each of [claims, rereadClaims(claims, known)]) {
          for (const text of [each.title, each.excerpt, each.blogName]) {
            expect(text).not.toMatch(controls);
            expect(text.isWellFormed()).toBe(true);
          }
        }
      }),
      options,
    );
  });
});

describe('a content type', () => {
  it('has the charset it names, or none, whatever it is', () => {
    fc.assert(
      fc.property(contentType, (type) => {
        const label = charsetParameter(type);
        if (label !== undefined) expect(label).toMatch(/^[^";\s]+$/u);
      }),
      options,
    );
  });

  it('never keeps bytes from becoming text', () => {
    fc.assert(
      fc.property(anyBytes, contentType, fc.boolean(), (bytes, type, isCut) => {
        const { text, encoding } = decodePage(bytes, type, isCut);
        expect(text.isWellFormed()).toBe(true);
        expect(encoding).not.toBe('');
        const xml = decodeXml(bytes, type);
        if ('text' in xml) expect(xml.text.isWellFormed()).toBe(true);
      }),
      options,
    );
  });

  it('gives back text that was written in the charset it names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(decodePage(Buffer.from(text), 'text/html; charset=utf-8', false).text).toBe(
          text.replace(/^\ufeff/u, ''),
        );
        const wide = Buffer.from(`\ufeff${text}`, 'utf16le');
        expect(decodePage(wide, 'text/html', false).text).toBe(text);
      }),
      options,
    );
  });
});

describe('a Retry-After', () => {
  it('is a wait within its limits, or none, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (value) => {
          const waitMs = parseRetryAfter(value, noon) ?? 0;
          expect(waitMs).toBeGreaterThanOrEqual(0);
          expect(waitMs).toBeLessThanOrEqual(maxRetryAfterMs);
        },
      ),
      options,
    );
  });

  it('is as long as it says, up to its limit', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), (seconds) => {
        const expected = Math.min(seconds * 1000, maxRetryAfterMs);
        expect(parseRetryAfter(String(seconds), noon)).toBe(expected);
        expect(parseRetryAfter(new Date(noon + seconds * 1000).toUTCString(), noon)).toBe(expected);
      }),
      options,
    );
  });
});

describe('a link', () => {
  /** Ways to write an address in an attribute. */
  const writings: readonly ((href: string) => string)[] = [
    (href) => `"${href}"`,
    (href) => `'${href}'`,
    (href) => href,
    (href) => ` \n"\t${href}\n"`,
    (href) => `"${Array.from(href, (each) => `&#${each.codePointAt(0) ?? 0};`).join('')}"`,
    (href) => `"${Array.from(href, (each) => `&#x${(each.codePointAt(0) ?? 0).toString(16)};`).join('')}"`,
    (href) => `"${href.replaceAll('&', '&amp;').replaceAll('/', '&sol;')}"`,
    (href) => `"${Array.from(href).join('\n')}"`,
  ];
  /** Spellings of the target, and whether they are the very URL. */
  const spellings: readonly (readonly [string, boolean])[] = [
    [target, true],
    [`${target}#part`, true],
    [target.replace('https:', ''), true],
    [target.replace('https:', 'HTTPS:'), true],
    [target.replace('target', 'TARGET'), true],
    [target.replace('https', 'http'), false],
    [target.slice(0, -1), false],
    [target.replace('post', '%70ost'), false],
    [target.replace('target.', 'www.target.'), false],
  ];
  const near: readonly string[] = [
    `${target}more`,
    `${target}?a=b`,
    target.replace('/2020', ''),
    target.replace('post', 'Post'),
    target.replace('target.', 'other.'),
    target.replace('https://', 'https://user@'),
    target.replace('.example', '.example:8443'),
    target.replace('https:', 'javascript:'),
    'https://target.example/',
    '#',
    '',
  ];
  const around = fc.tuple(markup, markup).map((both) =>
    // What swallows the link that follows makes another page; the link is looked for among the rest.
    both.map((each) => each.replaceAll(/<(?:script|style|title|a|!)|["'<&]|\[CDATA\[/giu, '')),
  );
  const asked = [
    { dialect: 'pingback', target },
    { dialect: 'webmention', target },
  ] as const;

  it('is found however its address is written, by the rules that hold for it', () => {
    fc.assert(
      fc.property(around, fc.nat(), fc.nat(), ([before, after], way, which) => {
        const [href, isExact] = spellings[which % spellings.length] ?? [target, true];
        const written = writings[way % writings.length]?.(href) ?? '';
        const { links } = readPage(`<p>${before}<a class=x href=${written}>here</a>${after}`);
        const chosen = chooseLink(links, asked);
        expect(chosen?.held).toEqual(isExact ? ['pingback', 'webmention'] : ['pingback']);
        expect(chosen?.link.text.trim()).toBe('here');
      }),
      options,
    );
  });

  it('is not found where another address stands, however it is written', () => {
    fc.assert(
      fc.property(around, fc.nat(), fc.nat(), ([before, after], way, which) => {
        const written = writings[way % writings.length]?.(near[which % near.length] ?? '') ?? '';
        expect(readPage(`<p>${before}<a href=${written}>here</a>${after}`).links).toEqual([]);
      }),
      options,
    );
  });

  it('or none comes of any page at all, within all limits', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(markup, fc.constant(target), anyText), { maxLength: 6 }), (parts) => {
        expectWithinLimits(readPage(parts.join('')));
      }),
      options,
    );
  });
});
