import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendTrackback, shownAt, type Entry } from '../support/announce.ts';
import { browser, formBody, formType, postBody, type Fields } from '../support/forms.ts';
import { encodeText } from '../support/legacy-text.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type Moderated, type Owner } from '../support/owner.ts';
import { openRaw } from '../support/raw-http.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { postWhileStopping } from '../support/while-stopping.ts';

// Spec: TrackBack 1.1 and 1.2, and what their receivers made of them; the numbers are those of docs/conformance.md.

let web: Web;
let alias: Web;
let service: Service;
let owner: Owner;

beforeAll(async () => {
  web = await startWeb();
  alias = await startWeb({ address: '127.0.0.2' });
  web.page('/blog/post', '<title>Ours</title>');
  web.page('/blog/', '<title>Ours, by query</title>');
  service = await startService({
    env: {
      SITES: `blog=http://${web.host}/blog/|http://${alias.host}/,other=http://${web.host}/other/`,
      BLOCKED_HOSTS: 'blog:127.0.0.3',
      CLOSED_PATHS: '/blog/closed',
      POLICY: 'approve-all',
    },
  });
  owner = ownerOf(service);
});

afterAll(async () => {
  await service.close();
  await Promise.all([web.close(), alias.close()]);
});

const success = '<?xml version="1.0" encoding="utf-8"?>\n<response>\n<error>0</error>\n</response>\n';
const failure = (message: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<response>\n<error>1</error>\n<message>${message}</message>\n</response>\n`;
const noPing = failure('A TrackBack ping is a form with one "url", sent by POST.');
const closed = failure('This page takes no TrackBack pings.');

const target = (): string => web.url('/blog/post');

function source(path: string, page: Parameters<Web['page']>[1] = linkingPage(target())): string {
  web.page(path, page);
  return web.url(path);
}

/** Insists on what holds for every answer in XML, and gives it. */
async function xmlOf(response: Response, status = 200): Promise<string> {
  expect([response.status, response.headers.get('content-type')]).toEqual([
    status,
    'text/xml; charset=utf-8',
  ]);
  return response.text();
}

async function ping(fields: Fields, to: string = target(), site = 'blog'): Promise<string> {
  return xmlOf(await sendTrackback(service, to, fields, site));
}

/** What the owner sees of a source, once it has been looked at. */
function settled(from: string): Promise<Moderated> {
  return waitUntil(async () => {
    const found = await owner.find(from);
    return found.verification !== 'unverified' && found;
  });
}

type SourcePage = Parameters<Web['page']>[1];

/** Pings for a page of its own, and gives what is shown there. */
async function shownAfter(name: string, page: (to: string) => SourcePage, fields: Fields): Promise<Entry> {
  const to = `${target()}?${encodeURIComponent(name)}`;
  const from = source(`/shown/${encodeURIComponent(name)}`, page(to));
  expect(await ping([['url', from], ...fields], to)).toBe(success);
  expect(await settled(from)).toMatchObject({ verification: 'verified' });
  return shownOnly(to);
}

async function shownOnly(to: string): Promise<Entry> {
  const [entry, ...more] = await shownAt(service, to);
  if (entry === undefined || more.length > 0) throw new Error(`there is not one linkback of ${to}`);
  return entry;
}

describe('the ping', () => {
  it('[TB 2.1] is a form sent by POST, and is answered by error 0 in XML, to the byte', async () => {
    const from = source('/plain');
    expect(
      await ping([
        ['url', from],
        ['title', 'T'],
        ['excerpt', 'E'],
        ['blog_name', 'B'],
      ]),
    ).toBe(success);
    expect(await settled(from)).toMatchObject({ verification: 'verified', protocol: 'trackback' });
  });

  it('[TB 2.1] needs its url only', async () => {
    expect(await ping([['url', source('/url-only')]])).toBe(success);
  });

  it.each<[string, string, string]>([
    ['no url', formBody([['title', 'T']]), formType],
    [
      'an empty url',
      formBody([
        ['url', ''],
        ['title', 'T'],
      ]),
      formType,
    ],
    [
      'two urls',
      formBody([
        ['url', 'http://a.example/'],
        ['url', 'http://b.example/'],
      ]),
      formType,
    ],
    ['nothing', '', formType],
    ['JSON', '{"url":"http://a.example/"}', 'application/json'],
    ['XML', '<url>http://a.example/</url>', 'text/xml'],
    ['a form called plain text', 'url=http://a.example/', 'text/plain'],
    ['a form of no type', 'url=http://a.example/', ''],
    ['more than 32 KiB', `url=http://a.example/&excerpt=${'x'.repeat(32 * 1024)}`, formType],
  ])('[TB 2.1] is answered by error 1 with %s, and still by HTTP 200', async (_what, body, type) => {
    const endpoint = `${service.url}/trackback/blog/blog/post`;
    expect(await xmlOf(await postBody(endpoint, body, { 'content-type': type }))).toBe(noPing);
  });

  it.each([
    ['a relative url', '/a'],
    ['another scheme', 'ftp://source.example/'],
    ['a script', 'javascript:alert(1)'],
    ['words', 'My weblog'],
    ['a url of 3,000 characters', `http://source.example/${'a'.repeat(3000)}`],
  ])('[TB 2.4] is answered by error 1 with %s', async (_what, url) => {
    expect(
      await ping([
        ['url', url],
        ['title', 'T'],
      ]),
    ).toBe(failure('The url must be an absolute http or https address.'));
  });

  it('[TB 2.1] may have fields that nobody knows', async () => {
    const fields: Fields = [
      ['x_author', 'A'],
      ['url', source('/unknown-fields')],
      ['charset', 'utf-8'],
      ['x_author', 'B'],
      ['submit', 'Ping'],
    ];
    expect(await ping(fields)).toBe(success);
  });

  it('[TB 2.4] may come in the order and the headers of WordPress', async () => {
    const from = source('/wordpress', `<p>See <a href="${target()}?wp">it</a> there.</p>`);
    const body = formBody([
      ['title', 'A post'],
      ['url', from],
      ['blog_name', 'A blog'],
      ['excerpt', 'Its excerpt [&#8230;]'],
    ]);
    const connection = await openRaw(new URL(service.url).host);
    connection.write(
      `POST /trackback/blog/blog/post?wp HTTP/1.1\r\nHost: x\r\nUser-Agent: WordPress/6.1.9; http://a.example\r\nAccept: */*\r\nAccept-Encoding: deflate, gzip\r\nReferer: http://x/trackback/blog/blog/post?wp\r\nContent-Length: ${body.length}\r\nContent-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n${body}`,
    );
    expect((await connection.answer()).body).toBe(success);
    expect(await settled(from)).toMatchObject({ verification: 'verified', source: { title: 'A post' } });
  });

  it('[TB 2.1] is answered by error 1 where there is no such site, or the page takes none', async () => {
    const from = source('/to-nobody');
    expect(await ping([['url', from]], target(), 'nobody')).toBe(closed);
    expect(await ping([['url', from]], target(), 'other')).toBe(closed);
    expect(await ping([['url', from]], web.url('/'))).toBe(closed);
    expect(await ping([['url', from]], web.url('/blog/closed/post'))).toBe(closed);
  });

  it('[TB 2.4] is answered by error 1 when it is about itself, or the owner has blocked its host', async () => {
    expect(await ping([['url', `${target()}/#part`]])).toBe(failure('Source and target are the same page.'));
    expect(await ping([['url', 'http://127.0.0.3/a']])).toBe(
      failure('The owner of the target does not accept linkbacks from this source.'),
    );
  });

  it('[TB 2.1] is answered in XML beside HTTP 429 over the limit', async () => {
    const strict = await startService({
      env: { SITES: `blog=${web.url('/blog/')}`, LIMITS: 'on', PINGS_PER_MINUTE: '1' },
    });
    try {
      const fields: Fields = [['url', source('/limited')]];
      expect(await xmlOf(await sendTrackback(strict, target(), fields))).toBe(success);
      const response = await sendTrackback(strict, target(), fields);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await xmlOf(response, 429)).toBe(failure('Too many requests; try again later.'));
    } finally {
      await strict.close();
    }
  });

  it('[TB 2.1] is answered in XML beside HTTP 503 while the service stops', async () => {
    const stopping = await startService({ env: { SITES: `blog=${web.url('/blog/')}` } });
    try {
      const body = formBody([['url', source('/too-late')]]);
      const answer = await postWhileStopping(stopping, '/trackback/blog/blog/post', body);
      expect([answer.status, answer.headers['content-type'], answer.headers['retry-after']]).toEqual([
        503,
        'text/xml; charset=utf-8',
        '60',
      ]);
      expect(answer.body).toBe(failure('The service cannot take pings at the moment; try again later.'));
    } finally {
      await stopping.close();
    }
  });
});

describe('the ping URL', () => {
  it.each([
    ['a query', '/blog/?p=1'],
    ['a query of several fields', '/blog/index.php?a=1&b=c%26d'],
    ['a path in UTF-8', '/blog/%E6%97%A5%E6%9C%AC'],
    ['a path escaped in small letters', '/blog/%e6%97%a5'],
    ['a path in Shift_JIS', '/blog/%93%FA%96%7B'],
    ['a path in GBK', '/blog/%C4%E3'],
    ['an escaped slash and an escaped escape', '/blog/a%2Fb%2541'],
    ['a long path', `/blog/${'%E6%97%A5'.repeat(60)}`],
    ['dots and other marks', '/blog/a.b;c,d:e@f!g'],
  ])('[TB 2.1] names its page as the page is spelled: %s', async (what, path) => {
    web.page(path, '<title>Ours</title>');
    const to = web.url(path);
    const from = source(`/about/${encodeURIComponent(what)}`, linkingPage(to));
    expect(await ping([['url', from]], to)).toBe(success);
    expect(await settled(from)).toMatchObject({ verification: 'verified', target: to });
    expect(web.hits(path)).toHaveLength(1);
  });
});

describe('GET', () => {
  const get = (path: string): Promise<Response> => service.get(`/trackback/blog${path}`, browser);

  it.each(['/blog/post', '/blog/?p=1&q=2', '/blog/%93%FA', '/blog/post?__mode=view'])(
    '[TB 2.2] leads to the page: %s',
    async (path) => {
      const response = await get(path);
      const page = web.url(path.replace('?__mode=view', ''));
      expect([response.status, response.headers.get('location')]).toEqual([302, page]);
    },
  );

  it('[TB 2.2] never pings, though version 1.0 did so by GET', async () => {
    const from = source('/by-get');
    const query = formBody([
      ['url', from],
      ['title', 'T'],
      ['excerpt', 'E'],
      ['blog_name', 'B'],
    ]);
    for (const path of [`/blog/post?${query}`, `/blog/?p=1&${query}`, `/blog/post?tb_id=1&${query}`]) {
      expect(await xmlOf(await get(path))).toBe(noPing);
    }
    expect((await owner.list({ q: from })).items).toEqual([]);
    expect(web.hits('/by-get')).toEqual([]);
  });

  it('[TB 2.2] lists what is approved, and nothing else, as RSS 0.91 in a response', async () => {
    const held = await startService({ env: { SITES: `blog=${web.url('/blog/')}`, POLICY: 'hold-all' } });
    try {
      const heldOwner = ownerOf(held);
      const one = source('/listed?a=1&b=2', linkingPage(target(), 'Fish &amp; <b>Chips</b>'));
      const other = source('/unlisted');
      for (const from of [one, other]) {
        await sendTrackback(held, target(), [['url', from]]);
        await waitUntil(async () => (await heldOwner.find(from)).verification === 'verified');
      }
      const list = async (): Promise<string> => xmlOf(await held.get('/trackback/blog/blog/post?__mode=rss'));
      const items = (inside: string): string => `<?xml version="1.0" encoding="utf-8"?>
<response>
<error>0</error>
<rss version="0.91"><channel>
<title>Linkbacks</title>
<link>${target()}</link>
<description>Pages that link to ${target()}</description>
<language>en</language>
${inside}</channel></rss>
</response>
`;
      expect(await list()).toBe(items(''));
      await heldOwner.decide((await heldOwner.find(one)).id, 'approved');
      expect(await list()).toBe(
        items(`<item>
<title>Fish &amp; &lt;b&gt;Chips&lt;/b&gt;</title>
<link>${one.replace('&', '&amp;')}</link>
<description>[…] words before the link and some words […]</description>
</item>
`),
      );
    } finally {
      await held.close();
    }
  });

  it.each(['/blog/closed/post', '/', '/blog/closed/post?__mode=rss'])(
    '[TB 2.2] is answered by error 1 for a page that takes no pings: %s',
    async (path) => {
      expect(await xmlOf(await get(path))).toBe(closed);
    },
  );
});

describe('the same ping again', () => {
  it('[TB 2.4] is a success, and is not doubled', async () => {
    const from = source('/twice');
    expect(
      await ping([
        ['url', from],
        ['title', 'One'],
      ]),
    ).toBe(success);
    await settled(from);
    expect(
      await ping([
        ['url', from],
        ['title', 'Two'],
      ]),
    ).toBe(success);
    expect(await ping([['url', `${from}/#part`]])).toBe(success);
    expect((await owner.list({ q: from })).items).toHaveLength(1);
  });
});

describe('the source', () => {
  it.each([
    ['links to the page', (to: string) => to],
    ['has a slash behind it', (to: string) => `${to}/`],
    ['names a part of it', (to: string) => `${to}#comments`],
    ['uses an alias of the site', () => `http://${alias.host}/post`],
  ])('[TB 2.5] is verified like that of a pingback when it %s', async (what, href) => {
    const from = source(`/verified/${encodeURIComponent(what)}`, linkingPage(href(target())));
    expect(
      await ping([
        ['url', from],
        ['title', 'T'],
      ]),
    ).toBe(success);
    expect(await settled(from)).toMatchObject({ verification: 'verified', public: true });
  });

  it.each<[string, SourcePage, string]>([
    ['has no link', '<p>nothing</p>', 'no-link'],
    ['has the address as text only', '<p>http://127.0.0.1/blog/post</p>', 'no-link'],
    ['is not there', { status: 404, body: '' }, 'source-unusable'],
  ])('[TB 2.5] is refused when it %s, whatever the ping says', async (what, page, reason) => {
    const from = source(`/refused/${encodeURIComponent(what)}`, page);
    const says = `<a href="${target()}">a link</a>`;
    expect(
      await ping([
        ['url', from],
        ['title', says],
        ['excerpt', says],
      ]),
    ).toBe(success);
    expect(await settled(from)).toMatchObject({
      verification: 'refused',
      refusal: { reason },
      public: false,
    });
  });

  it('[TB 2.5] is refused for an image only, which leads no reader here', async () => {
    const from = source('/refused/image', `<img src="${target()}">`);
    await ping([['url', from]]);
    expect(await settled(from)).toMatchObject({ verification: 'refused' });
  });

  it('[TB 2.5] is refused when it speaks of a page of ours that is not there', async () => {
    const to = web.url('/blog/missing');
    const from = source('/of-missing', linkingPage(to));
    expect(await ping([['url', from]], to)).toBe(success);
    expect(await settled(from)).toMatchObject({ refusal: { reason: 'target-gone' } });
  });
});

describe('what the sender says', () => {
  const silent = (to: string): SourcePage => `<p><a href="${to}"></a></p>`;
  const said: Fields = [
    ['title', 'Claimed title'],
    ['excerpt', 'Claimed excerpt'],
    ['blog_name', 'Claimed blog'],
  ];

  it('[TB 2.4] is shown where the page says nothing', async () => {
    const entry = await shownAfter('silent page', silent, said);
    expect(entry.source).toMatchObject({ title: 'Claimed title', author: { name: 'Claimed blog' } });
    expect(entry.display).toBe('Claimed excerpt');
  });

  it('[TB 2.4] is not shown where the page speaks for itself', async () => {
    const page = (to: string): SourcePage =>
      `<title>Its title</title><meta name="author" content="Its author"><p>Some words before <a href="${to}">its link</a> and some words after.</p>`;
    const entry = await shownAfter('speaking page', page, said);
    expect(entry.source).toMatchObject({ title: 'Its title', author: { name: 'Its author' } });
    expect(entry.display).toBe('[…] words before its link and some words […]');
  });

  it('[TB 2.4] may be missing, and then the page’s host stands for its title', async () => {
    const entry = await shownAfter('silent twice', silent, []);
    expect(entry.source).toMatchObject({ title: '127.0.0.1', author: { name: null } });
  });

  it('[TB 2.4] is plain text, decoded once', async () => {
    const entry = await shownAfter('markup', silent, [
      ['title', 'Fish &amp; &lt;b&gt;Chips&lt;/b&gt; <i>here</i>'],
      ['excerpt', '<p>One &amp;lt;</p><p>two&#8230;</p><script>x</script>'],
      ['blog_name', '&#8220;Blog&#8221; \u202eevil\u0007'],
    ]);
    expect(entry.source).toMatchObject({
      title: 'Fish & <b>Chips</b> here',
      author: { name: '“Blog” evil' },
    });
    expect(entry.display).toBe('One &lt; two… x');
  });

  it('[TB 2.4] is cut at characters, not at bytes', async () => {
    const entry = await shownAfter('long', silent, [
      ['title', '題'.repeat(300)],
      ['excerpt', '漢'.repeat(300)],
      ['blog_name', '👩‍👩‍👧‍👧'.repeat(150)],
    ]);
    expect(entry.source.title).toBe(`${'題'.repeat(200)}…`);
    expect(entry.display).toBe(`${'漢'.repeat(252)}…`);
    expect(entry.source.author.name).toBe(`${'👩‍👩‍👧‍👧'.repeat(100)}…`);
    const whole = await shownAfter('just fits', silent, [['excerpt', '漢'.repeat(252)]]);
    expect(whole.display).toBe('漢'.repeat(252));
  });

  it('[TB 2.4] may change, and the page’s next look shows it', async () => {
    const to = `${target()}?changing`;
    const from = source('/changing', silent(to));
    await ping(
      [
        ['url', from],
        ['title', 'Old claim'],
      ],
      to,
    );
    await settled(from);
    await ping(
      [
        ['url', from],
        ['title', 'New claim'],
      ],
      to,
    );
    const { id } = await owner.find(from);
    await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
    await waitUntil(async () => (await shownAt(service, to))[0]?.source.title === 'New claim');
  });
});

/** Texts as senders of many years and countries encode them. */
describe('the charset', () => {
  const silent = (to: string): SourcePage => `<p><a href="${to}"></a></p>`;
  const texts = {
    shift_jis: '日本語の題名とソース表',
    'euc-jp': '日本語の題名',
    'iso-2022-jp': '日本語の題名',
    gbk: '中文博客的标题“引号”',
    big5: '中文部落格的標題',
    'euc-kr': '한국어 블로그의 제목',
    'windows-1251': 'Заголовок на русском',
    'windows-1252': 'It’s “curly” – déjà vu…',
  } as const;
  const labels = Object.keys(texts) as (keyof typeof texts)[];

  const saidIn = (label: keyof typeof texts, extra: Fields = []): Fields => {
    const bytes = encodeText(label, texts[label]);
    return [['title', bytes], ['excerpt', bytes], ['blog_name', bytes], ...extra];
  };

  function expectTexts(entry: Entry, text: string): void {
    expect([entry.source.title, entry.source.author.name, entry.display]).toEqual([text, text, text]);
  }

  it.each(labels)('[TB 2.1] is the charset field’s: %s', async (label) => {
    const entry = await shownAfter(`field ${label}`, silent, saidIn(label, [['charset', label]]));
    expectTexts(entry, texts[label]);
  });

  it.each(labels)('[TB 2.1] is the Content-Type header’s: %s', async (label) => {
    const to = `${target()}?header-${label}`;
    const from = source(`/header/${label}`, silent(to));
    const { pathname, search } = new URL(to);
    const response = await postBody(
      `${service.url}/trackback/blog${pathname}${search}`,
      formBody([['url', from], ...saidIn(label)]),
      { 'content-type': `${formType}; charset=${label}` },
    );
    expect(await xmlOf(response)).toBe(success);
    await settled(from);
    expectTexts(await shownOnly(to), texts[label]);
  });

  it.each(labels)('[TB 2.4] is the page’s when the ping declares none: %s', async (label) => {
    const page = (to: string): SourcePage => ({
      headers: { 'content-type': 'text/html' },
      body: encodeText(label, `<meta charset="${label}"><p><a href="${to}"></a></p>`),
    });
    expectTexts(await shownAfter(`page ${label}`, page, saidIn(label)), texts[label]);
  });

  it('[TB 2.4] is UTF-8 when nobody declares one and the bytes are', async () => {
    const text = '日本語 – “x” déjà vu';
    const page = (to: string): SourcePage => ({
      headers: { 'content-type': 'text/html; charset=shift_jis' },
      body: `<p><a href="${to}"></a></p>`,
    });
    const fields: Fields = [
      ['title', text],
      ['excerpt', text],
      ['blog_name', text],
    ];
    expectTexts(await shownAfter('undeclared utf-8', page, fields), text);
  });

  it('[TB 2.4] is windows-1252 when nobody declares one, here or on the page', async () => {
    const page = (to: string): SourcePage => ({
      headers: { 'content-type': 'text/html' },
      body: `<p><a href="${to}"></a></p>`,
    });
    const entry = await shownAfter('undeclared cp1252', page, saidIn('windows-1252'));
    expectTexts(entry, texts['windows-1252']);
  });

  it('[TB 2.4] stays windows-1252 when the page is in UTF-8, which the bytes are not', async () => {
    expectTexts(await shownAfter('cp1252 and utf-8', silent, saidIn('windows-1252')), texts['windows-1252']);
  });

  it.each(['utf-7', 'iso-2022-kr', 'x-unknown', ' '])(
    '[TB 2.4] is looked for elsewhere when the field names none that is read: %s',
    async (label) => {
      const fields: Fields = [
        ['title', '+ADw-b+AD4- 題'],
        ['charset', label],
      ];
      const entry = await shownAfter(`label ${label}`, silent, fields);
      expect(entry.source.title).toBe('+ADw-b+AD4- 題');
    },
  );
});
