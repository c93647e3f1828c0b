import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates, TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTimeoutMs } from '../../src/web/connect.ts';
import { bodyText, makeTestFetch, never } from '../support/fetching.ts';
import { waitUntil } from '../support/wait.ts';
import { startRaw, startWeb } from '../support/web.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');

type Secure = {
  readonly port: number;
  readonly requests: () => readonly (string | false | null)[];
  readonly close: () => Promise<void>;
};

/** A web over TLS that notes which protocol each request came by. */
async function startSecure(certificate: string, more: TlsOptions = {}): Promise<Secure> {
  const requests: (string | false | null)[] = [];
  const options = {
    key: file('key.pem'),
    cert: file(certificate),
    ALPNProtocols: ['h2', 'http/1.1'],
    ...more,
  };
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

  it.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s', async (version) => {
    setDefaultCACertificates([...usual, file('valid.pem')]);
    // Old versions are spoken only by those who ask for less security.
    const old = await startSecure('valid.pem', {
      minVersion: version,
      maxVersion: version,
      ciphers: 'ALL:@SECLEVEL=0',
    });
    expect((await fetchPage(urlOf(`127.0.0.1:${old.port}`), never)).kind).toBe('trouble');
    expect(old.requests()).toEqual([]);
    await old.close();
  });

  it('shows no certificate of its own, whoever asks for one', async () => {
    setDefaultCACertificates([...usual, file('valid.pem')]);
    const asking = await startSecure('valid.pem', { requestCert: true, rejectUnauthorized: true });
    expect((await fetchPage(urlOf(`127.0.0.1:${asking.port}`), never)).kind).toBe('trouble');
    expect(asking.requests()).toEqual([]);
    await asking.close();
  });
});

const urlOf = (host: string): URL => new URL(`https://blog.example.com:${host.split(':')[1] ?? ''}/`);

/** The start of an answer in TLS 1.2: a hello that promises more. */
const serverHello = Buffer.from(`160303005d020000590303${'5a'.repeat(80)}`, 'hex');

const handshakes: Readonly<Record<string, (socket: Socket) => void>> = {
  'never ends': (socket) => void socket.resume(),
  'is none': (socket) => void socket.resume().end('HTTP/1.1 200 OK\r\n\r\n'),
  'is cut off': (socket) => void socket.once('data', () => socket.end(serverHello.subarray(0, 40))),
  'is reset': (socket) => void socket.once('data', () => socket.resetAndDestroy()),
  'ends in an alert': (socket) =>
    void socket.once('data', () => socket.end(Buffer.from([0x15, 0x03, 0x03, 0, 2, 2, 40]))),
  'comes byte by byte': (socket) => {
    let at = 0;
    const timer = setInterval(() => socket.write(serverHello.subarray(at, (at += 1))), 50);
    socket.resume().once('close', () => clearInterval(timer));
  },
  'is of records without end': (socket) => {
    const record = Buffer.concat([Buffer.from([0x16, 0x03, 0x03, 0x40, 0]), Buffer.alloc(0x4000)]);
    const timer = setInterval(() => socket.write(record), 10);
    socket.resume().once('close', () => clearInterval(timer));
  },
  'is garbage': (socket) => void socket.resume().end(Buffer.alloc(1000, 0xa5)),
};

describe.concurrent('a bad handshake', () => {
  it.each(Object.entries(handshakes))('is given up: it %s', async (_, shake) => {
    const raw = await startRaw(shake);
    const startedAt = performance.now();
    const fetched = await fetchPage(urlOf(raw.host), never);
    expect(fetched.kind).toBe('trouble');
    expect(performance.now() - startedAt).toBeLessThan(connectTimeoutMs + 2000);
    await waitUntil(() => raw.connections().open === 0, { timeoutMs: 3000 });
    await raw.close();
  });
});
