import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, ask, bearer, makeToken, tell, type Credential } from '../support/credentials.ts';
import { sendWebmention } from '../support/announce.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import type { Moderated, ModeratedDetail, ModeratedList } from '../support/owner.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const linkbacks = '/api/moderation/linkbacks';
const decisions = '/api/moderation/decisions';
const rules = '/api/moderation/rules';

let web: Web;
/** The same machine by another address: another host to the service. */
let elsewhere: Web;
let here: Here;

/** What is sent is judged by nothing but what a test says. */
const calm = { HOLD_AT_SCORE: '1000', SPAM_AT_SCORE: '1000' };

beforeAll(async () => {
  [web, elsewhere] = await Promise.all([startWeb(), startWeb({ address: '127.0.0.2' })]);
  for (const page of ['/blog/one', '/shop/one']) web.page(page, 'Ours');
  here = await startHere({ SITES: sites(), POLICY: 'hold-all', ...calm });
});

afterAll(async () => {
  await here.close();
  await Promise.all([web.close(), elsewhere.close()]);
});

const sites = (): string => `blog=http://${web.host}/blog/,shop=http://${web.host}/shop/`;

type Json = Record<string, unknown> & { readonly id: string };

const get = <Answer = Json>(path: string, who: Credential = admin): Promise<Answer> =>
  tell(here, who, 'GET', path);
const post = <Answer = Json>(path: string, body?: unknown, who: Credential = admin): Promise<Answer> =>
  tell(here, who, 'POST', path, body);
const patch = <Answer = Json>(path: string, body: unknown, who: Credential = admin): Promise<Answer> =>
  tell(here, who, 'PATCH', path, body);
const remove = (path: string, who: Credential = admin): Promise<undefined> => tell(here, who, 'DELETE', path);

async function refused(
  status: number,
  method: string,
  path: string,
  body?: unknown,
  who: Credential = admin,
): Promise<string> {
  const response = await ask(here, who, method, path, body);
  const problem = (await response.json()) as { readonly detail: string };
  expect([response.status, response.headers.get('content-type')]).toEqual([
    status,
    'application/problem+json; charset=utf-8',
  ]);
  return problem.detail;
}

const list = (query: Record<string, string> = {}, who: Credential = admin): Promise<ModeratedList> =>
  get(`${linkbacks}?${new URLSearchParams(query).toString()}`, who);

/** A linkback from a page of its own, once it has been looked at. */
async function announce(path: string, to = '/blog/one', from = web): Promise<Moderated> {
  from.page(path, linkingPage(web.url(to), `Title of ${path}`));
  expect((await sendWebmention(here, from.url(path), web.url(to))).status).toBe(201);
  return waitUntil(async () => {
    const { items } = await list({ q: from.url(path) });
    return items.find((each) => each.source.url === from.url(path) && each.verification !== 'unverified');
  });
}

const stateOf = async (id: string): Promise<string> =>
  (await get<ModeratedDetail>(`${linkbacks}/${id}`)).moderation;

describe('a decision on one', () => {
  it('can be taken back, and says by what', async () => {
    const { id } = await announce('/one/undo');
    const decided = await patch(`${linkbacks}/${id}`, { moderation: 'approved', note: 'Good' });
    expect(decided).toMatchObject({ id, moderation: 'approved', public: true, decision: expect.any(String) });
    expect(await post(`${decisions}/${String(decided['decision'])}/undo`)).toEqual({ count: 1, kept: 0 });
    expect(await stateOf(id)).toBe('pending');
    expect(await refused(409, 'POST', `${decisions}/${String(decided['decision'])}/undo`)).toContain(
      'taken back already',
    );
    expect(await refused(404, 'POST', `${decisions}/nothing/undo`)).toBe(
      'There is no decision of this id here.',
    );
  });

  it('that moves nothing is none', async () => {
    const { id } = await announce('/one/same');
    expect(await patch(`${linkbacks}/${id}`, { moderation: 'pending' })).toMatchObject({
      id,
      decision: null,
    });
  });
});

describe('a decision on many', () => {
  it('moves what it names by id, each with an event, and takes all of it back', async () => {
    const ids = [await announce('/many/1'), await announce('/many/2'), await announce('/many/3')].map(
      ({ id }) => id,
    );
    const made = await post(decisions, { ids: [...ids, 'nobody'], moderation: 'spam', note: 'All alike' });
    expect(made).toEqual({ id: expect.any(String), count: 3 });
    const detail = await get<ModeratedDetail>(`${linkbacks}/${ids[0] ?? ''}`);
    expect(detail.events.at(-1)).toMatchObject({
      by: { kind: 'person', name: 'admin' },
      why: 'All alike',
      to: 'spam',
    });
    await patch(`${linkbacks}/${ids[1] ?? ''}`, { moderation: 'approved' });
    await remove(`${linkbacks}/${ids[2] ?? ''}`);
    const undone = await post<{ count: number; kept: number }>(`${decisions}/${made.id}/undo`);
    expect(undone).toMatchObject({ count: 1 });
    expect(await stateOf(ids[0] ?? '')).toBe('pending');
    expect(await stateOf(ids[1] ?? '')).toBe('approved');
  });

  it('moves what a filter lets through, and nothing else', async () => {
    const [one, other] = [
      await announce('/filter/1', '/shop/one'),
      await announce('/filter/2', '/shop/one', elsewhere),
    ];
    const made = await post(decisions, {
      filter: { site: 'shop', host: '127.0.0.2' },
      moderation: 'rejected',
    });
    expect(made).toMatchObject({ count: 1 });
    expect([await stateOf(one.id), await stateOf(other.id)]).toEqual(['pending', 'rejected']);
    expect(
      await post(decisions, { filter: { site: 'shop', host: '127.0.0.2' }, moderation: 'rejected' }),
    ).toEqual({
      id: null,
      count: 0,
    });
  });

  it.each<[string, unknown]>([
    ['neither', { moderation: 'spam' }],
    ['both', { ids: ['x'], filter: {}, moderation: 'spam' }],
    ['no ids', { ids: [], moderation: 'spam' }],
    ['too many ids', { ids: Array<string>(1001).fill('x'), moderation: 'spam' }],
    ['an unknown filter', { filter: { moderaton: 'spam' }, moderation: 'spam' }],
    ['the order of a list', { filter: { order: 'newest' }, moderation: 'spam' }],
    ['no state', { ids: ['x'] }],
  ])('is refused with %s', async (_what, body) => {
    const before = await list();
    expect(await refused(400, 'POST', decisions, body)).toMatch(/\S/u);
    expect((await list()).counts).toEqual(before.counts);
  });
});

describe('one linkback', () => {
  it('is shown with its signals, and with what else came from its host', async () => {
    const [first, second] = [await announce('/host/1', '/shop/one'), await announce('/host/2', '/shop/one')];
    const detail = await get<Record<string, unknown> & { others: { count: number; items: Moderated[] } }>(
      `${linkbacks}/${second.id}`,
    );
    expect(detail).toMatchObject({ signals: expect.any(Array), score: expect.any(Number) });
    expect(detail.others.items.map(({ id }) => id)).toContain(first.id);
    expect(detail.others.items.map(({ site }) => site)).toEqual(detail.others.items.map(() => 'shop'));
    expect(detail.others.count).toBe(detail.others.items.length);
  });

  it('is JSON that is safe in a script element, as all of it is', async () => {
    web.page(
      '/script',
      linkingPage(web.url('/blog/one'), '&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;'),
    );
    await sendWebmention(here, web.url('/script'), web.url('/blog/one'));
    const text = await waitUntil(async () => {
      const response = await ask(here, admin, 'GET', `${linkbacks}?q=alert`);
      const body = await response.text();
      return body.includes('alert(1)') && body;
    });
    expect(text).not.toContain('<');
    expect(text).toContain('\\u003c/script\\u003e');
  });

  it('is found among those that need a look', async () => {
    web.page('/attention', { status: 500, body: 'Trouble' });
    await sendWebmention(here, web.url('/attention'), web.url('/blog/one'));
    const failed = await waitUntil(async () => {
      const { items } = await list({ attention: 'failed' });
      return items.find(({ source }) => source.url === web.url('/attention'));
    });
    const { attempts } = await get<ModeratedDetail>(`${linkbacks}/${failed.id}`);
    expect(attempts).toMatchObject([{ detail: 'HTTP status 500' }]);
    expect((await list({ attention: 'gone' })).items).toEqual([]);
  });
});

describe('rules', () => {
  it('are made, listed, changed and deleted, and hold at once', async () => {
    const made = await post(rules, { action: 'reject', sourceHost: 'www.Spam.example', note: 'Sells shoes' });
    expect(made).toEqual({
      id: expect.any(String),
      site: null,
      action: 'reject',
      sourceHost: 'spam.example',
      sourcePrefix: null,
      author: null,
      targetPath: null,
      dialect: null,
      note: 'Sells shoes',
      createdBy: 'admin',
      createdAt: expect.any(String),
    });
    expect(await get(rules)).toEqual({ items: [made], next: null });
    const changed = await patch(`${rules}/${made.id}`, {
      sourceHost: '127.0.0.2',
      site: 'blog',
      action: 'block',
    });
    expect(changed).toEqual({ ...made, sourceHost: '127.0.0.2', site: 'blog', action: 'block' });
    elsewhere.page('/blocked', linkingPage(web.url('/blog/one')));
    expect((await sendWebmention(here, elsewhere.url('/blocked'), web.url('/blog/one'))).status).toBe(403);
    await remove(`${rules}/${made.id}`);
    expect((await sendWebmention(here, elsewhere.url('/blocked'), web.url('/blog/one'))).status).toBe(201);
    expect(await refused(404, 'DELETE', `${rules}/${made.id}`)).toBe('There is no rule of this id here.');
  });

  it('decide on what comes, with an event that names the rule', async () => {
    const rule = await post(rules, { action: 'approve', sourcePrefix: web.url('/ruled/') });
    const { id } = await announce('/ruled/1');
    const detail = await get<ModeratedDetail>(`${linkbacks}/${id}`);
    expect(detail.moderation).toBe('approved');
    expect(detail.events.at(-1)).toMatchObject({ by: { kind: 'rule', name: rule.id }, to: 'approved' });
    await remove(`${rules}/${rule.id}`);
  });

  it.each<[string, unknown, string]>([
    ['no criterion', { action: 'hold' }, 'A rule names at least one thing'],
    ['empty criteria', { action: 'hold', sourceHost: null, author: null }, 'A rule names at least one thing'],
    ['a host that is none', { action: 'hold', sourceHost: 'a b' }, '"a b" is no host name'],
    ['a path that is none', { action: 'hold', targetPath: 'about' }, '"about" is no path'],
    ['a prefix that is none', { action: 'hold', sourcePrefix: 'a b' }, '"a b" is no start of an address'],
    [
      'blocking by author',
      { action: 'block', author: 'Jane' },
      'Who wrote a page is not known before it is read',
    ],
    [
      'a site that there is not',
      { action: 'hold', author: 'Jane', site: 'nobody' },
      'There is no site "nobody"',
    ],
    ['an unknown action', { action: 'burn', author: 'Jane' }, 'body/action'],
    ['an unknown field', { action: 'hold', author: 'Jane', createdBy: 'God' }, 'body'],
    ['no text', { action: 'hold', author: '' }, 'body/author'],
  ])('are refused with %s', async (_what, body, sentence) => {
    expect(await refused(400, 'POST', rules, body)).toContain(sentence);
    expect(await get(rules)).toEqual({ items: [], next: null });
  });

  it('cannot be changed into what they could not be', async () => {
    const { id } = await post(rules, { action: 'reject', author: 'Jane' });
    await refused(400, 'PATCH', `${rules}/${id}`, { action: 'block' });
    await refused(400, 'PATCH', `${rules}/${id}`, { author: null });
    await refused(400, 'PATCH', `${rules}/${id}`, {});
    await remove(`${rules}/${id}`);
  });

  it('show beforehand what they would have done, and change nothing', async () => {
    const own = await startHere({ SITES: sites(), POLICY: 'hold-all', ...calm });
    const before = here;
    here = own;
    try {
      const [one, two] = [await announce('/preview/1'), await announce('/preview/2')];
      await announce('/preview/3', '/shop/one', elsewhere);
      await patch(`${linkbacks}/${two.id}`, { moderation: 'rejected' });
      const counts = (await list()).counts;
      const preview = (body: unknown): Promise<Json> => post(`${rules}/preview`, body);
      expect(await preview({ action: 'reject', sourceHost: '127.0.0.1' })).toMatchObject({
        matching: 2,
        wouldChange: 1,
        isComplete: true,
        examples: [{ id: one.id }, { id: two.id }],
      });
      expect(await preview({ action: 'approve', dialect: 'webmention' })).toMatchObject({
        matching: 3,
        wouldChange: 3,
      });
      expect(await preview({ action: 'approve', dialect: 'webmention', site: 'shop' })).toMatchObject({
        matching: 1,
      });
      expect(await preview({ action: 'approve', dialect: 'pingback' })).toMatchObject({
        matching: 0,
        wouldChange: 0,
      });
      // A stricter rule decides already.
      const { id } = await post(rules, { action: 'hold', targetPath: '/blog' });
      expect(await preview({ action: 'approve', dialect: 'webmention' })).toMatchObject({
        matching: 3,
        wouldChange: 1,
      });
      await remove(`${rules}/${id}`);
      expect((await list()).counts).toEqual(counts);
    } finally {
      here = before;
      await own.close();
    }
  });
});

describe('sites', () => {
  it('are added, changed and deleted, and hold at once', async () => {
    web.page('/notes/one', 'Ours');
    web.page('/from/notes', linkingPage(web.url('/notes/one')));
    expect((await sendWebmention(here, web.url('/from/notes'), web.url('/notes/one'))).status).toBe(400);
    const made = await post('/api/sites', {
      slug: 'notes',
      addresses: [web.url('/notes/'), 'www.notes.example'],
    });
    expect(made).toMatchObject({
      slug: 'notes',
      addresses: [web.url('/notes/'), 'https://www.notes.example/'],
      policy: 'hold-all',
      quoting: { style: 'wordpress', window: 100, mark: '[…]' },
      blockedHosts: [],
      closedPaths: [],
      requiresVouch: false,
      isLenient: false,
      takesOwn: true,
      closeAfterDays: null,
      thresholds: { holdAt: 1000, spamAt: 1000 },
      isConfigured: false,
      setup: { headers: { 'X-Pingback': `${here.url}/notes/xmlrpc` } },
    });
    expect((await sendWebmention(here, web.url('/from/notes'), web.url('/notes/one'))).status).toBe(201);
    const choices = {
      policy: 'approve-all',
      quoting: { style: 'complete', window: 50, mark: '…' },
      blockedHosts: ['www.spam.example'],
      closedPaths: ['/notes/private'],
      closeAfterDays: 30,
      thresholds: { holdAt: 2, spamAt: 4 },
    };
    const changed = await patch('/api/sites/notes', choices);
    expect(changed).toEqual({ ...made, ...choices, blockedHosts: ['spam.example'] });
    expect(await get('/api/sites')).toMatchObject({
      items: [
        { slug: 'blog', isConfigured: true },
        { slug: 'shop' },
        { slug: 'notes', policy: 'approve-all' },
      ],
      next: null,
    });
    expect(await patch('/api/sites/notes', { closeAfterDays: null })).toMatchObject({ closeAfterDays: null });
    await remove('/api/sites/notes');
    expect((await sendWebmention(here, web.url('/from/notes'), web.url('/notes/one'))).status).toBe(400);
    expect((await list({ site: 'notes' })).items).toHaveLength(1);
  });

  it('are named after their host', async () => {
    expect(await post('/api/sites', { addresses: ['https://www.garden.example/'] })).toMatchObject({
      slug: 'garden',
    });
    await remove('/api/sites/garden');
  });

  it.each<[number, string, () => unknown, string]>([
    [400, 'no address', () => ({ slug: 'x' }), 'body'],
    [400, 'no addresses', () => ({ addresses: [] }), 'body/addresses'],
    [400, 'what is no address', () => ({ addresses: ['ftp://blog.example'] }), 'no http or https address'],
    [400, 'an address with a query', () => ({ addresses: ['https://blog.example/?p=1'] }), 'has a query'],
    [
      400,
      'the name of a route',
      () => ({ slug: 'api', addresses: ['https://x.example'] }),
      'is a route of linkbackd',
    ],
    [400, 'no name', () => ({ slug: 'My Site', addresses: ['https://x.example'] }), 'is no name for a site'],
    [
      400,
      'a blocked host that is none',
      () => ({ addresses: ['https://x.example'], blockedHosts: ['a/b'] }),
      'no host name',
    ],
    [
      400,
      'a closed path that is none',
      () => ({ addresses: ['https://x.example'], closedPaths: ['x'] }),
      'no path',
    ],
    [400, 'an unknown policy', () => ({ addresses: ['https://x.example'], policy: 'never' }), 'body/policy'],
    [
      400,
      'a number as text',
      () => ({ addresses: ['https://x.example'], closeAfterDays: '3' }),
      'body/closeAfterDays',
    ],
    [400, 'an unknown field', () => ({ addresses: ['https://x.example'], isConfigured: true }), 'body'],
    [
      409,
      'a name that is taken',
      () => ({ slug: 'blog', addresses: ['https://x.example'] }),
      'There is a site "blog" already.',
    ],
    [
      409,
      'an address that is taken',
      () => ({ slug: 'x', addresses: [web.url('/blog')] }),
      'belongs to the site "blog"',
    ],
  ])('are refused with %i for %s', async (status, _what, body, sentence) => {
    expect(await refused(status, 'POST', '/api/sites', body())).toContain(sentence);
    expect((await get<{ items: unknown[] }>('/api/sites')).items).toHaveLength(2);
  });

  it('of the settings can be read, and changed there only', async () => {
    for (const [method, body] of [
      ['PATCH', { policy: 'approve-all' }],
      ['DELETE', undefined],
    ] as const) {
      expect(await refused(409, method, '/api/sites/blog', body)).toContain('stands in the settings');
    }
    await refused(404, 'PATCH', '/api/sites/nobody', { takesOwn: false });
    await refused(404, 'DELETE', '/api/sites/nobody');
  });
});

describe('tokens', () => {
  it('are made, shown this once, renamed and revoked', async () => {
    const wanted = {
      name: 'script',
      scopes: ['send', 'read'],
      site: 'blog',
      expiresAt: '2999-01-31T00:00:00.000Z',
    };
    const { token, ...made } = await post('/api/tokens', wanted);
    expect(token).toMatch(/^lkbd_[\w-]{43}$/u);
    expect(made).toEqual({
      ...wanted,
      id: expect.any(String),
      scopes: ['read', 'send'],
      lastUsedAt: null,
      createdAt: expect.any(String),
      isCurrent: false,
    });
    expect(await get('/api/tokens')).toEqual({ items: [made], next: null });
    const changed = await patch(`/api/tokens/${made.id}`, { name: 'old script', expiresAt: null });
    expect(changed).toEqual({ ...made, name: 'old script', expiresAt: null });
    expect(await get('/api/session', bearer(String(token)))).toMatchObject({
      name: 'old script',
      csrf: null,
    });
    await remove(`/api/tokens/${made.id}`);
    expect((await ask(here, bearer(String(token)), 'GET', '/api/session')).status).toBe(401);
    expect(await get('/api/tokens')).toEqual({ items: [], next: null });
  });

  it('know when they were last used, to the minute', async () => {
    const { id, token } = await makeToken(here, { scopes: ['admin'] });
    const who = bearer(token);
    const lastUsed = async (): Promise<string | undefined> => {
      const { items } = await get<{ items: { id: string; lastUsedAt: string | null }[] }>('/api/tokens');
      return items.find((each) => each.id === id)?.lastUsedAt ?? undefined;
    };
    expect(await get<{ items: Json[] }>('/api/tokens', who)).toMatchObject({
      items: [{ id, isCurrent: true }],
    });
    const first = await waitUntil(lastUsed);
    expect(Math.abs(Date.parse(first) - here.now())).toBeLessThan(60_000);
    for (let times = 0; times < 3; times += 1) await get('/api/session', who);
    expect(await lastUsed()).toBe(first);
    here.pass(60_000);
    await get('/api/session', who);
    await waitUntil(async () => (await lastUsed()) !== first);
    await remove(`/api/tokens/${id}`);
  });

  it.each<[string, unknown]>([
    ['no name', { name: '', scopes: ['read'] }],
    ['no scope', { name: 'x', scopes: [] }],
    ['an unknown scope', { name: 'x', scopes: ['root'] }],
    ['one scope twice', { name: 'x', scopes: ['read', 'read'] }],
    ['a site that there is not', { name: 'x', scopes: ['read'], site: 'nobody' }],
    ['an expiry that has passed', { name: 'x', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' }],
    ['an expiry that is none', { name: 'x', scopes: ['read'], expiresAt: 'soon' }],
    ['a token of one’s own', { name: 'x', scopes: ['read'], token: 'lkbd_mine' }],
  ])('are refused with %s', async (_what, body) => {
    await refused(400, 'POST', '/api/tokens', body);
    expect(await get('/api/tokens')).toEqual({ items: [], next: null });
  });

  it('cannot be revoked when nobody would be left who may do everything', async () => {
    const own = await startHere({ ADMIN_TOKEN: '' });
    try {
      const last = bearer(own.firstToken ?? '');
      const [key] = (await tell<{ items: Json[] }>(own, last, 'GET', '/api/tokens')).items;
      const path = `/api/tokens/${key?.id ?? ''}`;
      const others = [
        { scopes: ['moderate'] },
        { scopes: ['admin'], expiresAt: new Date(own.now() + 1000).toISOString() },
      ];
      for (const other of others) await tell(own, last, 'POST', '/api/tokens', { name: 'other', ...other });
      own.pass(1000);
      const response = await ask(own, last, 'DELETE', path);
      expect([response.status, await response.text()]).toEqual([
        409,
        expect.stringContaining('lock yourself out'),
      ]);
      await tell(own, last, 'POST', '/api/tokens', { name: 'another', scopes: ['admin'] });
      expect((await ask(own, last, 'DELETE', path)).status).toBe(204);
      expect((await ask(own, last, 'GET', '/api/session')).status).toBe(401);
    } finally {
      await own.close();
    }
  });
});

describe('a token of one site', () => {
  let who: Credential;
  let id: string;

  beforeAll(async () => {
    const made = await makeToken(here, { scopes: ['admin'], site: 'blog' });
    [who, id] = [bearer(made.token), made.id];
  });

  afterAll(() => remove(`/api/tokens/${id}`));

  it('lists and counts its own linkbacks, whatever site it asks for', async () => {
    const [ours, theirs] = [await announce('/scoped/1'), await announce('/scoped/2', '/shop/one')];
    for (const query of [{}, { site: 'shop' }, { site: 'blog' }]) {
      const { items, counts } = await list({ ...query, limit: '100' }, who);
      expect(items.every(({ site }) => site === 'blog')).toBe(true);
      expect(items.map((each) => each.id)).toContain(ours.id);
      expect(items.map((each) => each.id)).not.toContain(theirs.id);
      expect(counts).toEqual((await list({ site: 'blog' })).counts);
    }
  });

  it('decides on its own linkbacks only, also by a filter that names another site', async () => {
    const [ours, theirs] = [await announce('/scoped/3'), await announce('/scoped/4', '/shop/one')];
    const made = await post(decisions, { ids: [ours.id, theirs.id], moderation: 'spam' }, who);
    expect(made).toMatchObject({ count: 1 });
    await post(decisions, { filter: { site: 'shop' }, moderation: 'spam' }, who);
    expect([await stateOf(ours.id), await stateOf(theirs.id)]).toEqual(['spam', 'pending']);
  });

  it('sees the rules of all sites, and changes its own', async () => {
    const everywhere = await post(rules, { action: 'hold', sourceHost: 'everywhere.example' });
    const theirs = await post(rules, { action: 'hold', sourceHost: 'shop.example', site: 'shop' });
    const ours = await post(rules, { action: 'hold', sourceHost: 'blog.example' }, who);
    expect(ours).toMatchObject({ site: 'blog' });
    const { items } = await get<{ items: Json[] }>(rules, who);
    expect(items.map((rule) => rule.id)).toEqual([everywhere.id, ours.id]);
    await refused(403, 'PATCH', `${rules}/${everywhere.id}`, { note: 'mine' }, who);
    await refused(403, 'DELETE', `${rules}/${everywhere.id}`, undefined, who);
    await refused(404, 'DELETE', `${rules}/${theirs.id}`, undefined, who);
    await refused(403, 'PATCH', `${rules}/${ours.id}`, { site: null }, who);
    await refused(403, 'PATCH', `${rules}/${ours.id}`, { site: 'shop' }, who);
    await refused(403, 'POST', rules, { action: 'approve', sourceHost: 'x.example', site: null }, who);
    expect(await patch(`${rules}/${ours.id}`, { note: 'mine' }, who)).toMatchObject({ note: 'mine' });
    for (const rule of [everywhere, theirs, ours]) await remove(`${rules}/${rule.id}`);
  });

  it('makes tokens of its site only', async () => {
    await refused(403, 'POST', '/api/tokens', { name: 'x', scopes: ['admin'], site: null }, who);
    await refused(403, 'POST', '/api/tokens', { name: 'x', scopes: ['admin'], site: 'shop' }, who);
    const made = await post('/api/tokens', { name: 'x', scopes: ['admin'] }, who);
    expect(made).toMatchObject({ site: 'blog' });
    await remove(`/api/tokens/${made.id}`, who);
  });

  it('changes its site, but not where its pages are', async () => {
    await post('/api/sites', { slug: 'own', addresses: ['https://own.example/'] });
    const { token } = await makeToken(here, { scopes: ['admin'], site: 'own' });
    const owner = bearer(token);
    expect(await patch('/api/sites/own', { policy: 'approve-all' }, owner)).toMatchObject({
      policy: 'approve-all',
    });
    await refused(403, 'PATCH', '/api/sites/own', { addresses: [web.url('/blog/stolen/')] }, owner);
    await refused(403, 'DELETE', '/api/sites/own', undefined, owner);
    expect((await get<{ items: Json[] }>('/api/sites', owner)).items).toHaveLength(1);
    await remove('/api/sites/own');
  });
});
