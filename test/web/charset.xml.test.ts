import { describe, expect, it } from 'vitest';
import { decodeXml } from '../../src/web/charset.ts';
import { bytesOf, joined, latin1, utf16be, utf16le, utf8 } from '../support/bytes.ts';

// Spec: RFC 7303 section 3.
describe('decodeXml', () => {
  const declared = (label: string): string => `<?xml version="1.0" encoding="${label}"?>`;
  const plain = 'text/xml';

  it.each([
    ['nothing declared: UTF-8', utf8('<a>é</a>'), plain, '<a>é</a>'],
    ['HTTP', latin1('<a>é</a>'), 'text/xml; charset=iso-8859-1', '<a>é</a>'],
    [
      'the declaration',
      latin1(`${declared('ISO-8859-1')}<a>é</a>`),
      plain,
      `${declared('ISO-8859-1')}<a>é</a>`,
    ],
    [
      'a declaration in single quotes',
      latin1(`<?xml version='1.0' encoding='latin1'?>é`),
      plain,
      `<?xml version='1.0' encoding='latin1'?>é`,
    ],
    ['a declaration behind blanks', latin1(`\n ${declared('latin1')}é`), plain, `\n ${declared('latin1')}é`],
    [
      'HTTP beats the declaration',
      utf8(`${declared('ISO-8859-1')}é`),
      'text/xml; charset=utf-8',
      `${declared('ISO-8859-1')}é`,
    ],
    [
      'a mark beats HTTP, and goes',
      joined(bytesOf('ef bb bf'), utf8('é')),
      'text/xml; charset=iso-8859-1',
      'é',
    ],
    ['a mark of UTF-16LE', joined(bytesOf('ff fe'), utf16le('é')), plain, 'é'],
    ['a mark of UTF-16BE', joined(bytesOf('fe ff'), utf16be('é')), 'text/xml; charset=utf-8', 'é'],
    [
      'UTF-16 declared in bytes that are not',
      utf8(`${declared('utf-16')}é`),
      plain,
      `${declared('utf-16')}é`,
    ],
    ['us-ascii is windows-1252', latin1('\x93é\x94'), 'text/xml; charset=us-ascii', '“é”'],
  ])('reads by %s', (_, bytes, contentType, text) => {
    expect(decodeXml(bytes, contentType)).toEqual({ text });
  });

  it.each([
    ['an encoding we do not read', utf8('a'), 'text/xml; charset=shift_jis', 'unsupported'],
    ['a label nobody knows', utf8('a'), 'text/xml; charset=x-none', 'unsupported'],
    ['UTF-7', utf8('a'), 'text/xml; charset=utf-7', 'unsupported'],
    ['a declaration that nobody knows', utf8(declared('x-none')), plain, 'unsupported'],
    ['UTF-16 without its mark, by HTTP', utf16le('<a/>'), 'text/xml; charset=utf-16', 'unsupported'],
    ['bytes that are no UTF-8', latin1('<a>é</a>'), plain, 'invalid'],
    ['bytes that are no UTF-8 after its mark', joined(bytesOf('ef bb bf'), latin1('é')), plain, 'invalid'],
    ['half a character of UTF-16', joined(bytesOf('ff fe'), bytesOf('61')), plain, 'invalid'],
    ['lone surrogates in UTF-16', joined(bytesOf('ff fe'), bytesOf('00 d8')), plain, 'invalid'],
  ])('refuses %s', (_, bytes, contentType, failed) => {
    expect(decodeXml(bytes, contentType)).toEqual({ failed });
  });
});
