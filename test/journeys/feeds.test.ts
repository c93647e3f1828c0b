import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { startWeb, type Web } from '../support/web.ts';
import { inside, readXml, textIn } from '../support/xml-tree.ts';

let web: Web;
let service: Service;

const target = 'https://blog.example/post?a=1&b=2';
const other = 'https://blog.example/other';

beforeAll(async () => {
  web = await startWeb();
  service = await startService({ env: { SITES: 'blog=https://blog.example/', POLICY: 'hold-all' } });
  await publish('/one', target, linkingPage(target, 'The first'));
  await publish(
    '/two',
    target,
    `<article class="h-entry"><a class="u-like-of" href="${target}">x</a><span class="p-author h-card">Ann</span></article>`,
  );
  await publish('/three', other, linkingPage(other, 'Of another page'));
});

afterAll(async () => {
  await Promise.all([service.close(), web.close()]);
});

async function publish(path: string, of: string, html: string): Promise<void> {
  web.page(path, html);
  expect(await mention(service, web.url(path), of)).toMatchObject({ status: 'verified' });
  const owner = ownerOf(service);
  await owner.decide((await owner.find(web.url(path))).id, 'approved');
}

const get = (path: string, parameters: Readonly<Record<string, string>>, headers = {}): Promise<Response> =>
  service.get(`${path}?${new URLSearchParams(parameters).toString()}`, headers);

type JsonFeed = {
  readonly home_page_url: string;
  readonly feed_url: string;
  readonly items: readonly { readonly title: string }[];
};

async function titles(parameters: Readonly<Record<string, string>>): Promise<string[]> {
  const feed = (await (await get('/feed.json', parameters)).json()) as JsonFeed;
  return feed.items.map((each) => each.title);
}

const feeds = [
  ['/feed.atom', 'application/atom+xml; charset=utf-8'],
  ['/feed.rss', 'application/rss+xml; charset=utf-8'],
  ['/feed.json', 'application/feed+json; charset=utf-8'],
] as const;

describe('a feed', () => {
  it('has the newest first, of a page or of a site, and of one type', async () => {
    expect(await titles({ target })).toEqual(['Like: Ann', 'The first']);
    expect(await titles({ target: `${target}#comments` })).toEqual(['Like: Ann', 'The first']);
    expect(await titles({ site: 'blog' })).toEqual(['Of another page', 'Like: Ann', 'The first']);
    expect(await titles({ target, type: 'mention' })).toEqual(['The first']);
    expect(await titles({ target: 'https://elsewhere.example/' })).toEqual([]);
  });

  it.each(feeds)(
    'is of its own type, open to all, and asked for again for nothing: %s',
    async (path, type) => {
      const first = await get(path, { target }, { origin: 'https://reader.example' });
      expect(first.headers.get('content-type')).toBe(type);
      expect(first.headers.get('access-control-allow-origin')).toBe('*');
      const etag = first.headers.get('etag') ?? '';
      const again = await get(path, { target }, { 'if-none-match': etag });
      expect([again.status, await again.text()]).toEqual([304, '']);
    },
  );

  it.each(feeds)('is refused when it is of nothing: %s', async (path) => {
    for (const parameters of [{}, { target: 'blog' }, { target, type: 'shout' }]) {
      const response = await get(path, parameters);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    }
  });

  it('names itself by the address it is at, and the page it is of', async () => {
    const feed = (await (await get('/feed.json', { target, type: 'like' })).json()) as JsonFeed;
    expect(feed.home_page_url).toBe(target);
    const self = new URL(feed.feed_url);
    expect(`${self.origin}${self.pathname}`).toBe(`${service.url}/feed.json`);
    expect(Object.fromEntries(self.searchParams)).toEqual({ target, type: 'like' });
    const ofSite = (await (await get('/feed.json', { site: 'blog' })).json()) as JsonFeed;
    expect(ofSite.home_page_url).toBe('https://blog.example/');
  });

  it('is found from the page of the list', async () => {
    const page = await (await get('/linkbacks', { target })).text();
    const alternates = [
      ...page.matchAll(/<link rel="alternate" type="([^"]+)" title="[^"]+" href="([^"]+)">/gu),
    ];
    expect(alternates.map(([, type]) => type)).toEqual(feeds.map(([, type]) => type.split(';')[0]));
    for (const [, type, href = ''] of alternates) {
      const response = await fetch(href.replaceAll('&amp;', '&'));
      expect(response.headers.get('content-type')).toContain(type);
      expect(await response.text()).toContain('Like: Ann');
    }
  });
});

describe('the badge', () => {
  const count = async (parameters: Readonly<Record<string, string>>): Promise<string> =>
    textIn(readXml(await (await get('/badge.svg', parameters)).text()), 'title');

  it('counts what the public sees of a page or a site', async () => {
    expect(await count({ target })).toBe('linkbacks: 2');
    expect(await count({ site: 'blog' })).toBe('linkbacks: 3');
    expect(await count({ target: `${target}#x`, label: 'Erwähnungen' })).toBe('Erwähnungen: 2');
    expect(await count({ target: 'https://elsewhere.example/' })).toBe('linkbacks: 0');
    expect(await count({ site: 'nobody' })).toBe('linkbacks: 0');
  });

  it('is a picture that any page may show, and keeps nobody busy', async () => {
    const first = await get('/badge.svg', { target });
    expect(first.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    const etag = first.headers.get('etag') ?? '';
    expect((await get('/badge.svg', { target }, { 'if-none-match': etag })).status).toBe(304);
  });

  it('takes no label that is markup, nor one that XML cannot say', async () => {
    const hostile = '"/><script>alert(1)</script>\u0000\ud800';
    const svg = readXml(await (await get('/badge.svg', { target, label: hostile })).text());
    expect(svg.children.flatMap((each) => inside(each, 'script'))).toEqual([]);
    expect(textIn(svg, 'title')).toContain('"/><script>alert(1)</script>');
  });

  it('is refused when it is of nothing', async () => {
    expect((await get('/badge.svg', {})).status).toBe(400);
    expect((await get('/badge.svg', { target, label: 'x'.repeat(41) })).status).toBe(400);
  });
});
