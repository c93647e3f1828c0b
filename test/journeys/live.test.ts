import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention } from '../support/announce.ts';
import { listenTo, type Listener } from '../support/event-source.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const env = { SITES: 'blog=https://blog.example/,shop=https://shop.example/', POLICY: 'hold-all' };

let web: Web;
let service: Service;
const listeners: Listener[] = [];

beforeAll(async () => {
  web = await startWeb();
  service = await startService({ env });
});

afterAll(async () => {
  for (const each of listeners) each.close();
  await Promise.all([service.close(), web.close()]);
});

async function listen(
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Listener> {
  const query = new URLSearchParams(parameters).toString();
  const listener = await listenTo(`${service.url}/api/live?${query}`, headers);
  listeners.push(listener);
  return listener;
}

/** A stranger's page that links to a page of ours, verified and waiting for the owner. */
async function announce(path: string, target: string): Promise<string> {
  web.page(path, linkingPage(target));
  expect(await mention(service, web.url(path), target)).toMatchObject({ status: 'verified' });
  return (await ownerOf(service).find(web.url(path))).id;
}

const decide = (id: string, moderation: string): Promise<unknown> => ownerOf(service).decide(id, moderation);

async function verifyAgain(id: string): Promise<void> {
  await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
  await waitUntil(async () => (await ownerOf(service).detail(id)).job === null);
}

describe('a stream', () => {
  it('tells what is approved, changed and removed, as the list gives it', async () => {
    const target = 'https://blog.example/told';
    const id = await announce('/told', target);
    const stream = await listen({ target: `${target}/#part` });
    await decide(id, 'approved');
    const [approved] = await stream.wait(1);
    expect(approved?.event).toBe('approved');
    const list = (await (await service.get(`/api/linkbacks?target=${target}`)).json()) as {
      readonly items: readonly object[];
    };
    expect(JSON.parse(approved?.data ?? '')).toEqual(list.items[0]);

    web.page('/told', linkingPage(target, 'Another title'));
    await verifyAgain(id);
    const [, updated] = await stream.wait(2);
    expect(updated?.event).toBe('updated');
    expect(JSON.parse(updated?.data ?? '')).toMatchObject({ id, source: { title: 'Another title' } });

    await decide(id, 'spam');
    const [, , removed] = await stream.wait(3);
    expect(removed).toMatchObject({ event: 'removed', data: JSON.stringify({ id }) });
    expect(new Set(stream.events().map((each) => each.id)).size).toBe(3);
  });

  it('says nothing of what is not public, nor of a look that found nothing new', async () => {
    const target = 'https://blog.example/quiet';
    const stream = await listen({ target });
    const id = await announce('/quiet', target);
    await decide(id, 'rejected');
    await decide(id, 'approved');
    await verifyAgain(id);
    await decide(id, 'pending');
    await stream.wait(2);
    expect(stream.events().map((each) => each.event)).toEqual(['approved', 'removed']);
  });

  it('is about one page, or one site', async () => {
    const [ours, other, shop] = [
      'https://blog.example/ours',
      'https://blog.example/other',
      'https://shop.example/item',
    ] as const;
    const page = await listen({ target: ours });
    const site = await listen({ site: 'blog' });
    const neither = await listen({ target: shop, site: 'blog' });
    const ids = [await announce('/a', other), await announce('/b', shop), await announce('/c', ours)];
    for (const id of ids) await decide(id, 'approved');
    await page.wait(1);
    await site.wait(2);
    const told = (listener: Listener): unknown[] =>
      listener.events().map((each) => (JSON.parse(each.data) as { readonly id: string }).id);
    expect(told(page)).toEqual([ids[2]]);
    expect(told(site)).toEqual([ids[0], ids[2]]);
    expect(told(neither)).toEqual([]);
  });

  it('is open to every origin, and kept by nobody', async () => {
    const { headers, status } = await listen(
      { site: 'blog' },
      { origin: 'https://blog.example', accept: 'text/event-stream' },
    );
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('says when to come again: soon, and not everybody at once', async () => {
    const streams = await Promise.all([1, 2, 3].map(() => listen({ site: 'blog' })));
    const waits = await Promise.all(
      streams.map((stream) => waitUntil(() => /^retry: (\d+)$/mu.exec(stream.text())?.[1])),
    );
    for (const wait of waits.map(Number)) {
      expect(wait).toBeGreaterThanOrEqual(3000);
      expect(wait).toBeLessThan(7000);
    }
  });

  it('never begins for a page of no site, which no browser asks for again', async () => {
    const { status, ended } = await listen({ target: 'https://elsewhere.example/' });
    await ended;
    expect(status).toBe(204);
  });

  it.each([{}, { target: 'blog' }, { target: 'javascript:alert(1)' }])(
    'is refused when it is about nothing: %j',
    async (parameters: Record<string, string>) => {
      const stream = await listen(parameters);
      await stream.ended;
      expect(stream.status).toBe(400);
      expect(JSON.parse(stream.text())).toMatchObject({ status: 400, title: 'Bad Request' });
    },
  );
});

describe('a reader who was away', () => {
  it('is told what they missed, and nothing twice', async () => {
    const target = 'https://blog.example/away';
    const ids = [await announce('/away-1', target), await announce('/away-2', target)];
    // Somebody else listens on: what nobody hears is not kept.
    await listen({ site: 'blog' });
    const before = await listen({ target });
    await decide(ids[0] ?? '', 'approved');
    await before.wait(1);
    before.close();
    await decide(ids[1] ?? '', 'approved');
    await decide(ids[0] ?? '', 'rejected');
    const after = await listen({ target }, { 'last-event-id': before.lastId() });
    const events = await after.wait(2);
    expect(events.map((each) => each.event)).toEqual(['approved', 'removed']);
    after.close();

    const again = await listen({ target }, { 'last-event-id': after.lastId() });
    await waitUntil(() => again.lastId() === after.lastId());
    expect(again.events()).toEqual([]);
  });

  it.each([
    ['of another run', 'of-another-run-1'],
    ['none', ''],
    ['long', 'x'.repeat(500)],
  ])('is told to read the list again when what they have is not known any more: %s', async (_name, id) => {
    const stream = await listen({ site: 'blog' }, { 'last-event-id': id });
    await waitUntil(() => stream.lastId() !== '');
    expect(stream.events().map((each) => each.event)).toEqual(id === '' ? [] : ['missed']);
  });
});

describe('a reader of a list', () => {
  it('is led by it to what happens after it, and told what has happened meanwhile', async () => {
    const target = 'https://blog.example/meanwhile';
    const ids = [await announce('/meanwhile-1', target), await announce('/meanwhile-2', target)];
    await listen({ site: 'blog' });
    await decide(ids[0] ?? '', 'approved');
    const list = await service.get(`/linkbacks.html?target=${encodeURIComponent(target)}&fresh=true&limit=1`);
    expect(list.headers.get('cache-control')).toBe('public, no-cache');
    await decide(ids[1] ?? '', 'approved');
    const monitor = /<([^>]+)>; rel="monitor"$/u.exec(list.headers.get('link') ?? '')?.[1] ?? '';
    const stream = await listenTo(monitor);
    listeners.push(stream);
    await waitUntil(() => stream.events().some((each) => each.data.includes(ids[1] ?? '')));
  });
});

describe('a service that stops', () => {
  it('ends every stream, and does not wait for those who do not read', async () => {
    const own = await startService({ env });
    try {
      const streams = await Promise.all(
        Array.from({ length: 20 }, () => listenTo(`${own.url}/api/live?site=blog`)),
      );
      await Promise.all(streams.map((stream) => waitUntil(() => stream.lastId() !== '')));
      const before = performance.now();
      expect(await own.end('SIGTERM')).toBe(0);
      // Callers in the middle of a word are given six seconds; listeners say nothing.
      expect(performance.now() - before).toBeLessThan(5000);
      await Promise.all(streams.map((stream) => stream.ended));
    } finally {
      await own.close();
    }
  });
});
