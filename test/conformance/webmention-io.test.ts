import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownerOf, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

// Spec: https://webmention.io/api, as its widgets and plugins use it.

const feedToken = 'a-token-for-feeds-only';

let web: Web;
let service: Service;
let owner: Owner;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({
    env: {
      SITES: `blog=https://blog.example/|https://www.blog.example/,notes=https://notes.example/,here=http://${web.host}/ours/`,
      POLICY: 'hold-all',
      FEED_TOKEN: feedToken,
    },
  });
  owner = ownerOf(service);
});

afterAll(async () => {
  await service.close();
  await web.close();
});

type Entry = { readonly 'wm-id': number; readonly 'wm-source': string; readonly 'wm-received': string };
type Feed = {
  readonly type: string;
  readonly name: string;
  readonly children: readonly Entry[];
  readonly paging: Readonly<Record<string, number>>;
};

type Parameters = readonly (readonly [string, string])[];

function get(path: string, parameters: Parameters, headers: Record<string, string> = {}): Promise<Response> {
  const query = new URLSearchParams();
  for (const [name, value] of parameters) query.append(name, value);
  return service.get(`${path}?${query.toString()}`, headers);
}

async function json(
  path: string,
  parameters: Parameters,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await get(path, parameters, headers);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return response.json();
}

const feed = async (...parameters: Parameters): Promise<Feed> =>
  (await json('/api/mentions.jf2', parameters)) as Feed;

/** The last segments of the sources' addresses, in the order of the feed. */
const names = ({ children }: Pick<Feed, 'children'>): string[] =>
  children.map((each) => each['wm-source'].split('/').at(-1) ?? '');

let pages = 0;

/** Makes a target of its own, so that tests do not see one another's linkbacks. */
function newTarget(host = 'blog.example'): string {
  pages += 1;
  return `https://${host}/post-${pages}`;
}

const pageOf = (target: string, properties = '', published = '2026-03-02T09:00:00Z'): string =>
  `<!doctype html><meta charset="utf-8"><title>A page</title><div class="h-entry"><a class="p-author h-card" href="https://jane.example/">Jane</a>
  <time class="dt-published" datetime="${published}">then</time>
  <p>Some words before <a class="${properties}" href="${target}">the link</a> and some words after.</p></div>`;

/** A page of a stranger that links to ours, announced and verified; gives its linkback's id. */
async function verify(name: string, target: string, page = pageOf(target)): Promise<string> {
  const path = `/${new URL(target).host}${new URL(target).pathname}/${name}`;
  web.page(path, page);
  expect(await service.ping(web.url(path), target)).toMatch(/^The pingback is verified/u);
  return (await owner.find(web.url(path))).id;
}

async function publish(name: string, target: string, page?: string): Promise<string> {
  const id = await verify(name, target, page);
  await owner.decide(id, 'approved');
  return id;
}

/** Lets the clock go on by a millisecond at least, and gives the time. */
async function later(): Promise<string> {
  const now = Date.now();
  return waitUntil(() => (Date.now() > now ? new Date().toISOString() : undefined));
}

describe('mentions.jf2', () => {
  it('is a feed of what is verified and approved, the newest first', async () => {
    const target = newTarget();
    await publish('one', target);
    await verify('held', target);
    await owner.decide(await verify('spam', target), 'spam');
    await publish('two', target);
    const { children, ...rest } = await feed(['target', target]);
    expect(rest).toEqual({
      type: 'feed',
      name: 'Webmentions',
      paging: { 'per-page': 20, page: 0, total: 2, 'total-pages': 1 },
    });
    expect(names({ children })).toEqual(['two', 'one']);
    const [two, one] = children;
    expect(Number.isInteger(two?.['wm-id'])).toBe(true);
    expect(two?.['wm-id']).toBe((one?.['wm-id'] ?? 0) + 1);
    expect(two).toEqual({
      type: 'entry',
      author: { type: 'card', name: 'Jane', photo: '', url: 'https://jane.example/' },
      url: two?.['wm-source'],
      published: '2026-03-02T09:00:00+00:00',
      published_ts: 1772442000,
      'wm-received': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u) as unknown,
      'wm-id': two?.['wm-id'],
      'wm-source': two?.['wm-source'],
      'wm-target': target,
      'wm-protocol': 'pingback',
      name: 'A page',
      content: {
        html: expect.stringContaining(`<a href="${target}">the link</a>`) as unknown,
        text: expect.stringContaining('the link') as unknown,
      },
      'mention-of': target,
      'wm-property': 'mention-of',
      'wm-private': false,
    });
  });

  it('is empty for a page that nobody links to, that is not ours, and that is no address', async () => {
    for (const target of [newTarget(), 'https://elsewhere.example/', 'no address', '//', 'x'.repeat(5000)]) {
      expect(await feed(['target', target])).toEqual({
        type: 'feed',
        name: 'Webmentions',
        children: [],
        paging: { 'per-page': 20, page: 0, total: 0, 'total-pages': 0 },
      });
    }
  });

  it('takes any spelling of the page', async () => {
    const target = newTarget();
    await publish('one', target);
    const { host, pathname } = new URL(target);
    const spellings = [
      `http://${host}${pathname}`,
      `//${host}${pathname}`,
      `https://www.${host}${pathname}/`,
      `${target}#`,
    ];
    for (const spelling of spellings) expect(names(await feed(['target', spelling]))).toEqual(['one']);
  });

  it('takes the address from which a page has moved', async () => {
    web.page('/ours/old', { status: 301, headers: { location: '/ours/new' }, body: '' });
    web.page('/ours/new', '<title>Ours</title>');
    await publish('one', web.url('/ours/old'));
    for (const path of ['/ours/new', '/ours/old']) {
      const { children } = await feed(['target', web.url(path)]);
      expect(children).toMatchObject([{ 'wm-target': web.url('/ours/new') }]);
      expect(await json('/api/count', [['target', web.url(path)]])).toMatchObject({ count: 1 });
    }
  });

  it('takes several targets in every spelling of lists, up to 50', async () => {
    const [one, two] = [newTarget(), newTarget()];
    await publish('one', one);
    await publish('two', two);
    const lists: Parameters[] = [
      [
        ['target[]', one],
        ['target[]', two],
      ],
      [
        ['target[0]', one],
        ['target[1]', two],
      ],
      [
        ['target', one],
        ['target', two],
      ],
      [
        ['target', one],
        ['target[]', two],
      ],
    ];
    for (const list of lists) expect(names(await feed(...list))).toEqual(['two', 'one']);
    expect(names(await feed(['target[]', two]))).toEqual(['two']);
    const many = (count: number): Parameters =>
      Array.from({ length: count }, () => ['target[]', 'https://n.example/']);
    expect(names(await feed(...many(49), ['target[]', one]))).toEqual(['one']);
    expect(names(await feed(...many(50), ['target[]', one]))).toEqual([]);
  });

  it('tells what was said of a part of a page, when asked for that part', async () => {
    const target = newTarget();
    await publish('whole', target);
    await publish('part', `${target}#part`, pageOf(`${target}#part`));
    expect(names(await feed(['target', target]))).toEqual(['part', 'whole']);
    const { children } = await feed(['target', `${target}#part`]);
    expect(children).toMatchObject([{ 'wm-target': target, 'wm-fragment': 'part' }]);
  });

  it('comes in pages that count from 0, of 20 by default and 1000 at most', async () => {
    const target = newTarget();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await publish(name, target);
    const page = async (...parameters: Parameters) => {
      const found = await feed(['target', target], ['sort-dir', 'up'], ...parameters);
      return [names(found).join(''), found.paging] as const;
    };
    const of = (perPage: number, at: number, pageCount: number) => ({
      'per-page': perPage,
      page: at,
      total: 5,
      'total-pages': pageCount,
    });
    expect(await page(['per-page', '2'])).toEqual(['ab', of(2, 0, 3)]);
    expect(await page(['per-page', '2'], ['page', '1'])).toEqual(['cd', of(2, 1, 3)]);
    expect(await page(['perPage', '2'], ['page', '2'])).toEqual(['e', of(2, 2, 3)]);
    expect(await page(['per-page', '2'], ['page', '3'])).toEqual(['', of(2, 3, 3)]);
    expect(await page(['per-page', '0'])).toEqual(['', of(0, 0, 0)]);
    expect(await page(['per-page', '-1'], ['page', '-1'])).toEqual(['', of(0, 0, 0)]);
    expect(await page(['per-page', '100000000'])).toEqual(['abcde', of(1000, 0, 1)]);
    expect(await page(['per-page', ''], ['page', 'null'])).toEqual(['abcde', of(20, 0, 1)]);
    const far = '9'.repeat(30);
    expect((await page(['per-page', far], ['page', far]))[0]).toBe('');
  });

  it('gives a mention that is approved late a greater id, so that since_id misses none', async () => {
    const target = newTarget();
    const late = await verify('late', target);
    await publish('first', target);
    const [first] = (await feed(['target', target])).children;
    const seen = String(first?.['wm-id']);
    expect((await feed(['target', target], ['since_id', seen])).children).toEqual([]);
    await owner.decide(late, 'approved');
    expect(names(await feed(['target', target], ['since_id', seen]))).toEqual(['late']);
    expect(names(await feed(['target', target]))).toEqual(['late', 'first']);
    for (const moderation of ['spam', 'approved']) await owner.decide(late, moderation);
    expect(names(await feed(['target', target], ['since_id', seen]))).toEqual(['late']);
    expect(names(await feed(['target', target], ['since_id', 'null']))).toEqual(['late', 'first']);
    expect(names(await feed(['target', target], ['since_id', '9'.repeat(30)]))).toEqual([]);
  });

  it('counts since from when a mention became public, so that it misses none that is approved late', async () => {
    const target = newTarget();
    const late = await verify('late', target);
    await publish('first', target);
    const instant = await later();
    await owner.decide(late, 'approved');
    expect(names(await feed(['target', target], ['since', instant]))).toEqual(['late']);
    expect(names(await feed(['target', target], ['since', await later()]))).toEqual([]);
    const [{ 'wm-received': received } = { 'wm-received': '' }] = (await feed(['target', target])).children;
    expect(names(await feed(['target', target], ['since', received]))).toContain('late');
    expect(names(await feed(['target', target], ['since', '2000-01-01T00:00:00-0700']))).toHaveLength(2);
    expect(names(await feed(['target', target], ['since', 'null']))).toHaveLength(2);
  });

  it('sorts by time of reception, change or publication, and by answer, either way', async () => {
    const target = newTarget();
    const rsvp = (answer: string) =>
      pageOf(target, 'u-in-reply-to').replace(
        '<p>',
        `<p><data class="p-rsvp" value="${answer}">${answer}</data> `,
      );
    const page = pageOf(target, '', '2020-01-01T00:00:00Z');
    const a = await publish('a', target, rsvp('yes'));
    await publish('b', target, page);
    await publish('c', target, rsvp('no').replace('2026-03-02', '2021-01-01'));
    const sorted = async (by: string, direction?: string): Promise<string> =>
      names(
        await feed(
          ['target', target],
          ['sort-by', by],
          ...(direction === undefined ? [] : [['sort-dir', direction] as const]),
        ),
      ).join('');
    expect(await sorted('created')).toBe('cba');
    expect(await sorted('created', 'down')).toBe('cba');
    expect(await sorted('created', 'up')).toBe('abc');
    expect(await sorted('nonsense')).toBe('cba');
    expect(await sorted('published', 'up')).toBe('bca');
    expect(await sorted('published', 'down')).toBe('acb');
    expect(await sorted('rsvp', 'up')).toBe('bca');
    expect(await sorted('rsvp', 'down')).toBe('acb');
    await later();
    for (const moderation of ['pending', 'approved']) await owner.decide(a, moderation);
    expect(await sorted('updated', 'up')).toBe('bca');
    expect(await sorted('updated', 'down')).toBe('acb');
  });

  it('can be asked for by property, by several, and by the names of types', async () => {
    const target = newTarget();
    const kinds = {
      reply: 'u-in-reply-to',
      like: 'u-like-of',
      repost: 'u-repost-of',
      bookmark: 'u-bookmark-of',
    };
    for (const [name, property] of Object.entries(kinds))
      await publish(name, target, pageOf(target, property));
    await publish('mention', target);
    const rsvp = pageOf(target, 'u-in-reply-to').replace(
      '<p>',
      '<p><data class="p-rsvp" value="maybe">?</data> ',
    );
    await publish('rsvp', target, rsvp);
    const found = async (...parameters: Parameters): Promise<string[]> =>
      names(await feed(['target', target], ['sort-dir', 'up'], ...parameters));
    expect(await found(['wm-property', 'in-reply-to'])).toEqual(['reply']);
    expect(await found(['wm-property', 'like-of'])).toEqual(['like']);
    expect(await found(['wm-property', 'mention-of'])).toEqual(['mention']);
    expect(await found(['wm-property[]', 'repost-of'], ['wm-property[]', 'bookmark-of'])).toEqual([
      'repost',
      'bookmark',
    ]);
    expect(await found(['wm-property', 'rsvp'])).toEqual(['rsvp']);
    expect(await found(['wm-property[]', 'reply'], ['wm-property[]', 'like'])).toEqual(['reply', 'like']);
    expect(await found(['property', 'like-of'])).toEqual(['like']);
    expect(await found(['wm-property', 'follow-of'])).toEqual([]);
    const { children } = await feed(['target', target], ['wm-property', 'rsvp']);
    expect(children).toMatchObject([{ rsvp: 'maybe', 'in-reply-to': target, 'wm-property': 'rsvp' }]);
    expect(await json('/api/count', [['target', target]])).toEqual({
      count: 6,
      type: { bookmark: 1, like: 1, mention: 1, reply: 1, repost: 1, 'rsvp-maybe': 1 },
    });
  });

  it('names the dialect, TrackBack as well', async () => {
    const target = newTarget();
    const source = web.url('/trackback/entry');
    web.page('/trackback/entry', pageOf(target));
    const body = new URLSearchParams({ url: source, title: 'An entry' });
    const answer = await fetch(`${service.url}/trackback/blog${new URL(target).pathname}`, {
      method: 'POST',
      body,
    });
    expect(await answer.text()).toContain('<error>0</error>');
    await waitUntil(async () => (await owner.find(source)).verification === 'verified');
    await owner.decide((await owner.find(source)).id, 'approved');
    expect((await feed(['target', target])).children).toMatchObject([{ 'wm-protocol': 'trackback' }]);
  });
});

describe('mentions.json', () => {
  it('is the older form of the same list, under its older names, too', async () => {
    const target = newTarget();
    await publish('one', target);
    await publish('two', target);
    const older = await json('/api/mentions.json', [
      ['target', target],
      ['per-page', '1'],
    ]);
    expect(older).toMatchObject({
      links: [
        {
          source: web.url(`/blog.example${new URL(target).pathname}/two`),
          verified: true,
          private: false,
          data: { author: { name: 'Jane', url: 'https://jane.example/', photo: null }, name: 'A page' },
          activity: { type: 'link' },
          target,
        },
      ],
      paging: { 'per-page': 1, page: 0, total: 2, 'total-pages': 2 },
    });
    for (const path of ['/api/mentions', '/api/links', '/api/links.json'])
      expect(
        await json(path, [
          ['target', target],
          ['per-page', '1'],
        ]),
      ).toEqual(older);
    const newer = await feed(['target', target]);
    expect(await json('/api/links.jf2', [['target', target]])).toEqual(newer);
    expect((older as { links: { id: number }[] }).links[0]?.id).toBe(newer.children[0]?.['wm-id']);
  });
});

describe('count', () => {
  it('counts pages together, and is 0 where nothing is', async () => {
    const [one, two] = [newTarget(), newTarget()];
    await publish('a', one);
    await publish('b', two, pageOf(two, 'u-like-of'));
    await verify('held', two);
    const both: Parameters = [
      ['target[]', one],
      ['target[]', two],
    ];
    expect(await json('/api/count', both)).toEqual({ count: 2, type: { like: 1, mention: 1 } });
    expect(await json('/api/count.json', [['target', newTarget()]])).toEqual({ count: 0, type: {} });
    expect(await json('/api/count', [['target', 'https://elsewhere.example/']])).toEqual({
      count: 0,
      type: {},
    });
  });

  it('wants a target', async () => {
    const response = await get('/api/count', []);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: 'invalid_input',
      error_description: 'A target URI is required',
    });
  });
});

describe('a whole site', () => {
  it('is read with a token in the header, or the feed token in the URL, and kept by no shared cache', async () => {
    await publish('on-notes', newTarget('notes.example'));
    const wanted: Parameters = [['domain', 'notes.example']];
    const tries: Promise<Response>[] = [
      get('/api/mentions.jf2', wanted, { authorization: `Bearer ${service.token}` }),
      get('/api/mentions.jf2', wanted, { authorization: `Bearer ${feedToken}` }),
      get('/api/mentions.jf2', [...wanted, ['token', feedToken]]),
      get('/api/mentions.jf2', [...wanted, ['access_token', feedToken]]),
    ];
    for (const response of await Promise.all(tries)) {
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('private, no-cache');
      expect(names((await response.json()) as Feed)).toEqual(['on-notes']);
    }
    const { stdout, stderr } = service.output();
    expect(stdout + stderr).not.toContain(feedToken);
  });

  it('is not read without a token, nor with a wrong one, nor with the owner’s in the URL', async () => {
    const wanted: Parameters = [['domain', 'notes.example']];
    const none = await get('/api/mentions.jf2', wanted);
    expect(none.status).toBe(400);
    expect(await none.json()).toMatchObject({
      error: 'invalid_input',
      error_description: 'Either a token or a target URL is required',
    });
    const refused = await Promise.all([
      get('/api/mentions.jf2', wanted, { authorization: 'Bearer wrong' }),
      get('/api/mentions.json', [...wanted, ['token', 'wrong']]),
      get('/api/mentions.jf2', [...wanted, ['token', '']]),
      get('/api/mentions.jf2', [...wanted, ['token', service.token]]),
      get('/api/deleted.jf2', [...wanted, ['access_token', service.token]]),
    ]);
    for (const response of refused) {
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="linkbackd"');
      expect(await response.json()).toMatchObject({
        error: 'forbidden',
        error_description: expect.stringContaining('Access token was not valid') as unknown,
      });
    }
  });

  it('gives the feed token nothing else', async () => {
    const headers = { authorization: `Bearer ${feedToken}` };
    expect((await service.get('/api/moderation/linkbacks', headers)).status).toBe(401);
    expect((await service.get(`/api/moderation/linkbacks?token=${service.token}`)).status).toBe(401);
  });

  it('is every site without a domain, and none for a domain that is not ours', async () => {
    const headers = { authorization: `Bearer ${service.token}` };
    await publish('on-notes', newTarget('notes.example'));
    const all = (await json('/api/mentions.jf2', [['per-page', '1000']], headers)) as Feed;
    const of = async (domain: string): Promise<Feed> =>
      (await json(
        '/api/mentions.jf2',
        [
          ['per-page', '1000'],
          ['domain', domain],
        ],
        headers,
      )) as Feed;
    const each = [await of('www.blog.example'), await of('notes.example'), await of(web.host)];
    expect(names(each[1] ?? all)).toContain('on-notes');
    expect(all.children).toHaveLength(each.flatMap(({ children }) => children).length);
    expect((await of('elsewhere.example')).children).toEqual([]);
    expect((await of('')).children).toEqual([]);
  });

  it('does not matter to a page, which everybody may read', async () => {
    const target = newTarget();
    await publish('one', target);
    expect(names(await feed(['target', target], ['token', 'wrong'], ['domain', 'notes.example']))).toEqual([
      'one',
    ]);
  });

  it('takes no token in a URL as long as there is no feed token', async () => {
    const plain = await startService({ env: { SITES: 'https://blog.example/' } });
    try {
      for (const token of [plain.token, feedToken, '']) {
        const response = await plain.get(`/api/mentions.jf2?${new URLSearchParams({ token }).toString()}`);
        expect(response.status).toBe(401);
      }
    } finally {
      await plain.close();
    }
  });
});

describe('deleted.jf2', () => {
  type Deleted = Readonly<Record<'wm-id' | 'wm-source' | 'wm-target' | 'wm-deleted', unknown>>;
  const deleted = async (...parameters: Parameters): Promise<readonly Deleted[]> => {
    const found = (await json('/api/deleted.jf2', parameters)) as {
      type: string;
      name: string;
      children: Deleted[];
    };
    expect(found).toMatchObject({ type: 'feed', name: 'Deleted webmentions' });
    return found.children;
  };

  it('lists what was public and was rejected, is gone, or was erased, the latest first', async () => {
    const target = newTarget();
    const ids = [
      await publish('rejected', target),
      await publish('gone', target),
      await publish('erased', target),
    ];
    await owner.decide(await verify('never', target), 'spam');
    expect(await deleted(['target', target])).toEqual([]);
    const { children } = await feed(['target', target], ['sort-dir', 'up']);
    const [rejected, gone, erased] = children;
    await owner.decide(ids[0] ?? '', 'rejected');
    await later();
    web.page(new URL(gone?.['wm-source'] ?? '').pathname, { status: 410, body: 'Gone' });
    await service.api('POST', `/api/moderation/linkbacks/${ids[1] ?? ''}/verify`);
    await waitUntil(async () => (await owner.detail(ids[1] ?? '')).verification === 'gone');
    await later();
    await service.api('DELETE', `/api/moderation/linkbacks/${ids[2] ?? ''}`);
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u) as unknown;
    const of = (entry: Entry | undefined, source = entry?.['wm-source'] ?? null) => ({
      'wm-id': entry?.['wm-id'],
      'wm-source': source,
      'wm-target': target,
      'wm-deleted': at,
    });
    const listed = await deleted(['target', target]);
    expect(listed).toEqual([{ ...of(erased), 'wm-source': null }, of(gone), of(rejected)]);
    expect((await feed(['target', target])).children).toEqual([]);
    expect(await deleted(['target', target], ['per-page', '1'], ['page', '1'])).toEqual([of(gone)]);
    expect(await deleted(['target', target], ['since_id', String(gone?.['wm-id'])])).toHaveLength(1);
    expect(await deleted(['target', target], ['since', '2000-01-01'])).toHaveLength(3);
    expect(await deleted(['target', target], ['since', await later()])).toEqual([]);
    await owner.decide(ids[0] ?? '', 'approved');
    expect(await deleted(['target', target])).toHaveLength(2);
    expect((await feed(['target', target])).children.map((each) => each['wm-id'])).toEqual([
      rejected?.['wm-id'],
    ]);
  });

  it('lists a whole site for whoever holds a token', async () => {
    const target = newTarget('notes.example');
    await owner.decide(await publish('one', target), 'spam');
    const found = await deleted(['domain', 'notes.example'], ['token', feedToken]);
    expect(found[0]).toMatchObject({ 'wm-target': target });
    expect(await deleted(['domain', 'elsewhere.example'], ['token', feedToken])).toEqual([]);
    expect((await get('/api/deleted.jf2', [])).status).toBe(400);
  });
});

describe('the sample data', () => {
  it('has every property, dialect and answer, without a site or a mention', async () => {
    const samples = (await json('/api/example/mentions.jf2', [])) as { children: Record<string, unknown>[] };
    const values = (field: string): unknown[] =>
      [
        ...new Set(samples.children.map((each) => each[field]).filter((each) => each !== undefined)),
      ].toSorted();
    expect(values('wm-property')).toEqual([
      'bookmark-of',
      'in-reply-to',
      'like-of',
      'mention-of',
      'repost-of',
      'rsvp',
    ]);
    expect(values('wm-protocol')).toEqual(['pingback', 'trackback', 'webmention']);
    expect(values('rsvp')).toEqual(['interested', 'maybe', 'no', 'yes']);
    expect(new Set(values('wm-id')).size).toBe(samples.children.length);
  });

  it('takes the parameters of the feed, and counts itself', async () => {
    const target = 'https://somewhere.example/else';
    const found = (await json('/api/example/mentions.jf2', [
      ['target', target],
      ['wm-property[]', 'like-of'],
      ['wm-property[]', 'in-reply-to'],
      ['sort-dir', 'up'],
      ['per-page', '1'],
      ['page', '1'],
    ])) as Feed;
    expect(found).toMatchObject({
      children: [{ 'wm-property': 'like-of', 'wm-target': target }],
      paging: { 'per-page': 1, page: 1, total: 2, 'total-pages': 2 },
    });
    expect(await json('/api/example/count', [])).toMatchObject({ count: 13, type: { like: 1, mention: 5 } });
  });
});

describe('every answer', () => {
  it('may be read from any origin, and is not sent twice to whom has it', async () => {
    const target = newTarget();
    await publish('one', target);
    for (const path of ['/api/mentions.jf2', '/api/mentions.json', '/api/count', '/api/deleted.jf2']) {
      const first = await get(path, [['target', target]], { origin: 'https://blog.example' });
      expect(first.headers.get('access-control-allow-origin')).toBe('*');
      expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(first.headers.get('cache-control')).toBe('public, max-age=60, stale-while-revalidate=600');
      const etag = first.headers.get('etag') ?? '';
      const again = await get(path, [['target', target]], { 'if-none-match': etag });
      expect(again.status).toBe(304);
      expect(await again.text()).toBe('');
    }
    const etag = (await get('/api/mentions.jf2', [['target', target]])).headers.get('etag') ?? '';
    await publish('two', target);
    expect((await get('/api/mentions.jf2', [['target', target]], { 'if-none-match': etag })).status).toBe(
      200,
    );
  });

  it('is safe inside a script element', async () => {
    const target = newTarget();
    await publish('one', target, pageOf(target).replace('A page', '&lt;/script&gt;&lt;script&gt;alert(1)'));
    const text = await (await get('/api/mentions.jf2', [['target', target]])).text();
    expect(text).not.toMatch(/[<>&]/u);
    expect(JSON.parse(text)).toMatchObject({ children: [{ name: '</script><script>alert(1)' }] });
  });
});
