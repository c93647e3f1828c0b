import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { databaseIn } from '../support/database.ts';
import { startDns, type Dns } from '../support/dns.ts';
import { startHere, type Here } from '../support/here.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { addReceiver, addWebhook, deliveriesOf, type Logged } from '../support/receiver.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const minute = 60_000;
const hour = 60 * minute;

let web: Web;
let hooks: Web;
let here: Here;
let dns: Dns | undefined;

beforeEach(async () => {
  [web, hooks] = await Promise.all([startWeb(), startWeb()]);
  web.page('/post', '<title>Ours</title>');
});

afterEach(async () => {
  if (existsSync(databaseIn(here.folder))) expect(findViolations(here.folder)).toEqual([]);
  await here.close();
  await Promise.all([web.close(), hooks.close(), dns?.close()]);
  dns = undefined;
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  here = await startHere({ SITES: `blog=${web.url('/')}`, ...env });
}

/** Has a page link to ours, and gives the linkback's id once it is verified. */
async function receive(path = '/entry'): Promise<string> {
  web.page(path, linkingPage(web.url('/post')));
  expect(await mention(here, web.url(path), web.url('/post'))).toMatchObject({ status: 'verified' });
  return (await ownerOf(here).find(web.url(path))).id;
}

const untilLogged = (webhookId: string, is: (entry: Logged) => boolean): Promise<Logged> =>
  waitUntil(async () => (await deliveriesOf(here, webhookId)).find(is), { what: 'an entry of the log' });

describe('a receiver', () => {
  it('is told of everything in its order, in signed calls that carry the linkback as the owner sees it', async () => {
    await start();
    const { calls, waitFor, log } = await addReceiver(here, hooks, '/hook');
    const id = await receive();
    await ownerOf(here).decide(id, 'approved');
    await waitFor('linkback.published');
    expect(calls().map(({ type }) => type)).toEqual([
      'linkback.received',
      'linkback.verified',
      'linkback.decided',
      'linkback.published',
    ]);
    const [received, verified, , published] = calls().map(({ data }) => data);
    expect(received).toMatchObject({ id, verification: 'unverified', moderation: 'pending', public: false });
    expect(verified).toMatchObject({ id, verification: 'verified', target: web.url('/post') });
    const shown = (await (await here.api('GET', `/api/moderation/linkbacks?limit=1`)).json()) as {
      items: unknown[];
    };
    expect(published).toEqual(shown.items[0]);
    await here.api('DELETE', `/api/moderation/linkbacks/${id}`);
    expect((await waitFor('linkback.withdrawn')).data).toEqual({ id, target: web.url('/post') });
    await waitUntil(async () => (await log()).every(({ state }) => state === 'delivered'));
    // What was told of it is forgotten with it.
    expect((await log()).map(({ event }) => event)).toEqual(['withdrawn']);
    expect(new Set(calls().map((call) => call.id)).size).toBe(5);
  });

  it('is told of each linkback of a decision on many', async () => {
    await start();
    const ids = [await receive('/1'), await receive('/2'), await receive('/3')];
    const { waitFor, calls } = await addReceiver(here, hooks, '/hook', { events: ['published'] });
    const response = await here.api('POST', '/api/moderation/decisions', {
      filter: { moderation: 'pending' },
      moderation: 'approved',
    });
    expect(await response.json()).toMatchObject({ count: 3 });
    for (const id of ids) await waitFor('linkback.published', id);
    expect(calls()).toHaveLength(3);
  });

  it('is told of its own site and its own events only', async () => {
    await start({ SITES: `blog=${web.url('/')},notes=https://notes.example/` });
    const own = await addReceiver(here, hooks, '/own', { site: 'blog', events: ['verified'] });
    const foreign = await addReceiver(here, hooks, '/foreign', { site: 'notes' });
    const all = await addReceiver(here, hooks, '/all', { events: ['received', 'verified'] });
    await receive();
    await all.waitFor('linkback.verified');
    await own.waitFor('linkback.verified');
    expect(own.calls()).toHaveLength(1);
    expect(foreign.calls()).toEqual([]);
    expect(await foreign.log()).toEqual([]);
  });

  it('that fails is called again, under the same id, until it takes it', async () => {
    await start();
    const { answer, webhook, calls } = await addReceiver(here, hooks, '/hook', { events: ['verified'] });
    answer({ status: 500, body: 'no' });
    await receive();
    const failed = await untilLogged(webhook.id, ({ status }) => status === 500);
    expect(failed).toMatchObject({ state: 'waiting', attempts: 1, detail: 'HTTP status 500' });
    const waitMs = Date.parse(failed.dueAt ?? '') - here.now();
    expect(waitMs).toBeGreaterThan(0.7 * minute);
    expect(waitMs).toBeLessThan(1.3 * minute);
    const [first] = calls();
    answer({ status: 200, body: 'yes' });
    here.pass(2 * minute);
    await untilLogged(webhook.id, ({ state }) => state === 'delivered');
    expect(hooks.hits('/hook').map(({ headers }) => headers['webhook-id'])).toEqual([first?.id, first?.id]);
    const [one, two] = hooks.hits('/hook');
    expect(two?.body).toBe(one?.body);
    expect(two?.headers['webhook-signature']).not.toBe(one?.headers['webhook-signature']);
  });

  it('that asks for time gets it', async () => {
    await start();
    const { answer, webhook } = await addReceiver(here, hooks, '/hook', { events: ['verified'] });
    answer({ status: 503, headers: { 'retry-after': '7200' }, body: '' });
    await receive();
    const { dueAt } = await untilLogged(webhook.id, ({ status }) => status === 503);
    expect(Date.parse(dueAt ?? '') - here.now()).toBeGreaterThan(1.9 * hour);
  });

  it('that is gone for good is switched off, and stays so until its owner says otherwise', async () => {
    await start();
    const { answer, webhook, waitFor } = await addReceiver(here, hooks, '/hook', { events: ['verified'] });
    answer({ status: 410, body: '' });
    await receive('/1');
    await untilLogged(webhook.id, ({ state }) => state === 'failed');
    const list = await (await here.api('GET', '/api/webhooks')).json();
    expect(list).toMatchObject({ items: [{ id: webhook.id, isActive: false }] });
    await receive('/2');
    expect(hooks.hits('/hook')).toHaveLength(1);
    expect((await here.api('POST', `/api/webhooks/${webhook.id}/test`)).status).toBe(409);
    answer({ status: 204, body: '' });
    await here.api('PATCH', `/api/webhooks/${webhook.id}`, { isActive: true });
    const id = await receive('/3');
    await waitFor('linkback.verified', id);
    expect(hooks.hits('/hook')).toHaveLength(2);
  });

  it('that redirects has not taken the call, and where it points to is not asked', async () => {
    await start();
    const { answer, webhook } = await addReceiver(here, hooks, '/hook', { events: ['verified'] });
    answer({ status: 302, headers: { location: hooks.url('/elsewhere') }, body: '' });
    await receive();
    expect(await untilLogged(webhook.id, ({ status }) => status === 302)).toMatchObject({ state: 'waiting' });
    expect(hooks.hits('/elsewhere')).toEqual([]);
  });

  it('can be told once more what it was told, and be tried out', async () => {
    await start();
    const { webhook, calls, log } = await addReceiver(here, hooks, '/hook', { events: ['verified'] });
    await receive();
    const { id } = await untilLogged(webhook.id, ({ state }) => state === 'delivered');
    const replayed = await here.api('POST', `/api/webhooks/${webhook.id}/deliveries/${id}/replay`);
    expect(replayed.status).toBe(202);
    await waitUntil(() => calls().length === 2, { what: 'the second call' });
    expect(calls()[1]).toEqual(calls()[0]);
    const tested = await here.api('POST', `/api/webhooks/${webhook.id}/test`);
    expect(tested.status).toBe(202);
    await waitUntil(() => calls().length === 3, { what: 'the test' });
    expect(calls()[2]).toEqual({
      ...((await tested.json()) as { id: string }),
      type: 'test',
      timestamp: expect.any(String) as string,
      data: { webhook: webhook.id },
    });
    expect((await log()).map(({ event, linkback }) => [event, linkback !== null])).toEqual([
      ['test', false],
      ['verified', true],
    ]);
  });
});

describe('verification', () => {
  it('goes on while every receiver hangs', async () => {
    await start();
    const receivers = Array.from({ length: 12 }, (_, at) => `/hook-${at}`);
    const releases = receivers.map((path) => hooks.hold(path));
    for (const path of receivers) await addReceiver(here, hooks, path);
    await receive('/first');
    await waitUntil(() => receivers.filter((path) => hooks.hits(path).length > 0).length === 8, {
      what: 'all calls at once that there may be',
    });
    for (let count = 0; count < 40; count += 1) await receive(`/${count}`);
    // Nobody has been answered: not one of forty verifications waited for a receiver.
    expect(receivers.map((path) => hooks.hits(path).length).filter((calls) => calls > 1)).toEqual([]);
    for (const release of releases) release();
    for (const path of receivers)
      await waitUntil(() => hooks.hits(path).length >= 2, { what: 'the next call' });
  });
});

describe('the guard', () => {
  /** A service that may talk to 127.0.0.1, which stands for the internet, and to no other address of this machine. */
  const publicOnly = async (answers: () => readonly string[]): Promise<void> => {
    dns = await startDns(() => answers());
    await start({ ALLOW_PRIVATE_NETWORK: '127.0.0.1/32', DNS_SERVERS: dns.server });
  };
  const port = (): string => hooks.host.split(':')[1] ?? '';
  /** What must not be reached: it answers at the same port, of other addresses of this machine. */
  let inside: readonly Web[];

  beforeEach(async () => {
    const places = ['127.0.0.2', '::1'].map((address) => ({ address, port: Number(port()) }));
    inside = await Promise.all(places.map(startWeb));
    for (const each of [hooks, ...inside]) each.page('/hook', { status: 204, body: '' });
  });
  afterEach(async () => {
    await Promise.all(inside.map((each) => each.close()));
  });
  const reached = (): number => inside.flatMap((each) => each.hits('/hook')).length;

  it.each([
    ['a private address', () => `http://127.0.0.2:${port()}/hook`],
    ['a private address in disguise', () => `http://2130706434:${port()}/hook`],
    ['this machine by IPv6', () => `http://[::1]:${port()}/hook`],
    ['a name of a private address', () => `http://hooks.blog.com:${port()}/hook`],
    ['a name that only this network knows', () => `http://intern:${port()}/hook`],
  ])('keeps calls from %s', async (_what, url) => {
    await publicOnly(() => ['127.0.0.2']);
    const { id } = await addWebhook(here, { url: url(), events: ['verified'] });
    await receive();
    const entry = await untilLogged(id, ({ attempts, state }) => attempts === 1 && state === 'waiting');
    expect(entry).toMatchObject({ status: null });
    expect(reached()).toBe(0);
    expect(hooks.hits('/hook')).toEqual([]);
  });

  it('keeps calls from a name that moves to a private address afterwards', async () => {
    let address = '127.0.0.1';
    await publicOnly(() => [address]);
    const { id } = await addWebhook(here, {
      url: `http://hooks.blog.com:${port()}/hook`,
      events: ['verified'],
    });
    await receive('/1');
    await untilLogged(id, ({ state }) => state === 'delivered');
    address = '127.0.0.2';
    await receive('/2');
    expect(await untilLogged(id, ({ state }) => state === 'waiting')).toMatchObject({ status: null });
    expect(hooks.hits('/hook')).toHaveLength(1);
    expect(reached()).toBe(0);
  });

  it.each([
    ['a network', () => '127.0.0.0/8', '127.0.0.2'],
    ['a host', () => `127.0.0.1/32,localhost:${port()}`, 'localhost'],
  ])('lets calls go to what the owner lists: %s', async (_what, listed, host) => {
    await start({ ALLOW_PRIVATE_NETWORK: listed() });
    const { id } = await addWebhook(here, { url: `http://${host}:${port()}/hook`, events: ['verified'] });
    await receive();
    await untilLogged(id, ({ state }) => state === 'delivered');
    expect(reached() + hooks.hits('/hook').length).toBe(1);
  });
});
