import { describe, expect, it } from 'vitest';
import { decodeField, readForm, textOfHtml } from '../../src/web/form.ts';
import { formBody } from '../support/forms.ts';
import { encodeText } from '../support/legacy-text.ts';
import { mutateBytes, seededRandom } from '../support/mutate.ts';

/** The fields of a body as lists of Latin-1 strings. */
function read(body: string): Record<string, string[]> {
  const fields = readForm(Buffer.from(body, 'latin1'));
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.map((each) => Buffer.from(each).toString('latin1'))]),
  );
}

describe('reading a form', () => {
  it.each<[string, string, Record<string, string[]>]>([
    ['names and values', 'a=1&b=2', { a: ['1'], b: ['2'] }],
    ['blanks and escapes', 'a+b=c%20d+e%2B%26%3D', { 'a b': ['c d e+&='] }],
    ['escapes in either case', 'a=%e3%81%82%E3', { a: ['\xe3\x81\x82\xe3'] }],
    ['bytes that nobody escaped', 'a=\xe9', { a: ['\xe9'] }],
    ['an equals sign in a value', 'url=http://a.example/?b=c', { url: ['http://a.example/?b=c'] }],
    ['fields without a value, or nothing but one', 'a&b=&=c', { a: [''], b: [''], '': ['c'] }],
    ['a field that comes twice, in its order', 'a=1&b=2&a=3', { a: ['1', '3'], b: ['2'] }],
    ['nothing between two separators', '&&a=1&&', { a: ['1'] }],
    ['escapes that are none', 'a=%&b=%4&c=%zz&d=%%41', { a: ['%'], b: ['%4'], c: ['%zz'], d: ['%A'] }],
    ['a line end in a value', 'a=1\r\n2', { a: ['1\r\n2'] }],
    ['an empty body', '', {}],
  ])('reads %s', (_what, body, fields) => {
    expect(read(body)).toEqual(fields);
  });

  it('decodes once: an escaped escape stays one', () => {
    expect(read('a=%2541')).toEqual({ a: ['%41'] });
  });

  it('has no field but those that were sent', () => {
    const fields = readForm(Buffer.from('a=1'));
    for (const name of ['__proto__', 'constructor', 'toString']) expect(fields.get(name)).toBeUndefined();
    expect(readForm(Buffer.from('__proto__=1')).get('__proto__')).toEqual([Uint8Array.of(0x31)]);
  });

  it('reads a hundred fields, and none of a body that has more', () => {
    const fields = Array.from({ length: 100 }, (_, at) => `f${at}=${at}`).join('&');
    expect(readForm(Buffer.from(fields)).size).toBe(100);
    expect(readForm(Buffer.from(`${fields}&source=again`)).size).toBe(0);
  });

  it('reads what it was given only, whatever the buffer around it holds', () => {
    const whole = Buffer.from('xxa=1&b=2yy');
    expect([...readForm(whole.subarray(2, -2)).keys()]).toEqual(['a', 'b']);
    expect(readForm(whole.subarray(2, -2)).get('b')).toEqual([Uint8Array.of(0x32)]);
  });
});

describe('decoding a field', () => {
  const text = '日本語の文章';

  it.each(['shift_jis', 'SJIS', ' x-sjis ', 'windows-31j', 'ms_kanji'])(
    'knows Shift_JIS as "%s"',
    (label) => {
      const bytes = encodeText('shift_jis', text);
      expect(decodeField(bytes, [label])).toEqual({ text, isGuess: false });
    },
  );

  it('takes the first label that is known', () => {
    const bytes = encodeText('euc-jp', text);
    expect(decodeField(bytes, [undefined, 'klingon', 'euc-jp', 'utf-8']).text).toBe(text);
  });

  it.each(['utf-7', 'hz-gb-2312', 'iso-2022-kr', 'iso-2022-cn', 'replacement', 'klingon', ''])(
    'passes over the label "%s", which hides text or is none',
    (label) => {
      expect(decodeField(Buffer.from('日本'), [label])).toEqual({ text: '日本', isGuess: false });
      expect(decodeField(Buffer.from('+ADw-script+AD4-'), [label]).text).toBe('+ADw-script+AD4-');
    },
  );

  it('reads iso-8859-1 as the web does', () => {
    expect(decodeField(encodeText('windows-1252', '“q” €'), ['iso-8859-1']).text).toBe('“q” €');
  });

  it('puts U+FFFD for what is damaged, and never throws', () => {
    expect(decodeField(Uint8Array.of(0x61, 0xff, 0x62), ['utf-8'])).toEqual({
      text: 'a\ufffdb',
      isGuess: false,
    });
  });

  it('takes undeclared text for UTF-8 when it can be, else for windows-1252 by a guess', () => {
    expect(decodeField(Buffer.from(text), [])).toEqual({ text, isGuess: false });
    expect(decodeField(encodeText('windows-1252', 'café “x”'), [])).toEqual({
      text: 'café “x”',
      isGuess: true,
    });
    expect(decodeField(Buffer.alloc(0), [])).toEqual({ text: '', isGuess: false });
  });

  it('takes undeclared ISO-2022-JP for no UTF-8, though it is made of ASCII', () => {
    expect(decodeField(encodeText('iso-2022-jp', text), []).isGuess).toBe(true);
    expect(decodeField(encodeText('iso-2022-jp', text), ['iso-2022-jp'])).toEqual({ text, isGuess: false });
  });
});

describe('making plain text of HTML', () => {
  it.each([
    ['decodes references once', 'AT&amp;T &amp;lt; &hellip; &#8220;x&#8221;', 'AT&T &lt; … “x”'],
    ['reads references to windows-1252 as browsers do', '&#147;q&#148; &#133;', '“q” …'],
    ['keeps what only looks like markup', 'I <3 you & 1<2 & a < b', 'I <3 you & 1<2 & a < b'],
    ['drops tags and keeps words together', 'beau<b>ti</b>ful <i>日</i>本', 'beautiful 日本'],
    [
      'parts words where blocks and breaks part them',
      '<p>one</p><p>two</p>three<br>four',
      'one two three four',
    ],
    ['drops comments', 'a<!-- not this -->b', 'ab'],
    ['keeps the words of a script as words', '<script>alert(1)</script>', 'alert(1)'],
    ['folds white space', '  a \r\n\t b\u00a0c ', 'a b c'],
    ['removes controls, overrides and invisible breaks', 'a\u0000\u202eb\u200bc\u009d', 'abc'],
    ['says the impossible as U+FFFD', '&#0;&#xD800;&#x110000;', '\ufffd\ufffd\ufffd'],
    ['has nothing to say about nothing', '', ''],
  ])('%s', (_what, html, text) => {
    expect(textOfHtml(html)).toBe(text);
  });
});

describe('readForm against damage', () => {
  const rounds = process.env['LINKBACKD_LONG'] === '1' ? 500_000 : 10_000;

  it(`survives ${rounds} damaged bodies, and every value is bytes`, () => {
    const random = seededRandom(20);
    const bodies = [
      formBody([
        ['url', 'https://a.example/?b=c&d=e'],
        ['title', encodeText('shift_jis', '日本語の題')],
        ['charset', 'shift_jis'],
      ]),
      'source=https%3A%2F%2Fa.example%2F&target=https%3A%2F%2Fb.example%2F&x=%',
      'a=%e3%81&=&&a+b=%%%',
    ].map((each) => Buffer.from(each));
    let fields = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const values of readForm(mutateBytes(bodies, random)).values()) {
        if (!values.every((each) => each instanceof Uint8Array)) throw new Error('a value that is no bytes');
        fields += values.length;
      }
    }
    expect(fields).toBeGreaterThan(rounds);
  });
});
