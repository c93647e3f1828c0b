import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTimeoutMs } from '../../src/web/connect.ts';
import { bodyText, makeTestFetch, never } from '../support/fetching.ts';
import { startRaw, startWeb } from '../support/web.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');

type Secure = {
  readonly port: number;
  readonly requests: () => readonly (string | false | null)[];
  readonly close: () => Promise<void>;
};

/** A web over TLS that notes which protocol each request came by. */
async function startSecure(certificate: string): Promise<Secure> {
  const requests: (string | false | null)[] = [];
  const options = { key: file('key.pem'), cert: file(certificate), ALPNProtocols: ['h2', 'http/1.1'] };
  const server: Server = createServer(options, (request, response) => {
    requests.push(request.socket instanceof TLSSocket ? request.socket.alpnProtocol : null);
    response.setHeader('content-type', 'text/html');
    response.end('secret words');
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const usual = getCACertificates('default');
const fetchPage = makeTestFetch();
let secure: Secure;

beforeAll(async () => {
  // As if an authority that everybody trusts had signed them.
  setDefaultCACertificates([...usual, file('valid.pem'), file('expired.pem')]);
  secure = await startSecure('valid.pem');
});

afterAll(async () => {
  setDefaultCACertificates(usual);
  await secure.close();
});

describe('fetching over TLS', () => {
  it('reads a page whose certificate is right, by HTTP/1.1 though the server would rather speak HTTP/2', async () => {
    const fetched = await fetchPage(new URL(`https://blog.example.com:${secure.port}/`), never);
    expect(bodyText(fetched)).toBe('secret words');
    expect(secure.requests().at(-1)).not.toBe('h2');
  });

  it('follows a redirect from http to https', async () => {
    const web = await startWeb();
    const location = `https://blog.example.com:${secure.port}/`;
    web.page('/', { status: 301, headers: { location }, body: '' });
    const url = new URL(web.url('/').replace('127.0.0.1', 'blog.example.com'));
    const fetched = await fetchPage(url, never);
    expect(bodyText(fetched)).toBe('secret words');
    expect(fetched.kind === 'answer' && fetched.url.href).toBe(location);
    await web.close();
  });

  it.each([
    ['for another name', 'valid.pem', 'other.example.com'],
    ['that has expired', 'expired.pem', 'blog.example.com'],
  ])('asks nothing of a server whose certificate is one %s', async (_, certificate, name) => {
    const server = await startSecure(certificate);
    const fetched = await fetchPage(new URL(`https://${name}:${server.port}/`), never);
    expect(fetched.kind).toBe('trouble');
    expect(server.requests()).toEqual([]);
    await server.close();
  });

  it('asks nothing of a server whose certificate nobody has signed', async () => {
    setDefaultCACertificates(usual);
    const before = secure.requests().length;
    const fetched = await fetchPage(new URL(`https://blog.example.com:${secure.port}/`), never);
    expect(fetched).toMatchObject({
      kind: 'trouble',
      detail: expect.stringContaining('SELF_SIGNED') as string,
    });
    expect(secure.requests()).toHaveLength(before);
  });

  it('gives up a handshake that never ends or is none', async () => {
    const silent = await startRaw((socket) => void socket.resume());
    const plain = await startRaw((socket) => void socket.resume().end('HTTP/1.1 200 OK\r\n\r\n'));
    const startedAt = performance.now();
    const fetched = await Promise.all(
      [silent, plain].map(({ host }) =>
        fetchPage(new URL(`https://blog.example.com:${host.split(':')[1] ?? ''}/`), never),
      ),
    );
    expect(fetched.map(({ kind }) => kind)).toEqual(['trouble', 'trouble']);
    expect(performance.now() - startedAt).toBeLessThan(connectTimeoutMs + 2000);
    await silent.close();
    await plain.close();
  });
});
