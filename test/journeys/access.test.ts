import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, ask, bearer, makeToken, session, tell, type Credential } from '../support/credentials.ts';
import { startHere, type Here } from '../support/here.ts';
import { clear, linkbacks, makeThings, newSite, rules, type Things } from '../support/things.ts';

const scopes = ['read', 'moderate', 'send', 'admin'] as const;
type Scope = (typeof scopes)[number];
type Needs = Scope | 'token' | 'nothing';

type Row = {
  readonly needs: Needs;
  /** For a route that looks itself for a token of this scope, since it may stand in the address; it knows no cookies. */
  readonly looksFor?: Scope;
  readonly path: (things: Things) => string;
  readonly body?: (things: Things) => unknown;
  /** What a token of all sites gets, and one of this site unless it is said otherwise. */
  readonly gives: number;
  /** What a token of this very site gets. */
  readonly own?: number;
  /** What a token of another site gets; where that is no refusal, nothing of this site is in it. */
  readonly foreign: number;
};

/** Every route of the owner: a new one is to be added here. */
const rows: Readonly<Record<string, Row>> = {
  'POST /api/session': {
    needs: 'nothing',
    path: () => '/api/session',
    body: () => ({ token: 'a-token-that-there-is-not' }),
    gives: 401,
    foreign: 401,
  },
  'GET /api/session': { needs: 'token', path: () => '/api/session', gives: 200, foreign: 200 },
  'DELETE /api/session': { needs: 'token', path: () => '/api/session', gives: 204, foreign: 204 },
  [`GET ${linkbacks}`]: { needs: 'read', path: () => `${linkbacks}?site=blog`, gives: 200, foreign: 200 },
  [`GET ${linkbacks}/:id`]: {
    needs: 'read',
    path: ({ linkback }) => `${linkbacks}/${linkback}`,
    gives: 200,
    foreign: 404,
  },
  [`PATCH ${linkbacks}/:id`]: {
    needs: 'moderate',
    path: ({ linkback }) => `${linkbacks}/${linkback}`,
    body: () => ({ moderation: 'spam' }),
    gives: 200,
    foreign: 404,
  },
  [`DELETE ${linkbacks}/:id`]: {
    needs: 'moderate',
    path: ({ linkback }) => `${linkbacks}/${linkback}`,
    gives: 204,
    foreign: 404,
  },
  [`POST ${linkbacks}/:id/verify`]: {
    needs: 'moderate',
    path: ({ linkback }) => `${linkbacks}/${linkback}/verify`,
    gives: 202,
    foreign: 404,
  },
  'POST /api/moderation/decisions': {
    needs: 'moderate',
    path: () => '/api/moderation/decisions',
    body: ({ linkback }) => ({ ids: [linkback], moderation: 'spam' }),
    gives: 200,
    foreign: 200,
  },
  'POST /api/moderation/decisions/:id/undo': {
    needs: 'moderate',
    path: ({ decision }) => `/api/moderation/decisions/${decision}/undo`,
    gives: 200,
    foreign: 404,
  },
  'GET /api/moderation/live': { needs: 'read', path: () => '/api/moderation/live', gives: 200, foreign: 200 },
  'GET /api/moderation/feed.atom': {
    needs: 'nothing',
    looksFor: 'read',
    path: () => '/api/moderation/feed.atom',
    gives: 200,
    foreign: 200,
  },
  [`GET ${rules}`]: { needs: 'read', path: () => rules, gives: 200, foreign: 200 },
  [`POST ${rules}`]: {
    needs: 'moderate',
    path: () => rules,
    body: () => ({ site: 'blog', action: 'hold', sourceHost: 'held.example' }),
    gives: 201,
    foreign: 403,
  },
  [`PATCH ${rules}/:id`]: {
    needs: 'moderate',
    path: ({ rule }) => `${rules}/${rule}`,
    body: () => ({ note: 'changed' }),
    gives: 200,
    foreign: 404,
  },
  [`DELETE ${rules}/:id`]: {
    needs: 'moderate',
    path: ({ rule }) => `${rules}/${rule}`,
    gives: 204,
    foreign: 404,
  },
  [`POST ${rules}/preview`]: {
    needs: 'read',
    path: () => `${rules}/preview`,
    body: () => ({ site: 'blog', action: 'hold', dialect: 'webmention' }),
    gives: 200,
    foreign: 200,
  },
  'GET /api/sites': { needs: 'read', path: () => '/api/sites', gives: 200, foreign: 200 },
  'POST /api/sites': {
    needs: 'admin',
    path: () => '/api/sites',
    body: newSite,
    gives: 201,
    own: 403,
    foreign: 403,
  },
  'PATCH /api/sites/:slug': {
    needs: 'admin',
    path: () => '/api/sites/blog',
    body: () => ({ takesOwn: true }),
    gives: 200,
    foreign: 404,
  },
  'DELETE /api/sites/:slug': {
    needs: 'admin',
    path: ({ site }) => `/api/sites/${site}`,
    gives: 204,
    own: 403,
    foreign: 404,
  },
  'GET /api/tokens': { needs: 'admin', path: () => '/api/tokens', gives: 200, foreign: 200 },
  'POST /api/tokens': {
    needs: 'admin',
    path: () => '/api/tokens',
    body: () => ({ name: 'made', scopes: ['read'], site: 'blog' }),
    gives: 201,
    foreign: 403,
  },
  'PATCH /api/tokens/:id': {
    needs: 'admin',
    path: ({ token }) => `/api/tokens/${token}`,
    body: () => ({ name: 'renamed' }),
    gives: 200,
    foreign: 404,
  },
  'DELETE /api/tokens/:id': {
    needs: 'admin',
    path: ({ token }) => `/api/tokens/${token}`,
    gives: 204,
    foreign: 404,
  },
  'GET /api/webhooks': { needs: 'admin', path: () => '/api/webhooks', gives: 200, foreign: 200 },
  'POST /api/webhooks': {
    needs: 'admin',
    path: () => '/api/webhooks',
    body: () => ({ url: 'https://hooks.example/', events: ['received'], site: 'blog' }),
    gives: 201,
    foreign: 403,
  },
  'PATCH /api/webhooks/:id': {
    needs: 'admin',
    path: ({ webhook }) => `/api/webhooks/${webhook}`,
    body: () => ({ events: ['gone'] }),
    gives: 200,
    foreign: 404,
  },
  'DELETE /api/webhooks/:id': {
    needs: 'admin',
    path: ({ webhook }) => `/api/webhooks/${webhook}`,
    gives: 204,
    foreign: 404,
  },
  'GET /api/webhooks/:id/deliveries': {
    needs: 'admin',
    path: ({ webhook }) => `/api/webhooks/${webhook}/deliveries`,
    gives: 200,
    foreign: 404,
  },
  'POST /api/webhooks/:id/deliveries/:deliveryId/replay': {
    needs: 'admin',
    path: ({ webhook, delivery }) => `/api/webhooks/${webhook}/deliveries/${delivery}/replay`,
    gives: 202,
    foreign: 404,
  },
  'POST /api/webhooks/:id/test': {
    needs: 'admin',
    path: ({ webhook }) => `/api/webhooks/${webhook}/test`,
    gives: 202,
    foreign: 404,
  },
};

/** Everything below /api that asks nobody who they are. */
const open = [
  '/api/count',
  '/api/count.json',
  '/api/deleted.jf2',
  '/api/example/count',
  '/api/example/mentions.jf2',
  '/api/linkbacks',
  '/api/links',
  '/api/links.jf2',
  '/api/links.json',
  '/api/live',
  '/api/mentions',
  '/api/mentions.jf2',
  '/api/mentions.json',
  '/api/setup',
];

const given: Readonly<Record<Scope, readonly Needs[]>> = {
  read: ['token', 'read'],
  moderate: ['token', 'read', 'moderate'],
  send: ['token', 'send'],
  admin: ['token', 'read', 'moderate', 'send', 'admin'],
};

const whose = [
  ['all sites', null],
  ['the same site', 'blog'],
  ['another site', 'shop'],
] as const;
type Whose = (typeof whose)[number][1];

let here: Here;
/** Tokens by scope and site, as they are sent. */
const keys = new Map<string, string>();
/** Credentials that are valid no more, or never were. */
const useless = new Map<string, Credential>();

beforeAll(async () => {
  here = await startHere({});
  for (const slug of ['blog', 'shop'])
    await tell(here, admin, 'POST', '/api/sites', { slug, addresses: [`http://127.0.0.1:1/${slug}/`] });
  const ends = { scopes: ['admin'], expiresAt: new Date(here.now() + 3_600_000).toISOString() };
  const expired = await makeToken(here, ends);
  const revoked = await makeToken(here, { scopes: ['admin'] });
  useless
    .set('none', {})
    .set('a wrong token', bearer('lkbd_wrong'))
    .set('a wrong cookie', await wrongCookie());
  useless.set('an expired token', bearer(expired.token));
  useless.set('the session of an expired token', await session(here, expired.token));
  useless.set('a revoked token', bearer(revoked.token));
  useless.set('the session of a revoked token', await session(here, revoked.token));
  expect((await ask(here, bearer(revoked.token), 'GET', '/api/session')).status).toBe(200);
  here.pass(2 * 3_600_000);
  await tell(here, admin, 'DELETE', `/api/tokens/${revoked.id}`);
  for (const scope of scopes) {
    for (const [, site] of whose)
      keys.set(`${scope} ${site}`, (await makeToken(here, { scopes: [scope], site })).token);
  }
});

afterAll(() => here.close());

/** What decides on the things of the site "blog", so that such a token may take it back. */
const blogToken = (): string => keys.get('moderate blog') ?? '';

async function wrongCookie(): Promise<Credential> {
  const right = await session(here, (await makeToken(here, { scopes: ['read'] })).token);
  return { ...right, cookie: 'linkbackd=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' };
}

/** What there is and what was decided; looks at sources, and the uses of tokens, go on meanwhile. */
async function everything(): Promise<string> {
  const { items } = await tell<{ items: { id: string; moderation: string }[] }>(
    here,
    admin,
    'GET',
    linkbacks,
  );
  const standing = items.map(({ id, moderation }) => [id, moderation]);
  const paths = [rules, '/api/sites', '/api/tokens', '/api/webhooks'];
  const lists = await Promise.all(paths.map((path) => tell<object>(here, admin, 'GET', path)));
  const isTold = (key: string): boolean => key !== 'lastUsedAt';
  return JSON.stringify([standing, lists], (key, value: unknown) => (isTold(key) ? value : undefined));
}

/** Sends what a row says, and gives status and text; of what does not end, nothing. */
async function send(row: string, who: Credential, things: Things): Promise<readonly [number, string]> {
  const { path, body } = rowOf(row);
  const response = await ask(here, who, row.split(' ')[0] ?? '', path(things), body?.(things));
  if (response.headers.get('content-type')?.startsWith('text/event-stream') === true) {
    await response.body?.cancel();
    return [response.status, ''];
  }
  return [response.status, await response.text()];
}

function rowOf(name: string): Row {
  const row = rows[name];
  if (row === undefined) throw new Error(`there is no row for ${name}`);
  return row;
}

function expected(row: Row, scope: Scope, site: Whose): number {
  const needs = row.looksFor ?? row.needs;
  if (needs !== 'nothing' && !given[scope].includes(needs)) return 403;
  if (site === 'shop') return row.foreign;
  return site === 'blog' ? (row.own ?? row.gives) : row.gives;
}

describe('the table', () => {
  const routes = (): string[] =>
    here
      .routes()
      .filter(({ method, needs }) => needs !== undefined && method !== 'HEAD' && method !== 'OPTIONS')
      .map(({ method, url }) => `${method} ${url}`);

  it('has every route of the running service, each with what it needs', () => {
    expect(Object.keys(rows).sort()).toEqual(routes().sort());
    for (const { method, url, needs } of here.routes()) {
      if (needs !== undefined && method !== 'OPTIONS' && method !== 'HEAD')
        expect([url, rows[`${method} ${url}`]?.needs]).toEqual([url, needs]);
    }
  });

  it('lets nothing else below /api go unguarded', () => {
    const unguarded = here.routes().filter(({ url, needs }) => url.startsWith('/api') && needs === undefined);
    expect([...new Set(unguarded.map(({ url }) => url))].sort()).toEqual(open);
    expect(unguarded.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  it('holds for HEAD, too', async () => {
    for (const name of Object.keys(rows).filter((each) => each.startsWith('GET '))) {
      const things = await makeThings(here, blogToken());
      const { status } = await ask(here, {}, 'HEAD', rowOf(name).path(things));
      expect([name, status]).toEqual([name, 401]);
      await clear(here, things);
    }
  });
});

/** Everybody with a valid token of some scope and site, by bearer or by cookie, and what they are to get. */
function everybody(row: Row): { who: string; key: string; site: Whose; isPage: boolean; status: number }[] {
  return scopes.flatMap((scope) =>
    whose.flatMap(([words, site]) =>
      [false, true].map((isPage) => ({
        who: `${scope} of ${words}${isPage ? ', at the page' : ''}`,
        key: keys.get(`${scope} ${site}`) ?? '',
        site,
        isPage,
        status: isPage && row.looksFor !== undefined ? 401 : expected(row, scope, site),
      })),
    ),
  );
}

describe.each(Object.keys(rows))('%s', (name) => {
  it('is refused to whoever is nobody, and changes nothing', async () => {
    const things = await makeThings(here, blogToken());
    const before = await everything();
    for (const [what, who] of useless) {
      if ((rowOf(name).looksFor ?? rowOf(name).needs) === 'nothing') continue;
      const [status, text] = await send(name, who, things);
      expect([what, status]).toEqual([what, 401]);
      expect(text).toContain('Send a token');
    }
    expect(await everything()).toBe(before);
    await clear(here, things);
  });

  it('changes and shows nothing for a token that may not, or is for another site', async () => {
    const made = await makeThings(here, blogToken());
    const things = { ...made, site: 'blog' };
    const before = await everything();
    for (const { who, key, site, isPage, status } of everybody(rowOf(name))) {
      if (status < 400 && site !== 'shop') continue;
      const [got, text] = await send(name, isPage ? await session(here, key) : bearer(key), things);
      expect([who, got]).toEqual([who, status]);
      for (const id of [things.linkback, things.rule, things.token, things.webhook])
        expect(text).not.toContain(id);
    }
    expect(await everything()).toBe(before);
    await clear(here, made);
  });

  it('is there for a token that may', async () => {
    for (const { who, key, site, isPage, status } of everybody(rowOf(name))) {
      if (status >= 400 || site === 'shop') continue;
      const things = await makeThings(here, blogToken());
      const [got] = await send(name, isPage ? await session(here, key) : bearer(key), things);
      expect([who, got]).toEqual([who, status]);
      await clear(here, things);
    }
  });
});
