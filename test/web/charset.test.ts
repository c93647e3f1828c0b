import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsetParameter, decodePage, isUtf8 } from '../../src/web/charset.ts';
import { bytesOf, joined, latin1, utf16be, utf16le, utf8 } from '../support/bytes.ts';
import { encodingVectors } from '../support/vectors.ts';

const html = 'text/html';
const encodingOf = (bytes: Uint8Array, contentType = html): string =>
  decodePage(bytes, contentType, false).encoding;

// Spec: WHATWG Encoding.
describe('the bytes of a page', () => {
  it.each(encodingVectors().decode)(
    'under the label $label mean $expect',
    ({ label, bytes, expect: expected }) => {
      expect(decodePage(bytesOf(bytes), `text/html; charset=${label}`, false).text).toBe(expected);
    },
  );

  it.each([
    ['iso-8859-1', 'windows-1252'],
    [' Latin1 ', 'windows-1252'],
    ['us-ascii', 'windows-1252'],
    ['GB2312', 'GBK'],
    ['x-sjis', 'Shift_JIS'],
    ['ms_kanji', 'Shift_JIS'],
    ['windows-31j', 'Shift_JIS'],
    ['ks_c_5601-1987', 'EUC-KR'],
    ['iso-8859-9', 'windows-1254'],
    ['tis-620', 'windows-874'],
    ['utf-16', 'UTF-16LE'],
    ['unicode-1-1-utf-8', 'UTF-8'],
  ])('under the label %j are %s', (label, encoding) => {
    expect(encodingOf(latin1('abcd'), `text/html; charset=${label}`)).toBe(encoding);
  });

  it('that make no sense become U+FFFD, never an error and never nothing', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.constantFrom(
          'utf-8',
          'shift_jis',
          'gbk',
          'big5',
          'euc-kr',
          'iso-2022-jp',
          'euc-jp',
          'utf-16le',
          'gb18030',
          'none',
        ),
        fc.boolean(),
        (bytes, charset, isCut) => {
          const { text } = decodePage(bytes, `text/html; charset=${charset}`, isCut);
          expect(text.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

// Spec: HTML "determining the character encoding".
describe('what a page declares', () => {
  const word = utf8('日本語');
  const bom = bytesOf('ef bb bf');

  it.each([
    [
      'a byte order mark beats HTTP and meta',
      joined(bom, utf8('<meta charset=shift_jis>')),
      'text/html; charset=windows-1251',
      'UTF-8',
    ],
    [
      'a byte order mark of UTF-16LE beats HTTP',
      joined(bytesOf('ff fe'), utf16le('a')),
      'text/html; charset=utf-8',
      'UTF-16LE',
    ],
    [
      'a byte order mark of UTF-16BE beats HTTP',
      joined(bytesOf('fe ff'), utf16be('a')),
      'text/html; charset=utf-8',
      'UTF-16BE',
    ],
    ['HTTP beats meta', utf8('<meta charset=shift_jis>'), 'text/html; charset=windows-1251', 'windows-1251'],
    [
      'an unknown label of HTTP is passed over',
      utf8('<meta charset=shift_jis>'),
      'text/html; charset=x-none',
      'Shift_JIS',
    ],
    ['meta charset', utf8('<meta charset="Shift_JIS">'), html, 'Shift_JIS'],
    [
      'meta http-equiv',
      utf8('<meta content="text/html; charset=gb2312" http-equiv="Content-Type">'),
      html,
      'GBK',
    ],
    ['meta of latin1', utf8('<meta charset="iso-8859-1">'), html, 'windows-1252'],
    ['meta of UTF-16 means UTF-8', utf8('<meta charset="utf-16">'), html, 'UTF-8'],
    [
      'meta of x-user-defined means windows-1252',
      utf8('<meta charset="x-user-defined">'),
      html,
      'windows-1252',
    ],
    [
      'an unknown label in a meta is passed over',
      utf8('<meta charset=none><meta charset=big5>'),
      html,
      'Big5',
    ],
    [
      'a meta in a comment does not count',
      utf8('<!-- <meta charset=big5> --><meta charset=koi8-r>'),
      html,
      'KOI8-R',
    ],
    [
      'a meta without its http-equiv does not count',
      joined(utf8('<meta content="charset=big5">'), word),
      html,
      'UTF-8',
    ],
    ['a meta far behind a long comment', utf8(`<!--${'x'.repeat(5000)}--><meta charset=big5>`), html, 'Big5'],
    [
      'a meta far behind, in a comment, does not count',
      joined(utf8(`<head>${' '.repeat(5000)}<!-- <meta charset=big5> -->`), word),
      html,
      'UTF-8',
    ],
    [
      'a meta far behind, after the head, does not count',
      joined(utf8(`<head>${' '.repeat(5000)}</head><meta charset=big5>`), word),
      html,
      'UTF-8',
    ],
    [
      'a meta far behind, in the body, does not count',
      joined(utf8(`${' '.repeat(5000)}<body><meta charset=big5>`), word),
      html,
      'UTF-8',
    ],
    [
      'a meta out of reach does not count',
      joined(utf8(`<!--${'x'.repeat(70_000)}--><meta charset=big5>`), word),
      html,
      'UTF-8',
    ],
    [
      'an XML declaration',
      utf8('<?xml version="1.0" encoding="euc-jp"?><html/>'),
      'application/xhtml+xml',
      'EUC-JP',
    ],
    [
      'meta beats an XML declaration',
      utf8('<?xml version="1.0" encoding="euc-jp"?><meta charset=big5>'),
      html,
      'Big5',
    ],
  ])('%s', (_, bytes, contentType, encoding) => {
    expect(encodingOf(bytes, contentType)).toBe(encoding);
  });

  it('is not shown: the byte order mark goes', () => {
    expect(decodePage(joined(bom, word), html, false).text).toBe('日本語');
    expect(decodePage(joined(bytesOf('ff fe'), utf16le('日本語')), html, false).text).toBe('日本語');
  });
});

describe('a page that declares nothing', () => {
  it('is UTF-8 when it can be', () => {
    expect(decodePage(utf8('é 日本語'), html, false)).toEqual({ text: 'é 日本語', encoding: 'UTF-8' });
  });

  it('is windows-1252 when it cannot', () => {
    expect(decodePage(latin1('caf\xe9 \x93q\x94'), html, false)).toEqual({
      text: 'café “q”',
      encoding: 'windows-1252',
    });
  });

  it.each([1, 2])('is UTF-8 though it was cut %i bytes before its last character’s end', (missing) => {
    const bytes = utf8('words 語').subarray(0, -missing);
    expect(encodingOf(bytes)).toBe('windows-1252');
    expect(decodePage(bytes, html, true).encoding).toBe('UTF-8');
  });

  it('is not UTF-8 because it was cut', () => {
    expect(decodePage(latin1('caf\xe9 au lait'), html, true).encoding).toBe('windows-1252');
  });

  it('may be empty', () => {
    expect(decodePage(new Uint8Array(0), '', false).text).toBe('');
    expect(isUtf8(new Uint8Array(0), false)).toBe(true);
  });
});

describe('encodings that are never decoded', () => {
  const hidden = '+ADw-a href=x+AD4-';

  it.each(['utf-7', 'x-utf-7', 'utf-32', 'scsu', 'bocu-1', 'cesu-8'])(
    '%s is a label nobody knows',
    (label) => {
      expect(decodePage(utf8(hidden), `text/html; charset=${label}`, false).text).toBe(hidden);
      expect(decodePage(utf8(`<meta charset=${label}>${hidden}`), html, false).text).toContain(hidden);
    },
  );

  it.each(['iso-2022-kr', 'iso-2022-cn', 'hz-gb-2312', 'csiso2022kr'])(
    '%s makes one U+FFFD of the page',
    (label) => {
      expect(decodePage(utf8('~{<:Ky2;S{~}'), `text/html; charset=${label}`, false).text).toBe('\ufffd');
      expect(decodePage(utf8(`<meta charset=${label}><p>words`), html, false).text).toBe('\ufffd');
    },
  );
});

describe('charsetParameter', () => {
  it.each([
    ['text/html; charset=utf-8', 'utf-8'],
    ['text/html;CHARSET="utf-8"', 'utf-8'],
    ['text/html; a=b; charset = utf-8 ; c=d', 'utf-8'],
    ['text/html', undefined],
    ['text/html; xcharset=utf-8', undefined],
    ['text/html; charset=', undefined],
    [';;;charset="', undefined],
  ])('finds in %j: %j', (contentType, label) => {
    expect(charsetParameter(contentType)).toBe(label);
  });
});
