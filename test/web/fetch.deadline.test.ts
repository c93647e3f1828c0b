import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fetched } from '../../src/web/fetch.ts';
import { makeTurns } from '../../src/web/turns.ts';
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
  expect(performance.now() - startedAt).toBeLessThan(timeoutMs + 2000);
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

describe('the deadline of a fetch', () => {
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
