import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { openStreams, type EventStream, type StreamLimits } from '../../src/display/event-streams.ts';
import { listenTo, type Listener } from '../support/event-source.ts';
import { waitUntil } from '../support/wait.ts';

let app: FastifyInstance | undefined;
const listeners: Listener[] = [];

afterEach(async () => {
  for (const each of listeners.splice(0)) each.close();
  await app?.close();
});

/** A server with nothing but streams, as many as a test wants; whoever calls is named by a header. */
async function serve(limits: Partial<StreamLimits>) {
  const streams = openStreams(limits);
  const open: EventStream[] = [];
  const server = fastify({ trustProxy: true });
  app = server;
  server.get('/', (request, reply) => {
    const stream = streams.open(request, reply);
    if (stream !== undefined) open.push(stream);
  });
  server.addHook('preClose', async () => streams.close());
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const listen = async (caller = '192.0.2.1'): Promise<Listener> => {
    const listener = await listenTo(`http://127.0.0.1:${port}/`, { 'x-forwarded-for': caller });
    listeners.push(listener);
    return listener;
  };
  return { streams, open, listen, port };
}

describe('streams', () => {
  it('are so many of one caller, and so many in all', async () => {
    const { listen, streams } = await serve({ total: 3, perCaller: 2 });
    const first = await listen();
    expect((await listen()).status).toBe(200);
    const tooMany = await listen();
    await tooMany.ended;
    expect([tooMany.status, tooMany.headers.get('retry-after')]).toEqual([429, '60']);
    expect(JSON.parse(tooMany.text())).toMatchObject({ status: 429, title: 'Too Many Requests' });
    expect((await listen('192.0.2.2')).status).toBe(200);
    const full = await listen('192.0.2.3');
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '60']);
    expect(streams.count()).toBe(3);

    first.close();
    await waitUntil(() => streams.count() === 2);
    expect((await listen()).status).toBe(200);
  });

  it('count a whole IPv6 network as one caller', async () => {
    const { listen } = await serve({ perCaller: 1 });
    expect((await listen('2001:db8::1')).status).toBe(200);
    expect((await listen('2001:db8::ffff')).status).toBe(429);
    expect((await listen('2001:db8:0:1::1')).status).toBe(200);
  });

  it('are kept from being taken for dead', async () => {
    const { listen } = await serve({ heartbeatMs: 20 });
    const listener = await listen();
    await waitUntil(() => listener.text().split(':\n\n').length > 2);
    expect(listener.events()).toEqual([]);
  });

  /** Somebody who asks and never reads the answer. */
  async function askOnly(port: number): Promise<() => void> {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.pause();
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return () => socket.destroy();
  }

  it('let go of who is too far behind', async () => {
    const { port, open, streams, listen } = await serve({});
    const leave = await askOnly(port);
    const reader = await listen();
    await waitUntil(() => streams.count() === 2);
    const much = `data: ${'x'.repeat(50_000)}\n\n`;
    // Until the buffers of both systems are full, and ours after them.
    await waitUntil(() => {
      for (const each of open) each.send(much);
      return streams.count() === 1;
    });
    await reader.wait(1);
    leave();
  });

  it('let go of who takes nothing from one heartbeat to the next', async () => {
    const { port, open, streams } = await serve({ heartbeatMs: 50, maxBehindBytes: Infinity });
    const leave = await askOnly(port);
    await waitUntil(() => open.length === 1);
    for (let at = 0; at < 200; at++) open[0]?.send(`data: ${'x'.repeat(50_000)}\n\n`);
    await waitUntil(() => streams.count() === 0);
    leave();
  });

  it('end when the server closes, and begin no more', async () => {
    const { listen, port, open, streams } = await serve({});
    const listener = await listen();
    const leave = await askOnly(port);
    await waitUntil(() => open.length === 2);
    for (let at = 0; at < 100; at++) open[1]?.send(`data: ${'x'.repeat(600)}\n\n`);
    await app?.close();
    await listener.ended;
    expect(streams.count()).toBe(0);
    leave();
  });

  it('tell once when they have ended, and take what is said after that', async () => {
    const { listen, open } = await serve({});
    const listener = await listen();
    let ends = 0;
    open[0]?.onEnd(() => (ends += 1));
    listener.close();
    await waitUntil(() => ends > 0);
    open[0]?.send('data: to nobody\n\n');
    expect(ends).toBe(1);
  });
});
