import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hostOf,
  isExactly,
  lenientForm,
  liesUnder,
  maxUrlLength,
  parsePageUrl,
  withoutFragment,
} from '../../src/linkback/page-url.ts';
import { isLong, seed } from '../support/long.ts';

const options = { numRuns: isLong ? 50_000 : 2000, seed };

/** Text as strangers write it where a URL should be: pieces of URLs, and anything in between. */
const pieces = fc.constantFrom(
  ...'http:// https:// HTTP:// http:/ http: // / \\ ? # @ : . .. %2e %2F %00 %zz % [ ] ::1 [::1] 127.0.0.1 0x7f.1'.split(
    ' ',
  ),
  ...'2130706433 localhost blog.example Blog.Example. user:pass@ :80 :443 :8080 :99999 javascript: data:, xn--a'.split(
    ' ',
  ),
  ...[
    '\t',
    '\n',
    ' ',
    '\0',
    '\u00a0',
    '\ufeff',
    '\u200b',
    '。',
    '／',
    'é',
    '語',
    '\ud800',
    '😀',
    'a'.repeat(300),
  ],
);
const anyText = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `https://blog.example/${text}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** URLs that are ones. */
const segment = fc.stringMatching(/^(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2}|[!$&'()*+,;=:@]){1,8}$/u);
const url = fc
  .record({
    scheme: fc.constantFrom('http', 'https'),
    host: fc.constantFrom('blog.example', 'www.blog.example', 'BLOG.example', 'a.blog.example'),
    port: fc.constantFrom('', '', '', ':8080'),
    path: fc.array(segment, { maxLength: 4 }),
    query: fc.option(segment, { nil: undefined }),
  })
  .map(
    ({ scheme, host, port, path, query }) =>
      `${scheme}://${host}${port}/${path.join('/')}${query === undefined ? '' : `?${query}`}`,
  )
  .map((text) => new URL(text))
  // Dots are folded away: what is left may be another path than was meant.
  .filter(({ pathname }) => !/\/\.|%2e/iu.test(pathname));

const parsed = (text: string): URL => {
  const found = parsePageUrl(text);
  if (found === undefined) throw new Error(`${text} is no URL`);
  return found;
};

describe('a URL of a stranger', () => {
  it('is none, or one that every program reads alike', () => {
    let read = 0;
    fc.assert(
      fc.property(anyText, (text) => {
        const found = parsePageUrl(text);
        if (found === undefined) return;
        read += 1;
        expect(text.length).toBeLessThanOrEqual(maxUrlLength);
        expect(found.protocol).toMatch(/^https?:$/u);
        expect([found.username, found.password]).toEqual(['', '']);
        expect(found.hostname).not.toBe('');
        // What is fetched and stored is its spelling by the parser, in which nothing is left to parse otherwise.
        expect(found.href).toMatch(/^https?:\/\/[^/\\@\s]+\/[\x21-\x7e]*$/u);
        expect(new URL(found.href).href).toBe(found.href);
      }),
      options,
    );
    expect(read).toBeGreaterThan(options.numRuns / 20);
  });

  it('has no blanks, controls or backslashes anywhere', () => {
    fc.assert(
      fc.property(
        url,
        fc.constantFrom('\t', '\n', '\r', ' ', '\0', '\\', '\u007f', '\u00a0', '\u0085'),
        fc.nat(),
        (good, bad, at) => {
          const place = at % (good.href.length + 1);
          expect(parsePageUrl(good.href.slice(0, place) + bad + good.href.slice(place))).toBeUndefined();
        },
      ),
      options,
    );
  });
});

describe('the lenient form', () => {
  it('is one for all spellings that make no other page', () => {
    fc.assert(
      fc.property(url, fc.nat(), (page, chance) => {
        const form = lenientForm(page);
        const other = new URL(page);
        other.hash = `#part-${chance}`;
        expect(lenientForm(other)).toBe(form);
        if (page.port === '') {
          other.protocol = page.protocol === 'http:' ? 'https:' : 'http:';
          expect(lenientForm(other)).toBe(form);
        }
        if (page.pathname !== '/') {
          other.pathname = page.pathname.endsWith('/') ? page.pathname.slice(0, -1) : `${page.pathname}/`;
          // Of two slashes only one goes.
          if (!page.pathname.endsWith('//')) expect(lenientForm(other)).toBe(form);
        }
        const escaped = page.href.replace(
          /(?<!%|%.)[a-z](?=[^/]*$)/u,
          (letter) => `%${letter.charCodeAt(0).toString(16)}`,
        );
        if (escaped.startsWith(page.origin)) expect(lenientForm(parsed(escaped))).toBe(form);
      }),
      options,
    );
  });

  it('is a spelling of its own', () => {
    fc.assert(
      fc.property(url, (page) => {
        const form = lenientForm(page);
        // Without its scheme, which does not count.
        const again = new URL(form, `${page.protocol}//x`);
        expect(lenientForm(again)).toBe(
          form.replace(/\/$/u, (slash) => (again.pathname === '/' ? slash : '')),
        );
      }),
      options,
    );
  });

  it('is another for another page', () => {
    fc.assert(
      fc.property(url, segment, (page, more) => {
        const below = new URL(page);
        below.pathname = `${page.pathname.replace(/\/$/u, '')}/${more}`;
        if (/^(?:\.|%2e)+$/iu.test(more)) return;
        expect(lenientForm(below)).not.toBe(lenientForm(page));
        const asked = new URL(page);
        asked.search = `${page.search}${page.search === '' ? '?' : '&'}${more}`;
        expect(lenientForm(asked)).not.toBe(lenientForm(page));
        expect(liesUnder(below, page)).toBe(true);
        expect(liesUnder(page, below)).toBe(false);
      }),
      options,
    );
  });
});

describe('the exact rule', () => {
  it('holds for a page itself, whatever its fragment, and never where the lenient one does not', () => {
    fc.assert(
      fc.property(url, url, segment, (page, other, part) => {
        const there = new URL(page);
        there.hash = part;
        expect(isExactly(page, page)).toBe(true);
        expect(isExactly(there, page)).toBe(true);
        expect(isExactly(withoutFragment(there), there)).toBe(false);
        if (isExactly(other, page)) expect(lenientForm(other)).toBe(lenientForm(page));
        expect(hostOf(page)).not.toMatch(/^www\.|\.$|[A-Z:]/u);
      }),
      options,
    );
  });
});
