import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { watchLive } from '../../src/display/live.ts';
import { makeNews } from '../../src/display/news.ts';
import { makeChanges } from '../../src/linkback/changes.ts';
import type { Linkback } from '../../src/linkback/linkback.ts';
import { buildSite, buildVerified } from '../support/build-linkback.ts';
import { listenTo, type Listener } from '../support/event-source.ts';
import { waitUntil } from '../support/wait.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The stream alone, of changes that a test makes. */
async function watch() {
  const changes = makeChanges();
  const app = fastify();
  const pages = {
    sites: () => [buildSite()],
    store: { targetLook: () => Promise.resolve(undefined) },
  };
  const news = makeNews({
    ...pages,
    listen: changes.listen,
    run: 'run',
    onError: (error) => {
      throw error;
    },
  });
  app.register(watchLive, { ...pages, news });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  closing.push(() => app.close());
  const listen = async (query: string, headers = {}): Promise<Listener> => {
    const listener = await listenTo(`http://127.0.0.1:${port}/api/live?${query}`, headers);
    await waitUntil(() => listener.lastId() !== '');
    return listener;
  };
  const callers = (): Promise<number> => promisify(app.server.getConnections.bind(app.server))();
  return { tell: changes.tell, listen, callers };
}

const shown = (change: Partial<Linkback> = {}): Linkback =>
  buildVerified({ moderation: 'approved', ...change });
const kinds = (listener: Listener): string[] => listener.events().map((each) => each.event);

describe('what happens', () => {
  it('is told in its order, of whatever the linkback was and is', async () => {
    const { tell, listen } = await watch();
    const stream = await listen('site=blog');
    tell({ before: null, after: buildVerified() });
    tell({ before: buildVerified(), after: shown() });
    tell({ before: shown(), after: shown({ type: 'reply' }) });
    tell({ before: shown(), after: null });
    await stream.wait(3);
    expect(kinds(stream)).toEqual(['approved', 'updated', 'removed']);
  });

  it('is an approval to one page and a removal to another when a linkback moves between them', async () => {
    const { tell, listen } = await watch();
    const [from, to, all] = await Promise.all(
      ['target=https://blog.example/post', 'target=https://blog.example/new', 'site=blog'].map((query) =>
        listen(query),
      ),
    );
    tell({ before: shown(), after: shown({ target: 'https://blog.example/new' }) });
    expect((await from?.wait(1))?.map((each) => each.event)).toEqual(['removed']);
    expect((await to?.wait(1))?.map((each) => each.event)).toEqual(['approved']);
    expect((await all?.wait(1))?.map((each) => each.event)).toEqual(['updated']);
  });

  it('is only that it was much, when it was more than anybody can be told', async () => {
    const { tell, listen } = await watch();
    const stream = await listen('site=blog');
    for (let at = 0; at < 5000; at++) tell({ before: null, after: shown({ id: `id-${at}` }) });
    await waitUntil(() => kinds(stream).includes('missed'));
    tell({ before: shown(), after: null });
    await waitUntil(() => kinds(stream).includes('removed'));
    expect(kinds(stream).length).toBeLessThan(300);
    // Who comes back from before that is told the same.
    const again = await listen('site=blog', { 'last-event-id': 'run-1' });
    expect(kinds(again)).toEqual(['missed']);
  });

  it('is not kept while nobody listens, but known to have happened', async () => {
    const { tell, listen, callers } = await watch();
    const before = await listen('site=blog');
    const last = before.lastId();
    before.close();
    await before.ended;
    await waitUntil(async () => (await callers()) === 0);
    tell({ before: null, after: shown() });
    expect(kinds(await listen('site=blog', { 'last-event-id': last }))).toEqual(['missed']);
  });
});
