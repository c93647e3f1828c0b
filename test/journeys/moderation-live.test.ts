import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mention, sendWebmention } from '../support/announce.ts';
import { listenTo, type Listener, type ServerEvent } from '../support/event-source.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type Moderated, type ModeratedList } from '../support/owner.ts';
import { adminToken, callApi } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const hour = 3_600_000;
const path = '/api/moderation/live';

let web: Web;
let here: Here;
let listeners: Listener[];

beforeEach(async () => {
  listeners = [];
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  web.page('/notes/post', '<title>Ours</title>');
  here = await startHere({ SITES: `blog=${web.url('/')},notes=${web.url('/notes')}` });
});

afterEach(async () => {
  for (const each of listeners) each.close();
  await here.close();
  await web.close();
});

async function listen(token = adminToken, query = ''): Promise<Listener> {
  const listener = await listenTo(`${here.url}${path}${query}`, { authorization: `Bearer ${token}` });
  listeners.push(listener);
  return listener;
}

async function makeToken(body: Readonly<Record<string, unknown>>): Promise<{ id: string; token: string }> {
  const response = await here.api('POST', '/api/tokens', { name: 'a test', ...body });
  return (await response.json()) as { id: string; token: string };
}

async function receive(name: string, target = '/post'): Promise<Moderated> {
  web.page(name, linkingPage(web.url(target)));
  expect(await mention(here, web.url(name), web.url(target))).toMatchObject({ status: 'verified' });
  return ownerOf(here).find(web.url(name));
}

const next = ({ events }: Listener, name: string, from = 0): Promise<ServerEvent> =>
  waitUntil(
    () =>
      events()
        .slice(from)
        .find(({ event }) => event === name),
    { what: `an event "${name}"` },
  );
const dataOf = ({ data }: ServerEvent): unknown => JSON.parse(data);
const countsOf = (event: ServerEvent): ModeratedList['counts'] => dataOf(event) as ModeratedList['counts'];
function last({ events }: Listener): ServerEvent {
  const event = events().at(-1);
  if (event === undefined) throw new Error('there is no event yet');
  return event;
}

describe('the stream of what happens', () => {
  it('tells of what is filed, changed and erased as the list does, with the counts', async () => {
    const listener = await listen();
    expect(listener.status).toBe(200);
    expect(listener.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(listener.headers.get('cache-control')).toBe('no-store');
    expect(dataOf(await next(listener, 'counts'))).toMatchObject({ moderation: { pending: 0 } });
    const { id } = await receive('/entry');
    const names = (): string[] =>
      listener
        .events()
        .map(({ event }) => event)
        .filter((name) => name !== 'counts');
    await waitUntil(() => names().length === 2);
    expect(names()).toEqual(['filed', 'changed']);
    expect(dataOf(await next(listener, 'filed'))).toMatchObject({ id, verification: 'unverified' });
    const { items } = await ownerOf(here).list();
    expect(dataOf(await next(listener, 'changed'))).toEqual(items[0]);
    const decided = listener.events().length;
    await ownerOf(here).decide(id, 'approved');
    expect(dataOf(await next(listener, 'changed', decided))).toMatchObject({ id, public: true });
    const counts = (await ownerOf(here).list()).counts;
    await waitUntil(
      () => last(listener).event === 'counts' && countsOf(last(listener)).moderation['approved'] === 1,
    );
    expect(dataOf(last(listener))).toEqual(counts);
    await here.api('DELETE', `/api/moderation/linkbacks/${id}`);
    expect(dataOf(await next(listener, 'erased'))).toEqual({ id });
  });

  it('tells of a decision on many once, and not of each', async () => {
    for (const name of ['/1', '/2', '/3']) await receive(name);
    const listener = await listen();
    await next(listener, 'counts');
    const response = await here.api('POST', '/api/moderation/decisions', {
      filter: { moderation: 'pending' },
      moderation: 'spam',
    });
    const { id } = (await response.json()) as { readonly id: string };
    expect(dataOf(await next(listener, 'decided'))).toEqual({ id, count: 3 });
    await waitUntil(() => last(listener).event === 'counts');
    expect(dataOf(last(listener))).toMatchObject({ moderation: { spam: 3 } });
    expect(listener.events().filter(({ event }) => event === 'changed')).toEqual([]);
  });

  it('tells a token of one site, or who asks for one, of that site only', async () => {
    const { token } = await makeToken({ scopes: ['read'], site: 'notes' });
    const [limited, asking, all] = [
      await listen(token, '?site=blog'),
      await listen(adminToken, '?site=notes'),
      await listen(),
    ];
    await receive('/entry');
    const ours = await receive('/other', '/notes/post');
    for (const each of [limited, asking]) {
      expect(dataOf(await next(each, 'filed'))).toMatchObject({ id: ours.id, site: 'notes' });
      await next(each, 'changed');
    }
    await waitUntil(() => all.events().filter(({ event }) => event === 'changed').length === 2);
    for (const each of [limited, asking]) {
      const told = each.events().filter(({ event }) => event !== 'counts');
      expect(told.map(({ event }) => event)).toEqual(['filed', 'changed']);
      await waitUntil(() => last(each).event === 'counts');
      const { moderation } = countsOf(last(each));
      expect(Object.values(moderation).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1);
    }
  });
});

describe('who may listen', () => {
  it('is whoever may read, and nobody else', async () => {
    const { token } = await makeToken({ scopes: ['send'] });
    expect((await here.get(path)).status).toBe(401);
    expect((await here.get(path, { authorization: `Bearer ${token}` })).status).toBe(403);
    expect((await here.get(path, { authorization: 'Bearer wrong' })).status).toBe(401);
    const reader = await makeToken({ scopes: ['read'] });
    expect((await listen(reader.token)).status).toBe(200);
  });

  it('is told nothing any more when their token is revoked', async () => {
    const { id, token } = await makeToken({ scopes: ['read'] });
    const listener = await listen(token);
    const stays = await listen();
    await here.api('DELETE', `/api/tokens/${id}`);
    await listener.ended;
    await receive('/entry');
    await next(stays, 'changed');
    expect(listener.events().map(({ event }) => event)).toEqual(['counts']);
  }, 20_000);

  it.each([
    ['runs out', async () => here.pass(13 * hour)],
    [
      'is ended',
      async (cookie: string, csrf: string) => {
        const headers = { cookie, 'x-linkbackd-csrf': csrf, origin: here.url };
        const response = await fetch(`${here.url}/api/session`, { method: 'DELETE', headers });
        expect(response.status).toBe(204);
      },
    ],
  ])(
    'is told nothing any more when their session %s',
    async (_what, end) => {
      const response = await callApi(`${here.url}/api/session`, adminToken, 'POST', { token: adminToken });
      const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
      const { csrf } = (await response.json()) as { readonly csrf: string };
      const listener = await listenTo(`${here.url}${path}`, { cookie });
      listeners.push(listener);
      expect(listener.status).toBe(200);
      await end(cookie, csrf);
      await listener.ended;
    },
    20_000,
  );
});

describe('the end of the service', () => {
  it('is the end of every stream, at once', async () => {
    const all = [await listen(), await listen(), await listen()];
    await sendWebmention(here, web.url('/entry'), web.url('/post'));
    const from = performance.now();
    await here.close();
    await Promise.all(all.map((each) => each.ended));
    // Whoever would wait for streams to end by themselves would hang up after six seconds.
    expect(performance.now() - from).toBeLessThan(5000);
    here = await startHere({});
  });
});

describe('the streams of one caller', () => {
  it('are bounded', async () => {
    for (let count = 0; count < 32; count += 1) expect((await listen()).status).toBe(200);
    const refused = await here.get(path, { authorization: `Bearer ${adminToken}` });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('60');
    listeners[0]?.close();
    await waitUntil(async () => (await listen()).status === 200, { what: 'a place to be free' });
  });
});
