import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutGraphemes, plainText } from '../../src/web/plain-text.ts';

const code = (point: number): string => String.fromCodePoint(point);
const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => code(from + n));

/** Text thick with what is folded, dropped or counted. */
const marked = fc.string({
  unit: fc.constantFrom(
    'Z',
    ' ',
    '\n',
    '\u0301',
    '\u0489',
    '\u0e47',
    '\u200b',
    '\u200d',
    '\ud800',
    '\udc00',
    '\ufeff',
  ),
  maxLength: 200,
});

describe('plainText', () => {
  it.each([
    ['white space of every kind', 'a \t\r\n\u00a0\u3000\u2028 b', 'a b'],
    ['form feeds and vertical tabs, which are white space', 'a\fb\vc', 'a b c'],
    ['white space at the ends', '\n a b \n', ' a b '],
    ['C0 controls', `a${range(0, 8).join('')}${range(0x0e, 0x1f).join('')}b`, 'ab'],
    ['DEL and C1 controls', `a${range(0x7f, 0x9f).join('')}b`, 'ab'],
    ['terminal colours', 'a\x1b[31mb', 'a[31mb'],
    ['bidirectional overrides', `a${range(0x202a, 0x202e).join('')}b`, 'ab'],
    ['bidirectional isolates', `a${range(0x2066, 0x2069).join('')}b`, 'ab'],
    ['zero-width space, word joiner and byte order mark', 'a\u200bb\u2060c\ufeffd', 'abcd'],
    ['noncharacters of the first plane', `a${range(0xfdd0, 0xfdef).join('')}\ufffe\uffffb`, 'ab'],
    [
      'noncharacters of all planes',
      `a${range(1, 16)
        .map((_, n) => code((n + 1) * 0x10000 + 0xfffe))
        .join('')}b`,
      'ab',
    ],
    ['lone surrogates', 'a\ud800b\udfffc', 'a\ufffdb\ufffdc'],
  ])('folds, mends or drops %s', (_, text, expected) => {
    expect(plainText(text)).toBe(expected);
  });

  it.each([
    ['joiners of words', 'می\u200cخواهم'],
    ['joiners of emoji', '👨\u200d👩\u200d👧\u200d👦'],
    ['flags', '🇨🇭🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['keycaps and variation selectors', '1\ufe0f\u20e3 ❤\ufe0f'],
    ['directional marks', 'a\u200eb\u200fc'],
    ['soft hyphens', 'Donau\u00addampf'],
    ['decomposed letters', 'e\u0301 ñ o\u0302\u0309'],
    ['Vietnamese with two marks, decomposed', 'Tie\u0302\u0301ng Vie\u0323\u0302t'],
    ['Thai', 'น้ำใจ ที่นี่'],
    ['Devanagari', 'हिन्दी क्ष्म्य'],
    ['Hebrew with points and accents', 'בְּרֵאשִׁ֖ית בָּרָ֣א'],
    ['Arabic with vowels', 'مُحَمَّدٌ'],
    ['Burmese, which writes five marks in a row', 'လျှော့ မြှောက် ကြောင့်'],
    ['Tibetan stacks', 'བསྒྲུབས ཧཱུྃ'],
    ['Khmer', 'ភាសាខ្មែរ ស៊ាំ'],
  ])('leaves %s as they are', (_, text) => {
    expect(plainText(text)).toBe(text);
  });

  it.each([
    ['diacritics', '\u0301\u0323\u0334', 3],
    ['Cyrillic signs', '\u0488\u0489', 3],
    ['diacritics and Cyrillic signs', '\u0301\u0489', 3],
    ['enclosing marks', '\u20dd', 3],
    ['Thai vowels', '\u0e47', 8],
    ['Arabic vowels', '\u064e\u0652', 3],
  ])('leaves few of many %s on one letter', (_, marks, most) => {
    const plain = plainText(`Z${marks.repeat(500)} b`);
    expect(plain).toMatch(/^Z\p{M}+ b$/u);
    expect(plain.length).toBeLessThanOrEqual(most + 3);
  });

  it('gives one line of well-formed text, and the same when done twice', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), marked), (text) => {
        const plain = plainText(text);
        expect(plain.isWellFormed()).toBe(true);
        expect(plain).not.toMatch(
          /[\p{Cc}\p{NChar}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]|\s\s|[^\S ]/u,
        );
        expect(plainText(plain)).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('cutGraphemes', () => {
  it.each([
    ['short text', 'abc', 3, 'abc'],
    ['long text', 'abcd', 3, 'abc…'],
    ['text that ends in a blank there', 'ab cd', 3, 'ab…'],
    ['nothing', '', 3, ''],
    ['families', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 2, '👨‍👩‍👧‍👦👨‍👩‍👧‍👦…'],
    ['families, as many as fit', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3, '👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦'],
    ['flags', '🇨🇭🇫🇷🇩🇪', 2, '🇨🇭🇫🇷…'],
    ['letters with accents', 'e\u0301e\u0301e\u0301', 2, 'e\u0301e\u0301…'],
    ['Chinese', '日本語の文章', 3, '日本語…'],
  ])('cuts %s', (_, text, max, expected) => {
    expect(cutGraphemes(text, max)).toBe(expected);
  });

  it('never tears a character, however long it is', () => {
    const chain = `${'👨\u200d'.repeat(5000)}👩`;
    expect(cutGraphemes(chain, 3)).toBe('…');
    expect(cutGraphemes(`a${chain}`, 3)).toBe('a…');
    expect(cutGraphemes(`ab${'\u{1f468}'.repeat(200)}`, 100).isWellFormed()).toBe(true);
  });

  it('takes no time for the length of a text', () => {
    const startedAt = performance.now();
    cutGraphemes('a\u0301'.repeat(1_000_000), 200);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  it('gives a start of the text at whole graphemes, marked when it is cut', () => {
    const segments = (text: string): number => [...new Intl.Segmenter('und').segment(text)].length;
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, max) => {
          const cut = cutGraphemes(text, max);
          if (segments(text) <= max) expect(cut).toBe(text);
          else {
            expect(cut.endsWith('…')).toBe(true);
            expect(text.startsWith(cut.slice(0, -1))).toBe(true);
            expect(segments(cut.slice(0, -1))).toBeLessThanOrEqual(max);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
