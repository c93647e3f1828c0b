import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import {
  formatAnswer,
  formatList,
  readRequest,
  type TrackbackRequest,
} from '../../../src/protocols/trackback/wire.ts';
import { formBody, formType, type Fields } from '../../support/forms.ts';
import { encodeText } from '../../support/legacy-text.ts';
import { mutateBytes, seededRandom } from '../../support/mutate.ts';

// Spec: TrackBack 1.2; the charset rules of docs/architecture.md.

const url = 'https://source.example/a?b=c&d=e';

function read(fields: Fields, contentType: string = formType): TrackbackRequest | undefined {
  return readRequest(Buffer.from(formBody(fields)), contentType);
}

describe('reading a ping', () => {
  it('[TB 2.1] reads the url and what is said of it', () => {
    expect(
      read([
        ['url', url],
        ['title', 'T'],
        ['excerpt', 'E'],
        ['blog_name', 'B'],
      ]),
    ).toEqual({
      url,
      claims: { title: 'T', excerpt: 'E', blogName: 'B', bytes: null },
    });
  });

  it('[TB 2.1] needs nothing but the url', () => {
    expect(read([['url', url]])).toEqual({
      url,
      claims: { title: '', excerpt: '', blogName: '', bytes: null },
    });
  });

  it.each<[string, Fields]>([
    ['no url', [['title', 'T']]],
    [
      'an empty url',
      [
        ['url', ''],
        ['title', 'T'],
      ],
    ],
    ['a blank url', [['url', ' \r\n']]],
    [
      'two urls',
      [
        ['url', url],
        ['url', url],
      ],
    ],
    [
      'two titles',
      [
        ['url', url],
        ['title', 'a'],
        ['title', 'b'],
      ],
    ],
    [
      'two charsets',
      [
        ['url', url],
        ['charset', 'gbk'],
        ['charset', 'utf-8'],
      ],
    ],
    ['nothing', []],
  ])('[TB 2.1] takes no form with %s', (_what, fields) => {
    expect(read(fields)).toBeUndefined();
  });

  it.each(['', 'application/json', 'text/xml', 'multipart/form-data; boundary=x', `${formType}x`])(
    '[TB 2.1] takes no other content type, such as "%s"',
    (type) => {
      expect(read([['url', url]], type)).toBeUndefined();
    },
  );

  it('[TB 2.1] ignores fields that it does not know', () => {
    const fields: Fields = [
      ['x_author', 'a'],
      ['url', url],
      ['x_author', 'b'],
      ['__proto__', 'c'],
      ['__mode', 'rss'],
    ];
    expect(read(fields)?.url).toBe(url);
  });
});

describe('the charset of a ping', () => {
  const title = '日本語の題';
  const titleOf = (label: string, extra: Fields = [], type: string = formType): string | undefined =>
    read([['url', url], ['title', encodeText(label, title)], ...extra], type)?.claims.title;

  it('[TB 2.1] is what the Content-Type header says', () => {
    expect(titleOf('shift_jis', [], `${formType}; charset=Shift_JIS`)).toBe(title);
    expect(titleOf('euc-jp', [], `${formType};charset="euc-jp"`)).toBe(title);
  });

  it('[TB 2.1] is what the charset field says, whatever the header does', () => {
    expect(titleOf('shift_jis', [['charset', 'SJIS']])).toBe(title);
    expect(titleOf('shift_jis', [['charset', 'shift_jis']], `${formType}; charset=utf-8`)).toBe(title);
  });

  it('[TB 2.4] is found though the field comes first or last', () => {
    const bytes = encodeText('iso-2022-jp', title);
    const fields: Fields = [
      ['charset', 'iso-2022-jp'],
      ['title', bytes],
      ['url', url],
    ];
    expect(read(fields)?.claims.title).toBe(title);
    expect(read([...fields].reverse())?.claims.title).toBe(title);
  });

  it.each(['utf-7', 'x-unknown', 'hz-gb-2312', '\u00ff'])(
    '[TB 2.4] is looked for further when the field says "%s"',
    (label) => {
      expect(titleOf('utf-8', [['charset', label]])).toBe(title);
      expect(titleOf('euc-jp', [['charset', label]], `${formType}; charset=euc-jp`)).toBe(title);
    },
  );

  it('[TB 2.4] is UTF-8 when nobody says and the bytes are', () => {
    expect(
      read([
        ['url', url],
        ['title', title],
      ])?.claims,
    ).toMatchObject({ title, bytes: null });
  });

  it('[TB 2.4] is windows-1252 when nobody says, until the page is read', () => {
    const claims = read([
      ['url', url],
      ['title', encodeText('windows-1252', '“It’s” déjà vu')],
    ])?.claims;
    expect(claims?.title).toBe('“It’s” déjà vu');
    expect(claims?.bytes).not.toBeNull();
  });

  it.each([
    ['gbk', 'gb2312', '中文博客的标题'],
    ['euc-kr', 'ks_c_5601-1987', '한국어 제목'],
    ['windows-1251', 'cp1251', 'Заголовок'],
    ['windows-1252', 'iso-8859-1', 'a – “b”'],
    ['big5', 'big5', '中文標題'],
  ])('[TB 2.4] may be declared: %s as %s', (label, declared, text) => {
    const fields: Fields = [
      ['url', url],
      ['excerpt', encodeText(label, text)],
      ['charset', declared],
    ];
    expect(read(fields)?.claims).toMatchObject({ excerpt: text, bytes: null });
  });
});

describe('the answer', () => {
  it('[TB 2.1] is the two-element form of the specification, to the byte', () => {
    expect(formatAnswer(undefined)).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n<response>\n<error>0</error>\n</response>\n',
    );
    expect(formatAnswer('No.')).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n<response>\n<error>1</error>\n<message>No.</message>\n</response>\n',
    );
  });

  it('escapes what XML cannot hold', () => {
    expect(formatAnswer('a < b & c > d\u0000\u001b\ud800')).toContain(
      '<message>a &lt; b &amp; c &gt; d\ufffd</message>',
    );
  });
});

describe('the list', () => {
  it('[TB 2.2] is RSS 0.91 in a response, to the byte', () => {
    const pings = [{ url: 'https://a.example/?x=1&y=2', title: '<b>', excerpt: '[…] “q” […]' }];
    expect(formatList('https://blog.example/?p=1&q=2', pings)).toBe(`<?xml version="1.0" encoding="utf-8"?>
<response>
<error>0</error>
<rss version="0.91"><channel>
<title>Linkbacks</title>
<link>https://blog.example/?p=1&amp;q=2</link>
<description>Pages that link to https://blog.example/?p=1&amp;q=2</description>
<language>en</language>
<item>
<title>&lt;b&gt;</title>
<link>https://a.example/?x=1&amp;y=2</link>
<description>[…] “q” […]</description>
</item>
</channel></rss>
</response>
`);
  });

  it('is well-formed whatever is in it', () => {
    const hostile = ']]><!--&#0;\u0000\u0008\ufffe\ud800<script>&amp;\u{1f600}';
    const xml = formatList(hostile, [{ url: hostile, title: hostile, excerpt: hostile }]);
    const texts: string[] = [];
    const parser = new SaxesParser();
    parser.on('text', (text) => texts.push(text));
    parser.write(xml).close();
    expect(texts).toContain(']]><!--&#0;\ufffd<script>&amp;\u{1f600}');
  });
});

describe('readRequest against damage', () => {
  const rounds = process.env['LINKBACKD_LONG'] === '1' ? 500_000 : 10_000;

  it(`gives a request or nothing for each of ${rounds} damaged bodies`, () => {
    const random = seededRandom(22);
    const bodies = [
      formBody([
        ['url', url],
        ['title', '題'],
        ['excerpt', '<p>&amp;</p>'],
        ['blog_name', 'B'],
      ]),
      formBody([
        ['title', encodeText('shift_jis', '題名')],
        ['url', url],
        ['charset', 'shift_jis'],
      ]),
      formBody([
        ['url', url],
        ['excerpt', encodeText('iso-2022-jp', '抜粋')],
        ['charset', 'iso-2022-jp'],
      ]),
    ].map((each) => Buffer.from(each));
    const types = [formType, `${formType}; charset=gbk`, `${formType}; charset=utf-7`];
    const seen = { requests: 0, none: 0 };
    for (let round = 0; round < rounds; round += 1) {
      const request = readRequest(mutateBytes(bodies, random), types[round % types.length] ?? formType);
      if (request === undefined) seen.none += 1;
      else seen.requests += 1;
      const texts = request === undefined ? [] : [request.claims.title, request.claims.excerpt];
      if (texts.some((text) => !text.isWellFormed())) throw new Error('half a character');
    }
    expect(seen.requests).toBeGreaterThan(rounds / 10);
    expect(seen.none).toBeGreaterThan(rounds / 10);
  });
});
