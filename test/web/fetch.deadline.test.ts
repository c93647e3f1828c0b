import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fetched } from '../../src/web/fetch.ts';
import { slowAfterMs } from '../../src/web/patience.ts';
import { makeResolve, resolveTimeoutMs } from '../../src/web/resolve.ts';
import { makeTurns, maxFetches, maxSilentFetches, type Turns } from '../../src/web/turns.ts';
import { startDns } from '../support/dns.ts';
import { makeTestFetch, never, type FetchingOptions } from '../support/fetching.ts';
import { waitUntil } from '../support/wait.ts';
import { onRequest, startRaw, type Misbehaviour, type RawWeb } from '../support/web.ts';

const timeoutMs = 1500;
const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n';
const late = { kind: 'trouble', detail: 'no complete answer within 1.5 s' };

const urlOf = (raw: RawWeb): URL => new URL(`http://blog.example.com:${raw.host.split(':')[1] ?? ''}/`);

/** Fetches from a server that does this, and waits until nothing of it is left. */
async function fetchFrom(misbehave: Misbehaviour, options: FetchingOptions = {}): Promise<Fetched> {
  const raw = await startRaw(onRequest(misbehave));
  const startedAt = performance.now();
  const fetched = await makeTestFetch({ timeoutMs, ...options })(urlOf(raw), never);
  expect(performance.now() - startedAt).toBeLessThan((options.timeoutMs ?? timeoutMs) + 2000);
  await waitUntil(() => raw.connections().open === 0);
  await raw.close();
  return fetched;
}

/** Keeps every other limit: bytes come steadily, and fast enough. */
const steady =
  (part: string): Misbehaviour =>
  (socket) => {
    const timer = setInterval(() => socket.write(part), 50);
    socket.once('close', () => clearInterval(timer));
  };

describe.concurrent('the deadline of a fetch', () => {
  it('ends a body that comes steadily', async () => {
    const fetched = await fetchFrom((socket, request) => {
      socket.write(head);
      steady('a'.repeat(500))(socket, request);
    });
    expect(fetched).toEqual(late);
  });

  it('ends headers that come steadily', async () => {
    expect(await fetchFrom(steady('HTTP/1.1 200 OK\r\nX-Slow: a\r\n'))).toMatchObject({ kind: 'trouble' });
  });

  it('is one for all hops', async () => {
    let hops = 0;
    const fetched = await fetchFrom((socket) => {
      hops += 1;
      void delay(400).then(() =>
        socket.end('HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n'),
      );
    });
    expect(fetched).toEqual(late);
    expect(hops).toBeLessThanOrEqual(4);
  });

  it('counts the lookup of a name', async () => {
    const dns = await startDns(() => 'silence');
    const startedAt = performance.now();
    const fetchPage = makeTestFetch({ timeoutMs: 300, resolve: makeResolve([dns.server]) });
    expect(await fetchPage(new URL('http://blog.example.com/'), never)).toEqual({
      kind: 'trouble',
      detail: 'no complete answer within 0.3 s',
    });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await dns.close();
  });

  it('counts the time until the host’s turn', async () => {
    const turns = makeTurns({ isPolite: true, isOurs: () => false });
    const raw = await startRaw((socket) => void socket.resume());
    await turns.take(urlOf(raw), never);
    expect(await makeTestFetch({ timeoutMs: 300, turns })(urlOf(raw), never)).toMatchObject({
      kind: 'trouble',
    });
    expect(raw.connections().made).toBe(0);
    await raw.close();
  });
});

/** As when all the places of silent hosts are taken. */
const fullHouse = (): { readonly turns: Turns; readonly asked: () => number } => {
  const real = makeTurns({ isPolite: false, isOurs: () => false });
  let asked = 0;
  const turns: Turns = {
    ...real,
    take: async (url, signal) => ({
      ...(await real.take(url, signal)),
      maySitSilent: () => {
        asked += 1;
        return false;
      },
    }),
  };
  return { turns, asked: () => asked };
};

const noPlace = { kind: 'trouble', detail: 'too many silent hosts at once' };

describe.concurrent('a host that is slow', () => {
  it('must have a place among the silent ones, though its bytes come steadily', async () => {
    const { turns, asked } = fullHouse();
    const startedAt = performance.now();
    const fetched = await fetchFrom(
      (socket, request) => {
        socket.write(head);
        steady('a'.repeat(500))(socket, request);
      },
      { timeoutMs: 15_000, turns },
    );
    expect(fetched).toEqual(noPlace);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(slowAfterMs - 1);
    expect(asked()).toBe(1);
  });

  it('needs that place when only its name server is slow', async () => {
    const dns = await startDns(() => 'silence');
    const fetchPage = makeTestFetch({ ...fullHouse(), resolve: makeResolve([dns.server]) });
    const startedAt = performance.now();
    expect(await fetchPage(new URL('http://blog.example.com/'), never)).toEqual(noPlace);
    expect(performance.now() - startedAt).toBeLessThan(resolveTimeoutMs - 500);
    await dns.close();
  });

  it('takes one place, though it was silent before it was slow', async () => {
    let asked = 0;
    const real = makeTurns({ isPolite: false, isOurs: () => false });
    const turns: Turns = {
      ...real,
      take: async (url, signal) => ({
        ...(await real.take(url, signal)),
        maySitSilent: () => (asked += 1) > 0,
      }),
    };
    const timeoutMs = slowAfterMs + 1000;
    expect(await fetchFrom(() => undefined, { timeoutMs, turns })).toMatchObject({ kind: 'trouble' });
    expect(asked).toBe(1);
  });

  it('leaves the other places free', async () => {
    const raw = await startRaw(
      onRequest((socket, request) => {
        socket.write(head);
        steady('a'.repeat(500))(socket, request);
      }),
    );
    const turns = makeTurns({ isPolite: true, isOurs: () => false });
    const fetchPage = makeTestFetch({ timeoutMs: slowAfterMs + 2000, turns });
    const drips = Array.from({ length: maxFetches }, (_, n) => {
      const url = urlOf(raw);
      url.hostname = `www.blog${n}.com`;
      return fetchPage(url, never);
    });
    const fetched = await Promise.all(drips);
    const gaveUp = fetched.filter((each) => each.kind === 'trouble' && each.detail === noPlace.detail);
    expect(gaveUp).toHaveLength(maxFetches - maxSilentFetches);
    await waitUntil(() => raw.connections().open === 0);
    await raw.close();
  });
});
