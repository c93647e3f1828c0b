import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({
    env: {
      SITES: 'blog=https://blog.example/|https://www.blog.example/,shop=https://blog.example/shop/',
      POLICY: 'approve-all',
    },
  });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

type Item = {
  readonly id: string;
  readonly site: string;
  readonly type: string;
  readonly source: { readonly url: string };
  readonly verifiedAt: string;
};
type List = { readonly items: readonly Item[]; readonly next: string | null };

const query = (parameters: Readonly<Record<string, string>>): string =>
  new URLSearchParams(parameters).toString();

const get = (path: string, parameters: Readonly<Record<string, string>>, headers = {}): Promise<Response> =>
  service.get(`${path}?${query(parameters)}`, headers);

async function list(parameters: Readonly<Record<string, string>>): Promise<List> {
  const response = await get('/api/linkbacks', parameters);
  expect(response.status).toBe(200);
  return (await response.json()) as List;
}

const sourcesOf = ({ items }: List): string[] => items.map((each) => each.source.url);

/** A page of a stranger that links to a page of ours, announced and verified. */
async function announce(path: string, target: string, page = linkingPage(target)): Promise<string> {
  web.page(path.replace(/\?.*$/u, ''), page);
  expect(await service.ping(web.url(path), target)).toMatch(/^The pingback is verified/u);
  return web.url(path);
}

async function expectProblem(response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem: unknown = await response.json();
  expect(problem).toEqual({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z]/u),
    status,
    detail: expect.stringMatching(/\S{3,}/u),
  });
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u) as unknown;

describe('a public linkback', () => {
  it('has the very keys and values of the contract', async () => {
    const target = 'https://blog.example/shifting-the-way-we-co-create';
    const source = await announce(
      '/we-not-me',
      `${target}#more`,
      `<!doctype html><html lang="en"><meta charset="utf-8">
      <title>Leadership Challenge #1: Creating &#8220;WE&#8221; | Lead Me On</title>
      <article class="h-entry"><time class="dt-published" datetime="2014-03-02T09:00:00Z">March</time>
      <span class="p-author h-card"><img class="u-photo" src="https://leadmeon.example/me.jpg" alt=""><a class="p-name u-url" href="https://leadmeon.example/">Jane</a></span>
      <div class="e-content"><p>Here’s the rub. <a href="${target}">Collective leadership</a> creates an unwieldy, but more flexible “we” than top-down leadership, but very few of us understand.</p></div>
      </article></html>`,
    );
    const body = new URLSearchParams({ source, target: `${target}#more` });
    expect((await fetch(`${service.url}/webmention`, { method: 'POST', body })).status).toBe(201);
    const owner = ownerOf(service);
    const { id } = await owner.find(source);
    await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
    await web.waitForHit('/we-not-me', 2);
    await waitUntil(async () => (await owner.detail(id)).job === null);
    const [item] = (await list({ target })).items;
    expect(item).toEqual({
      id,
      site: 'blog',
      type: 'mention',
      protocol: 'pingback',
      protocols: ['pingback'],
      source: {
        url: source,
        title: 'Leadership Challenge #1: Creating “WE” | Lead Me On',
        author: { name: 'Jane', url: 'https://leadmeon.example/', photo: 'https://leadmeon.example/me.jpg' },
        published: '2014-03-02T09:00:00.000Z',
        language: 'en',
      },
      target: `${target}#more`,
      fragment: 'more',
      excerpt: {
        before: 'the rub. ',
        link: 'Collective leadership',
        after: ' creates an unwieldy, but more flexible “we” than top-down leadership, but very few of us',
      },
      display:
        '[…] the rub. Collective leadership creates an unwieldy, but more flexible “we” than top-down leadership, but very few of us […]',
      receivedAt: time,
      verifiedAt: time,
      updatedAt: time,
    });
    expect(Object.keys(item ?? {})).toEqual([
      'id',
      'site',
      'type',
      'protocol',
      'protocols',
      'source',
      'target',
      'fragment',
      'excerpt',
      'display',
      'receivedAt',
      'verifiedAt',
      'updatedAt',
    ]);
  });

  it('names every dialect whose rule held', async () => {
    const target = 'https://blog.example/two-dialects';
    const source = await announce('/two-dialects', target);
    const body = new URLSearchParams({ source, target });
    expect((await fetch(`${service.url}/webmention`, { method: 'POST', body })).status).toBe(201);
    const { id } = await ownerOf(service).find(source);
    await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
    const both = await waitUntil(async () => {
      const { items } = await list({ target, protocol: 'webmention' });
      return items[0];
    });
    expect(both).toMatchObject({ protocol: 'pingback', protocols: ['pingback', 'webmention'] });
  });

  it('has nulls for what its page does not say', async () => {
    const target = 'https://blog.example/plain';
    await announce('/plain', target, `<a href="${target}">x</a>`);
    const [item] = (await list({ target })).items;
    expect(item).toMatchObject({
      source: {
        title: '127.0.0.1',
        author: { name: null, url: null, photo: null },
        published: null,
        language: null,
      },
      fragment: null,
    });
  });

  it('is shown only while it is verified and approved', async () => {
    const target = 'https://blog.example/states';
    const source = await announce('/states', target);
    const owner = ownerOf(service);
    const { id } = await owner.find(source);
    const views = ['/api/linkbacks', '/linkbacks.html', '/linkbacks'];
    const shown = (): Promise<boolean[]> =>
      Promise.all(views.map(async (view) => (await (await get(view, { target })).text()).includes(source)));
    expect(await shown()).toEqual([true, true, true]);
    for (const state of ['pending', 'rejected', 'spam']) {
      await owner.decide(id, state);
      expect(await shown()).toEqual([false, false, false]);
    }
    await owner.decide(id, 'approved');
    expect(await shown()).toEqual([true, true, true]);
    web.page('/states', { status: 410, body: 'Gone' });
    await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
    await waitUntil(async () => (await owner.detail(id)).verification === 'gone');
    expect(await shown()).toEqual([false, false, false]);
  });
});

describe('the list of linkbacks', () => {
  const target = 'https://blog.example/list';
  let sources: readonly string[];

  beforeAll(async () => {
    const found: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const answers =
        name === 'b'
          ? `<div class="h-entry"><a class="u-in-reply-to" href="${target}">re</a></div>`
          : undefined;
      found.push(await announce(`/list/${name}`, target, answers));
    }
    sources = found;
  });

  it('begins with the oldest, or with the newest when asked', async () => {
    expect(sourcesOf(await list({ target }))).toEqual(sources);
    expect(sourcesOf(await list({ target, order: 'oldest' }))).toEqual(sources);
    expect(sourcesOf(await list({ target, order: 'newest' }))).toEqual([...sources].reverse());
  });

  it.each(['oldest', 'newest'])('comes in pages, %s first, each naming the next', async (order) => {
    const pages: List[] = [];
    let path = `/api/linkbacks?${query({ target, order, limit: '2' })}`;
    for (;;) {
      const response = await service.get(path);
      const page = (await response.json()) as List;
      pages.push(page);
      const next = /^<([^>]+)>; rel="next"$/u.exec(response.headers.get('link') ?? '')?.[1];
      expect(next === undefined).toBe(page.next === null);
      if (next === undefined) break;
      const url = new URL(next);
      expect(`${url.origin}${url.pathname}`).toBe(`${service.url}/api/linkbacks`);
      expect(Object.fromEntries(url.searchParams)).toEqual({ target, order, limit: '2', after: page.next });
      path = url.pathname + url.search;
    }
    expect(pages.map((page) => page.items.length)).toEqual([2, 2, 1]);
    const all = pages.flatMap(sourcesOf);
    expect(all).toEqual(order === 'oldest' ? sources : [...sources].reverse());
  });

  it('has a last page that ends where the list ends', async () => {
    expect((await list({ target, limit: '5' })).next).toBeNull();
    expect(await list({ target, after: 'zzz' })).toEqual({ items: [], next: null });
  });

  it('is filtered by type', async () => {
    expect(sourcesOf(await list({ target, type: 'reply' }))).toEqual([sources[1]]);
    expect(sourcesOf(await list({ target, type: 'like' }))).toEqual([]);
  });

  it('is filtered by protocol', async () => {
    expect(sourcesOf(await list({ target, protocol: 'pingback' }))).toEqual(sources);
    expect(sourcesOf(await list({ target, protocol: 'trackback' }))).toEqual([]);
  });

  it('is filtered by the time of verification, that time included', async () => {
    const { items } = await list({ target });
    const since = items[3]?.verifiedAt ?? '';
    expect(sourcesOf(await list({ target, since }))).toEqual(sources.slice(3));
    expect(sourcesOf(await list({ target, since: since.replace('Z', '+00:00') }))).toEqual(sources.slice(3));
    expect(sourcesOf(await list({ target, since: '2999-01-01T00:00:00Z' }))).toEqual([]);
  });

  it('takes all filters at once', async () => {
    const parameters = {
      target,
      site: 'blog',
      protocol: 'pingback',
      type: 'reply',
      since: '2020-01-01T00:00:00Z',
    };
    expect(sourcesOf(await list(parameters))).toEqual([sources[1]]);
    expect(sourcesOf(await list({ ...parameters, site: 'shop' }))).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no page and no site', {}],
    ['a target that is no address', { target: 'blog' }],
    ['a target of another scheme', { target: 'javascript:alert(1)' }],
    ['an empty target', { target: '' }],
    ['a limit over 100', { target, limit: '101' }],
    ['a limit of 0', { target, limit: '0' }],
    ['a limit that is no number', { target, limit: 'all' }],
    ['an unknown type', { target, type: 'shout' }],
    ['an unknown protocol', { target, protocol: 'gopher' }],
    ['an unknown order', { target, order: 'random' }],
    ['a time that is none', { target, since: 'yesterday' }],
  ])('answers %s with a problem', async (_name, parameters) => {
    for (const path of ['/api/linkbacks', '/linkbacks.html', '/linkbacks']) {
      await expectProblem(await get(path, parameters), 400);
    }
  });

  it('gives 100 when asked for 100', async () => {
    expect(sourcesOf(await list({ target, limit: '100' }))).toEqual(sources);
  });

  it('is empty for a page of no site, for a widget may stand anywhere', async () => {
    expect(await list({ target: 'https://elsewhere.example/' })).toEqual({ items: [], next: null });
  });

  it('answers an address that is none of ours with a problem', async () => {
    await expectProblem(await service.get('/api/nothing'), 404);
  });
});

describe('the page asked for', () => {
  it.each([
    'https://blog.example/spelled',
    'https://blog.example/spelled/',
    'https://blog.example/spelled#comments',
    'http://blog.example/spelled',
    'https://www.blog.example/spelled/',
    'http://www.blog.example./spelled/#x',
    'HTTPS://BLOG.example:443/spelled',
    'https://blog.example/%73pelled',
  ])('is found as %s', async (target) => {
    const all = await list({ target: 'https://blog.example/spelled' });
    if (all.items.length === 0) await announce('/spelled', 'https://www.blog.example/spelled/');
    expect(sourcesOf(await list({ target }))).toEqual([web.url('/spelled')]);
  });

  it.each([
    'https://blog.example/Spelled',
    'https://blog.example/spelled?a=1',
    'https://blog.example/spelled/more',
    'https://blog.example:8443/spelled',
  ])('is another one as %s', async (target) => {
    expect(sourcesOf(await list({ target }))).toEqual([]);
  });

  it("keeps two sites' linkbacks apart, the longer address having its own", async () => {
    const [blog, shop] = ['https://blog.example/shopping', 'https://blog.example/shop/item'];
    const source = await announce('/both', blog, linkingPage(blog) + linkingPage(shop));
    expect(await service.ping(source, shop, '/blog/xmlrpc')).toMatch(/^fault 33/u);
    expect(await service.ping(source, shop, '/shop/xmlrpc')).toMatch(/^The pingback is verified/u);
    const inBlog = await list({ site: 'blog', limit: '100' });
    const inShop = await list({ site: 'shop', limit: '100' });
    expect(new Set(inBlog.items.map((each) => each.site))).toEqual(new Set(['blog']));
    expect(inShop.items.map((each) => [each.site, each.source.url])).toEqual([['shop', source]]);
    expect(sourcesOf(await list({ target: shop, site: 'blog' }))).toEqual([]);
  });
});

describe('reading again', () => {
  const target = 'https://blog.example/again';
  const views = ['/api/linkbacks', '/linkbacks.html', '/linkbacks', '/linkbacks.css'];

  beforeAll(() => announce('/again', target));

  it.each(views)('costs a 304 without a body as long as nothing has changed: %s', async (view) => {
    const first = await get(view, { target });
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/u);
    expect(first.headers.get('cache-control')).toMatch(/^public, max-age=\d+/u);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `"other",W/${etag}`, '*']) {
      const again = await get(view, { target }, { 'if-none-match': known });
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    }
    for (const unknown of ['"other"', etag.slice(1, -1), '']) {
      expect((await get(view, { target }, { 'if-none-match': unknown })).status).toBe(200);
    }
  });

  it.each(views)('answers HEAD like GET: %s', async (view) => {
    const first = await get(view, { target });
    const head = await fetch(first.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag'), await head.text()]).toEqual([
      200,
      first.headers.get('etag'),
      '',
    ]);
  });

  it('costs a whole answer when something has changed', async () => {
    const etag = (await get('/api/linkbacks', { target })).headers.get('etag') ?? '';
    await announce('/again-2', target);
    const again = await get('/api/linkbacks', { target }, { 'if-none-match': etag });
    expect([again.status, again.headers.get('etag') === etag]).toEqual([200, false]);
  });
});

describe('reading from other sites', () => {
  const target = 'https://blog.example/again';
  const origin = 'https://blog.example';

  it.each(['/api/linkbacks', '/linkbacks.html', '/linkbacks'])(
    'is open to every origin: %s',
    async (view) => {
      const { headers } = await get(view, { target }, { origin });
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('access-control-expose-headers')?.toLowerCase()).toBe('etag, link');
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    },
  );

  it('is open when it asks first', async () => {
    const response = await fetch(`${service.url}/api/linkbacks?${query({ target })}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    expect(response.headers.get('access-control-allow-headers')).toBe('if-none-match');
  });

  it.each([
    ['GET', '/api/moderation/linkbacks'],
    ['OPTIONS', '/api/moderation/linkbacks'],
    ['OPTIONS', '/api/moderation/linkbacks/x'],
    ['OPTIONS', '/pingback'],
    ['OPTIONS', '/blog/xmlrpc'],
    ['POST', '/pingback'],
    ['GET', '/status/x'],
  ])('is closed for %s %s', async (method, path) => {
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(response.headers.get('access-control-allow-headers')).toBeNull();
  });
});

/** Markup that does something wherever it is not escaped. */
const attack = `"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt;`;
const encoded = attack.replace(/[\s\S]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);

describe('the HTML', () => {
  const target = 'https://blog.example/html?a=1&b=2';

  beforeAll(async () => {
    await announce(
      '/html?q="><script>alert(3)</script>',
      target,
      `<html lang="en&quot;><script>alert(4)</script>"><title>${encoded}</title><meta name="author" content="${encoded}">
      <p>One ${encoded} two <a href="${target}">three ${encoded}</a> four ${encoded} five</p>`,
    );
    await announce('/html-2', target);
  });

  it('is an ordered list in the form of comments, and nothing else', async () => {
    const response = await get('/linkbacks.html', { target });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(/^<ol class="comment-list linkbacks">[\s\S]*<\/ol>\s*$/u);
    expect([
      ...text.matchAll(/<li id="linkback-[\w-]{36}" class="pingback mention (even|odd) [\w -]+">/gu),
    ]).toHaveLength(2);
    for (const kind of [
      'comment-body',
      'comment-author vcard',
      'fn',
      'comment-metadata',
      'comment-content',
    ]) {
      expect(text.split(`class="${kind}"`)).toHaveLength(3);
    }
    expect(text).toMatch(/<time datetime="\d{4}-\d\d-\d\dT[\d:.]+Z">[A-Z][a-z]+ \d{1,2}, \d{4}<\/time>/u);
    expect(text.toLowerCase()).not.toMatch(/<(?:script|style|link|html|body|img|iframe)\b/u);
  });

  it.each(['/linkbacks.html', '/linkbacks'])('escapes what strangers wrote, once: %s', async (view) => {
    const text = await (await get(view, { target })).text();
    expect(text).not.toMatch(/<script|<img|<b>|onerror=alert\(2\)>/u);
    const once = attack.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    expect(text).toContain(once.replaceAll('"', '&quot;').replaceAll("'", '&#39;'));
    expect(text).not.toContain('&amp;amp;lt;');
    // Every attribute is one that we write.
    const tags = text.match(/<[a-z][^>]*>/giu) ?? [];
    for (const tag of tags) {
      expect(tag).toMatch(/^<[a-z][a-z0-9]*(?: [a-z-]+="[^"]*")*>$/u);
      expect(tag).not.toMatch(/ (?:on\w+|style|srcdoc|src)=/u);
    }
  });

  it.each(['/linkbacks.html', '/linkbacks'])(
    "links to strangers' pages by http(s) only, and passes nothing on: %s",
    async (view) => {
      const text = await (await get(view, { target })).text();
      const links = text.match(/<a\b[^>]*>/gu) ?? [];
      expect(links.length).toBeGreaterThanOrEqual(4);
      for (const link of links) expect(link).toMatch(/ href="https?:\/\/[^"]*"/u);
      const foreign = links.filter((link) => link.includes(web.host));
      expect(foreign.length).toBeGreaterThanOrEqual(4);
      for (const link of foreign) expect(link).toContain(' rel="nofollow ugc noopener"');
    },
  );

  it('takes a language only when it is one', async () => {
    const text = await (await get('/linkbacks.html', { target })).text();
    expect(text).not.toContain('alert(4)');
  });

  it('does not care what Accept says', async () => {
    for (const accept of ['application/json', 'image/png', '*/*']) {
      const response = await get('/linkbacks.html', { target }, { accept });
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
  });

  it('is an empty list for a page without linkbacks', async () => {
    const response = await get('/linkbacks.html', { target: 'https://blog.example/none' });
    expect((await response.text()).trim()).toBe('<ol class="comment-list linkbacks"></ol>');
  });
});

describe('the page', () => {
  const target = 'https://blog.example/page';

  it('is whole, strict about what it loads, and not for search engines', async () => {
    await announce('/page', target);
    const { headers, ...response } = await get('/linkbacks', { target });
    const text = await (await get('/linkbacks', { target })).text();
    expect(response).toBeDefined();
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/u);
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/u);
    expect(headers.get('x-robots-tag')).toBe('noindex');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/u);
    expect(text).toContain(`<link rel="stylesheet" href="${service.url}/linkbacks.css">`);
    expect(text).toContain('<meta name="robots" content="noindex">');
    expect(text).not.toMatch(/<script|<style| style=/u);
    expect(text).toMatch(/<title>Linkbacks<\/title>[\s\S]*<h1>Linkbacks<\/h1>/u);
  });

  it('leads on to the rest', async () => {
    await announce('/page-2', target);
    const text = await (await get('/linkbacks', { target, limit: '1' })).text();
    const next = /<a rel="next" href="([^"]+)">/u.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const url = new URL(next);
    expect(`${url.origin}${url.pathname}`).toBe(`${service.url}/linkbacks`);
    const rest = await (await service.get(`/linkbacks${url.search}`)).text();
    expect(rest).toContain(web.url('/page-2'));
    expect(rest).not.toContain('rel="next"');
  });

  it('says so when there is nothing yet', async () => {
    const text = await (await get('/linkbacks', { target: 'https://blog.example/none-yet' })).text();
    expect(text).toContain('No linkbacks yet');
    expect(text).toContain('<a href="https://blog.example/none-yet">');
    expect(text).not.toContain('<ol');
  });

  it('does not link to an address that is none of ours', async () => {
    const text = await (await get('/linkbacks', { target: 'https://elsewhere.example/"><a' })).text();
    expect(text).toContain('https://elsewhere.example/&quot;&gt;');
    expect(text).not.toContain('<a ');
  });
});

describe('a service below a path of its public address', () => {
  it('is reached there, and names its own addresses below it', async () => {
    const port = await freePort();
    const base = `http://127.0.0.1:${port}/at`;
    const own = await startService({
      env: { SITES: 'blog=https://blog.example/', POLICY: 'approve-all', PORT: String(port), BASE_URL: base },
    });
    try {
      expect(own.url).toBe(base);
      const target = 'https://blog.example/below';
      for (const path of ['/below-1', '/below-2']) {
        web.page(path, linkingPage(target));
        const answer = await own.ping(web.url(path), target, '/blog/xmlrpc');
        const status = / Its status: (\S+)$/u.exec(answer)?.[1] ?? '';
        expect(status.startsWith(`${base}/status/`)).toBe(true);
        expect(await (await fetch(status)).json()).toMatchObject({ status: 'verified' });
      }
      const first = await own.get(`/api/linkbacks?${query({ target, limit: '1' })}`);
      const next = /^<([^>]+)>; rel="next"$/u.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      expect(next.startsWith(`${base}/api/linkbacks?`)).toBe(true);
      expect(await (await fetch(next)).text()).toContain(web.url('/below-2'));
      const page = await (await own.get(`/linkbacks?${query({ target })}`)).text();
      const style = /<link rel="stylesheet" href="([^"]+)">/u.exec(page)?.[1] ?? '';
      expect(style).toBe(`${base}/linkbacks.css`);
      expect((await fetch(style)).headers.get('content-type')).toBe('text/css; charset=utf-8');
      // A proxy may also take the path away before it passes the request on.
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const nobody = await startWeb();
  await nobody.close();
  return Number(new URL(nobody.url('/')).port);
}
