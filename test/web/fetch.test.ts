import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxBodyBytes } from '../../src/web/body.ts';
import { maxRetryAfterMs, parseRetryAfter } from '../../src/web/fetch.ts';
import { makeTurns, type Turns } from '../../src/web/turns.ts';
import { bodyText, makeTestFetch, never, noon, userAgent } from '../support/fetching.ts';
import { startRaw, startWeb, type Web } from '../support/web.ts';
import { waitUntil } from '../support/wait.ts';

let web: Web;
const fetchPage = makeTestFetch();

beforeAll(async () => void (web = await startWeb()));
afterAll(() => web.close());

const at = (path: string, name = 'blog.example.com'): URL =>
  new URL(path, `http://${name}:${web.host.split(':')[1] ?? ''}`);

describe('makeFetchPage', () => {
  it('gives what the page answers', async () => {
    web.page('/page', '<p>The page.</p>');
    const fetched = await fetchPage(at('/page?a=b#c'), never);
    expect(fetched).toMatchObject({ kind: 'answer', status: 200, contentType: 'text/html; charset=utf-8' });
    expect(fetched).toMatchObject({ url: at('/page?a=b#c'), body: { isCut: false } });
    expect(bodyText(fetched)).toBe('<p>The page.</p>');
  });

  // Spec: "Fetching only the public web" step 5.
  it('asks once, says who it is, and sends nothing else', async () => {
    web.page('/asked', 'x');
    await fetchPage(at('/asked?a=b#fragment'), never);
    const hits = web.hits('/asked');
    expect(hits).toHaveLength(1);
    expect(hits[0]).toMatchObject({ method: 'GET', url: '/asked?a=b', body: '' });
    expect(hits[0]?.headers).toEqual({
      host: at('/').host,
      connection: 'close',
      accept: 'text/html, application/xhtml+xml;q=0.9, text/plain;q=0.5, application/json;q=0.5',
      'accept-encoding': 'gzip, br',
      'user-agent': userAgent,
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['identity', (text: string) => Buffer.from(text)],
  ] as const)('decompresses %s', async (coding, compress) => {
    web.page('/coded', { headers: { 'content-encoding': coding }, body: compress('<p>Words.</p>') });
    expect(bodyText(await fetchPage(at('/coded'), never))).toBe('<p>Words.</p>');
  });

  it.each([
    'text/html',
    'TEXT/HTML; charset=utf-8',
    'application/xhtml+xml',
    'text/plain;charset=utf-8',
    'application/json',
    'application/activity+json; x=y',
    'application/mf2+json',
  ])('reads content of the type %s', async (type) => {
    web.page('/typed', { headers: { 'content-type': type }, body: 'words' });
    expect(bodyText(await fetchPage(at('/typed'), never))).toBe('words');
  });

  it('takes a page that does not say what it is for HTML', async () => {
    web.page('/untyped', (_, response) => void response.end('words'));
    expect(await fetchPage(at('/untyped'), never)).toMatchObject({ contentType: 'text/html', status: 200 });
  });

  it.each([
    'image/png',
    'application/pdf',
    'text/css',
    'application/octet-stream',
    'text/html5',
    'video/mp4',
  ])('does not read content of the type %s', async (type) => {
    web.page('/other', { headers: { 'content-type': type }, body: 'bytes' });
    expect(await fetchPage(at('/other'), never)).toMatchObject({ kind: 'answer', status: 200, body: null });
  });

  it.each([400, 401, 403, 404, 410, 429, 500, 503])(
    'tells status %i and does not read its page',
    async (status) => {
      web.page('/status', { status, body: 'an error page' });
      expect(await fetchPage(at('/status'), never)).toMatchObject({ kind: 'answer', status, body: null });
    },
  );

  it('cuts a page at the limit and says so', async () => {
    web.page('/long', 'a'.repeat(maxBodyBytes + 1));
    const fetched = await fetchPage(at('/long'), never);
    expect(fetched.kind === 'answer' && fetched.body?.isCut).toBe(true);
    expect(bodyText(fetched)?.length).toBe(maxBodyBytes);
  });

  it('gives a page its own memory, fit to be handed to another thread', async () => {
    web.page('/own', 'words');
    const fetched = await fetchPage(at('/own'), never);
    const bytes = fetched.kind === 'answer' ? fetched.body?.bytes : undefined;
    expect(bytes?.buffer.byteLength).toBe(5);
  });

  it('calls a refused connection unreachable, like a refused name', async () => {
    const closed = await startRaw(() => undefined);
    await closed.close();
    const port = closed.host.split(':')[1] ?? '';
    expect(await fetchPage(new URL(`http://blog.example.com:${port}/`), never)).toMatchObject({
      kind: 'unreachable',
    });
    expect(await fetchPage(at('/', 'private.example.com'), never)).toMatchObject({ kind: 'unreachable' });
    expect(await fetchPage(at('/', 'blog.invalid'), never)).toMatchObject({ kind: 'unreachable' });
  });

  it('calls a name server’s failure trouble', async () => {
    const troubled = makeTestFetch({ resolve: async () => ({ kind: 'trouble', detail: 'SERVFAIL' }) });
    expect(await troubled(at('/'), never)).toEqual({ kind: 'trouble', detail: 'SERVFAIL' });
  });

  it('uses no proxy that the environment names', async () => {
    const proxy = await startRaw((socket) => void socket.end());
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy'];
    for (const name of names) process.env[name] = proxy.url('/');
    process.env['NODE_USE_ENV_PROXY'] = '1';
    try {
      web.page('/direct', 'direct');
      expect(bodyText(await fetchPage(at('/direct'), never))).toBe('direct');
      expect(proxy.connections().made).toBe(0);
    } finally {
      for (const name of [...names, 'NODE_USE_ENV_PROXY']) Reflect.deleteProperty(process.env, name);
      await proxy.close();
    }
  });

  it('throws when it is told to stop, and hangs up', async () => {
    const silent = await startRaw((socket) => void socket.resume());
    const stop = new AbortController();
    const fetching = fetchPage(
      new URL(silent.url('/').replace('127.0.0.1', 'blog.example.com')),
      stop.signal,
    );
    await waitUntil(() => silent.connections().open === 1);
    stop.abort(new Error('the service stops'));
    await expect(fetching).rejects.toThrow('the service stops');
    await waitUntil(() => silent.connections().open === 0);
    await silent.close();
  });

  it('does not begin when it was told to stop before', async () => {
    web.page('/never', 'x');
    await expect(fetchPage(at('/never'), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(web.hits('/never')).toEqual([]);
  });

  it('gives its turn back, however the fetch ends', async () => {
    const real = makeTurns({ isPolite: true, isOurs: () => false });
    const open = new Set<string>();
    const turns: Turns = {
      ...real,
      take: async (url, signal) => {
        const turn = await real.take(url, signal);
        open.add(url.host);
        return {
          ...turn,
          end: () => {
            open.delete(url.host);
            turn.end();
          },
        };
      },
    };
    web.page('/turn', 'x');
    const counted = makeTestFetch({ turns });
    await counted(at('/turn', 'a.example.com'), never);
    await counted(at('/', 'private.example.com'), never);
    await counted(new URL('http://blog.invalid/'), never);
    expect(open.size).toBe(0);
    expect(real.busyHosts()).toHaveLength(3);
  });

  it('gives up on a silent host at once when too many others are silent', async () => {
    const silent = await startRaw((socket) => void socket.resume());
    const real = makeTurns({ isPolite: false, isOurs: () => false });
    const full: Turns = {
      ...real,
      take: async (url, signal) => ({ ...(await real.take(url, signal)), maySitSilent: () => false }),
    };
    const startedAt = performance.now();
    const url = new URL(silent.url('/').replace('127.0.0.1', 'blog.example.com'));
    expect(await makeTestFetch({ turns: full })(url, never)).toEqual({
      kind: 'trouble',
      detail: 'too many silent hosts at once',
    });
    expect(performance.now() - startedAt).toBeLessThan(3000);
    await silent.close();
  });
});

describe('parseRetryAfter', () => {
  const soon = new Date(noon + 90_000).toUTCString();

  it.each([
    [undefined, undefined],
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', 0],
    [soon, 90_000],
    [new Date(noon - 90_000).toUTCString(), 0],
    ['315360000', maxRetryAfterMs],
    ['9'.repeat(400), maxRetryAfterMs],
    [new Date(noon + 10 * 365 * 24 * 3600 * 1000).toUTCString(), maxRetryAfterMs],
    ['soon', undefined],
    ['wait 5', undefined],
    ['Friday, 02-Jan-26 12:01:30 GMT', 90_000],
    ['Sun, 99 Jan 2026 99:99:99 GMT', undefined],
    ['', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['12 apples', undefined],
  ])('reads %j as %j ms', (value, expected) => {
    expect(parseRetryAfter(value, noon)).toBe(expected);
  });

  it('comes with any answer', async () => {
    web.page('/later', { status: 503, headers: { 'retry-after': '120' }, body: '' });
    expect(await fetchPage(at('/later'), never)).toMatchObject({ status: 503, retryAfterMs: 120_000 });
    web.page('/later', { status: 503, body: '' });
    expect(await fetchPage(at('/later'), never)).not.toHaveProperty('retryAfterMs');
  });
});
