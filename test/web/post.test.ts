import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTestPost, never, noon, userAgent } from '../support/fetching.ts';
import { misbehaviours, onRequest, startRaw, startWeb, type Web } from '../support/web.ts';
import { waitUntil } from '../support/wait.ts';

let web: Web;
const post = makeTestPost();
const posting = { headers: { 'content-type': 'application/json', 'x-extra': '1' }, body: '{"größe":1}' };

beforeAll(async () => void (web = await startWeb()));
afterAll(() => web.close());

const portOf = (host: string): string => host.split(':')[1] ?? '';
const at = (path: string, name = 'hooks.example.com', host = web.host): URL =>
  new URL(path, `http://${name}:${portOf(host)}`);

describe('makePost', () => {
  it('sends the body as it is, says who it is, and gives the status', async () => {
    web.page('/hook', { status: 201, body: 'thanks' });
    expect(await post(at('/hook?key=1'), posting, never)).toMatchObject({ kind: 'answer', status: 201 });
    const [hit, ...more] = web.hits('/hook');
    expect(more).toEqual([]);
    expect(hit).toMatchObject({ method: 'POST', url: '/hook?key=1', body: posting.body });
    expect(hit?.headers).toEqual({
      host: at('/').host,
      connection: 'close',
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(posting.body)),
      'x-extra': '1',
      'user-agent': userAgent,
    });
  });

  it.each([301, 302, 307, 308])('follows no redirect by a %s', async (status) => {
    web.page('/moved', { status, headers: { location: at('/elsewhere').href }, body: '' });
    expect(await post(at('/moved'), posting, never)).toMatchObject({ kind: 'answer', status });
    expect(web.hits('/elsewhere')).toEqual([]);
  });

  it('tells when it may come again', async () => {
    web.page('/busy', { status: 429, headers: { 'retry-after': '120' }, body: '' });
    expect(await post(at('/busy'), posting, never)).toMatchObject({
      kind: 'answer',
      status: 429,
      retryAfterMs: 120_000,
    });
    const date = new Date(noon + 60_000).toUTCString();
    web.page('/busy', { status: 503, headers: { 'retry-after': date }, body: '' });
    expect(await post(at('/busy'), posting, never)).toMatchObject({ retryAfterMs: 60_000 });
  });

  it('lets in a bounded part of an answer, and hangs up', async () => {
    const part = 'a'.repeat(16 * 1024);
    const raw = await startRaw(
      onRequest((socket) => {
        const pour = (): void => {
          while (!socket.destroyed && socket.write(part));
          socket.once('drain', pour);
        };
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n');
        pour();
      }),
    );
    expect(await post(at('/', undefined, raw.host), posting, never)).toMatchObject({
      kind: 'answer',
      status: 200,
    });
    await waitUntil(() => raw.connections().open === 0, { what: 'the connection to be closed' });
    await raw.close();
  });

  it.each(['slow body drip', 'half a body, then silence'] as const)(
    'takes the status for an answer that never ends: %s',
    async (name) => {
      const raw = await startRaw(onRequest(misbehaviours[name]));
      const impatient = makeTestPost({ timeoutMs: 300 });
      const posted = await impatient(at('/', undefined, raw.host), posting, never);
      expect(posted).toMatchObject({ kind: 'answer', status: 200 });
      await raw.close();
    },
  );

  it.each(['never answers', 'slow header drip', 'resets before a word'] as const)(
    'is in trouble with a host that gives no answer: %s',
    async (name) => {
      const raw = await startRaw(onRequest(misbehaviours[name]));
      const impatient = makeTestPost({ timeoutMs: 300 });
      const posted = await impatient(at('/', undefined, raw.host), posting, never);
      expect(posted).toMatchObject({ kind: 'trouble' });
      await raw.close();
    },
  );

  it('ends when the service does', async () => {
    const release = web.hold('/held');
    const stopping = new AbortController();
    const posted = post(at('/held'), posting, stopping.signal);
    await web.waitForHit('/held');
    stopping.abort(new Error('stopping'));
    await expect(posted).rejects.toThrow('stopping');
    release();
  });
});

describe('the guard of posts', () => {
  /** What must not be reached: it answers at the same port, of other addresses of this machine. */
  let inside: readonly Web[];

  beforeAll(async () => {
    const places = ['127.0.0.2', '::1'].map((address) => ({ address, port: Number(portOf(web.host)) }));
    inside = await Promise.all(places.map(startWeb));
    for (const each of inside) each.page('/hook', { status: 204, body: '' });
  });
  afterAll(() => Promise.all(inside.map((each) => each.close())));
  const reached = (): number => inside.flatMap((each) => each.hits('/hook')).length;

  it('would let them through to what is listed', async () => {
    const trusting = makeTestPost({ exceptions: ['127.0.0.0/8'] });
    const posted = await trusting(at('/hook', 'private.example.com'), posting, never);
    expect(posted).toMatchObject({ kind: 'answer', status: 204 });
    expect(reached()).toBe(1);
  });

  it.each([
    ['a private address', () => `http://127.0.0.2:${portOf(web.host)}/hook`],
    ['a private address in disguise', () => `http://0x7f000002:${portOf(web.host)}/hook`],
    ['the loopback of IPv6', () => `http://[::1]:${portOf(web.host)}/hook`],
    ['a name of a private address', () => at('/hook', 'private.example.com').href],
    ['a name that is nobody’s', () => at('/hook', 'hooks.invalid').href],
  ])('keeps them from %s', async (_what, url) => {
    const before = reached();
    expect(await post(new URL(url()), posting, never)).toMatchObject({ kind: 'unreachable' });
    expect(reached()).toBe(before);
  });

  it('keeps them from an address that the name has only when it is connected to', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    let asked = 0;
    const rebinding = makeTestPost({
      resolve: async () => ({ kind: 'admitted', addresses: answers[asked++] ?? ['127.0.0.2'] }),
    });
    const before = reached();
    expect(await rebinding(at('/hook'), posting, never)).toMatchObject({ kind: 'answer' });
    expect(asked).toBe(1);
    expect(await rebinding(at('/hook'), posting, never)).toMatchObject({ kind: 'unreachable' });
    expect(reached()).toBe(before);
  });

  it('keeps them from a name with one private address among others', async () => {
    const mixed = makeTestPost({
      resolve: async () => ({ kind: 'admitted', addresses: ['127.0.0.1', '127.0.0.2'] }),
    });
    const before = web.hits('/hook').length + reached();
    expect(await mixed(at('/hook'), posting, never)).toMatchObject({ kind: 'unreachable' });
    expect(web.hits('/hook').length + reached()).toBe(before);
  });
});
