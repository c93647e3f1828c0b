/** A small real web on loopback: ordinary pages over HTTP, and raw sockets that break every rule of it. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { constants, crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { waitUntil } from './wait.ts';

/** One request that arrived, with its body read to the end. */
export type Hit = {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds of the wall clock. */
  readonly at: number;
};

export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Uint8Array;
};

export type Handler = (request: IncomingMessage, response: ServerResponse, hit: Hit) => void;

/** What a path answers: HTML as it stands, an answer with status and headers, or a function. */
export type Page = string | Answer | Handler;

export type Web = {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  url(path: string): string;
  /** Sets or replaces what a path answers. A query in `path` must match exactly; without one, any does. */
  page(path: string, page: Page): void;
  /** The requests a path has seen, oldest first; without a query in `path`, whatever their query. */
  hits(path: string): readonly Hit[];
  /** Waits for the nth request of a path, and gives it. */
  waitForHit(path: string, n?: number): Promise<Hit>;
  /** Lets requests of a path hang until the function it gives is called. They count as hits at once. */
  hold(path: string): () => void;
  /** Breaks every connection and stops listening. */
  close(): Promise<void>;
};

/** Where to listen; the default is any free port of 127.0.0.1. */
export type Place = { readonly address?: string; readonly port?: number };

/** Starts a web without pages: every path answers 404 until it is given one. */
export async function startWeb({ address = '127.0.0.1', port = 0 }: Place = {}): Promise<Web> {
  const pages = new Map<string, Page>();
  const seen: Hit[] = [];
  const holds = new Map<string, Promise<void>>();

  const server = createServer((request, response) => {
    readAll(request)
      .then(async (body) => {
        const { method = '', url = '', headers } = request;
        const hit = { method, url, headers, body, at: Date.now() };
        seen.push(hit);
        await byPath(holds, url);
        answer(byPath(pages, url) ?? { status: 404, body: 'Not found' }, request, response, hit);
      })
      .catch((error: unknown) => {
        // A client that goes away in mid-body is its test's business; a broken handler must not hang it.
        response.destroy(error instanceof Error ? error : undefined);
      });
  });
  const host = await listen(server, address, port);

  const web: Web = {
    host,
    url: (path) => `http://${host}${path}`,
    page: (path, page) => void pages.set(path, page),
    hits: (path) => seen.filter(({ url }) => (path.includes('?') ? url : withoutQuery(url)) === path),
    waitForHit: (path, n = 1) => waitUntil(() => web.hits(path)[n - 1], { what: `request ${n} of ${path}` }),
    hold: (path) => {
      const { promise, resolve } = newGate();
      holds.set(path, promise);
      return () => {
        if (holds.get(path) === promise) holds.delete(path);
        resolve();
      };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return web;
}

function newGate(): { promise: Promise<void>; resolve: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, resolve: open };
}

const withoutQuery = (url: string): string => url.replace(/\?.*$/su, '');

function byPath<T>(map: ReadonlyMap<string, T>, url: string): T | undefined {
  return map.get(url) ?? map.get(withoutQuery(url));
}

async function readAll(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function answer(page: Page, request: IncomingMessage, response: ServerResponse, hit: Hit): void {
  if (typeof page === 'function') {
    page(request, response, hit);
    return;
  }
  const { status = 200, headers = {}, body } = typeof page === 'string' ? { body: page } : page;
  response.statusCode = status;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}

function listen(server: TcpServer, address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      const bound = (server.address() as AddressInfo).port;
      resolve(address.includes(':') ? `[${address}]:${bound}` : `${address}:${bound}`);
    });
  });
}

export type RawWeb = {
  readonly host: string;
  url(path: string): string;
  /** How many connections were ever made, and how many are open now. */
  connections(): { readonly made: number; readonly open: number };
  /** Breaks every connection and stops listening. */
  close(): Promise<void>;
};

/** Starts a TCP server that knows nothing about HTTP: `onConnection` does all the talking. */
export async function startRaw(
  onConnection: (socket: Socket) => void,
  { address = '127.0.0.1', port = 0 }: Place = {},
): Promise<RawWeb> {
  const open = new Set<Socket>();
  let made = 0;
  const server = createTcpServer((socket) => {
    made += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    onConnection(socket);
  });
  const host = await listen(server, address, port);
  return {
    host,
    url: (path) => `http://${host}${path}`,
    connections: () => ({ made, open: open.size }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** What is done to a connection once the head of a request has come in. */
export type Misbehaviour = (socket: Socket, request: string) => void;

/** Makes a misbehaviour a connection handler for {@link startRaw}; it acts once for each connection. */
export function onRequest(misbehave: Misbehaviour): (socket: Socket) => void {
  return (socket) => {
    let request = '';
    const read = (part: Buffer): void => {
      request += part.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      socket.off('data', read);
      socket.resume();
      misbehave(socket, request);
    };
    socket.on('data', read);
  };
}

const bombBytes = 200 * 1024 * 1024;
const mebibyte = Buffer.alloc(1024 * 1024);
const page = '<!doctype html><title>A page</title><p>Some words.</p>';

/** A page behind a head; `head` is the status line and the headers without their final line end. */
function reply(head: string, body: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

const ok = (headers = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close${headers === '' ? '' : `\r\n${headers}`}`;

/** Says one thing and hangs up. */
const says =
  (head: string, body: string | Uint8Array = ''): Misbehaviour =>
  (socket) =>
    void socket.end(reply(head, body));

/** Says one thing and keeps the line open. */
const saysAndWaits =
  (text: string): Misbehaviour =>
  (socket) =>
    void socket.write(text, 'latin1');

const withStatus = (line: string): Misbehaviour => says(`HTTP/1.1 ${line}\r\nContent-Type: text/html`, page);

const redirectsTo = (...locations: string[]): Misbehaviour =>
  says(
    `HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close${locations.map((to) => `\r\nLocation: ${to}`).join('')}`,
  );

/** Sends `next()` every few milliseconds until the other side has enough. */
function drip(socket: Socket, everyMs: number, next: () => string): void {
  const timer = setInterval(() => socket.write(next(), 'latin1'), everyMs);
  socket.once('close', () => clearInterval(timer));
}

/** Sends `next()` as fast as it is taken, until it gives undefined or the other side has enough. */
function pour(socket: Socket, next: () => string | Uint8Array | undefined): void {
  const more = (): void => {
    if (socket.destroyed) return;
    const part = next();
    if (part === undefined) return void socket.end();
    if (socket.write(part)) setImmediate(more);
    else socket.once('drain', more);
  };
  more();
}

const pours =
  (head: string, part: string | Uint8Array): Misbehaviour =>
  (socket) => {
    socket.write(head, 'latin1');
    pour(socket, () => part);
  };

/** A mebibyte of zeros as deflate blocks that look back at nothing, so that they may be repeated. */
const deflatedZeros = deflateRawSync(mebibyte, { finishFlush: constants.Z_FULL_FLUSH });
const deflateEnd = Buffer.from([0x03, 0x00]);

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function gzipTrailer(): Buffer {
  let sum = 0;
  for (let done = 0; done < bombBytes; done += mebibyte.length) sum = crc32(mebibyte, sum);
  return Buffer.concat([littleEndian(sum), littleEndian(bombBytes)]);
}

/** Adler-32 of zeros only. */
const zlibTrailer = (): Buffer => littleEndian((((bombBytes % 65_521) << 16) | 1) >>> 0).reverse();

/** 200 MiB of zeros in one valid stream, made of the same compressed mebibyte again and again. */
function zeroBomb(start: Uint8Array, trailer: () => Uint8Array): () => Uint8Array | undefined {
  let left = bombBytes / mebibyte.length;
  let ended = false;
  return () => {
    left -= 1;
    if (left === bombBytes / mebibyte.length - 1) return Buffer.concat([start, deflatedZeros]);
    if (left >= 0) return deflatedZeros;
    if (ended) return undefined;
    ended = true;
    return Buffer.concat([deflateEnd, trailer()]);
  };
}

const gzipStart = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);
const zlibStart = Buffer.from([0x78, 0x9c]);

/** What `brotliCompressSync` (quality 5, window 2^24) makes of 200,000,000 zeros. */
const brotliBomb = Buffer.from(
  'z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje//P//x8ACYA4' +
    'LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/8//4HUAEgBxWAC6ues=',
  'base64',
);

/** Gzip in gzip: the outer layer is small, the one inside has all the zeros. */
const gzippedTwice = (): Buffer => gzipSync(gzipSync(Buffer.alloc(10 * mebibyte.length)));

/** A gzip header with a file name in it, which may go on for ever. */
const gzipStartOfName = Buffer.from([0x1f, 0x8b, 0x08, 0x08, 0, 0, 0, 0, 0, 0xff]);
const emptyDeflateBlocks = Buffer.concat(Array<Buffer>(3277).fill(Buffer.from([0, 0, 0, 0xff, 0xff])));

const hostOf = (request: string): string => /^host: *([^\r\n]+)/imu.exec(request)?.[1] ?? 'localhost';
const pathOf = (request: string): string => /^\S+ (\S+)/u.exec(request)?.[1] ?? '/';

/** Every known way to answer a request badly, by name. None ends by itself where the name says endless or slow. */
export const misbehaviours = {
  'never answers': () => undefined,
  'hangs up without a word': (socket) => void socket.end(),
  'resets before a word': (socket) => void socket.resetAndDestroy(),
  'slow header drip': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
    drip(socket, 50, () => 'a');
  },
  'slow status line drip': (socket) => drip(socket, 50, () => 'H'),
  'endless small headers, slowly': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    drip(socket, 50, () => 'X-Slow: a\r\n');
  },
  'slow body drip': (socket) => {
    socket.write(reply(ok()));
    drip(socket, 50, () => 'a');
  },
  'slow chunk drip': (socket) => {
    socket.write(reply(ok('Transfer-Encoding: chunked')));
    drip(socket, 50, () => '1\r\na\r\n');
  },
  'headers, then silence': saysAndWaits(`${ok('Content-Length: 100')}\r\n\r\n`),
  'half a body, then silence': saysAndWaits(`${ok('Content-Length: 1000')}\r\n\r\n${page}`),
  'one header of 100 KB': says(ok(`X-Big: ${'a'.repeat(100 * 1024)}`), page),
  '100 KB of headers': says(ok(`X-Big: ${'a'.repeat(1000)}\r\n`.repeat(100).trimEnd()), page),
  '2,500 tiny headers': says(ok('a: b\r\n'.repeat(2500).trimEnd()), page),
  'an endless header line': pours('HTTP/1.1 200 OK\r\nX-Big: ', 'a'.repeat(16 * 1024)),
  'an endless status line': pours('HTTP/1.1 200 ', 'a'.repeat(16 * 1024)),
  'endless 103, slowly': (socket) => drip(socket, 20, () => 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  'endless 103, as a flood': pours('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(500)),
  'endless 100': pours('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)),
  'endless 102': pours('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(500)),
  '103 with 100 KB of headers': says(
    `HTTP/1.1 103 Early Hints\r\n${'Link: </a>\r\n'.repeat(9000)}\r\n${ok()}`,
    page,
  ),
  '103 with a body': says(`HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello${ok()}`, page),
  'eight 103s, then the page': says(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(8)}${ok()}`, page),
  'nine 103s, then the page': says(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(9)}${ok()}`, page),
  'content-length too long': says(ok('Content-Length: 100000'), page),
  'content-length too short': says(ok('Content-Length: 10'), page),
  'two different content-lengths': says(ok(`Content-Length: 5\r\nContent-Length: ${page.length}`), page),
  'negative content-length': says(ok('Content-Length: -1'), page),
  'absurd content-length': says(ok(`Content-Length: ${'9'.repeat(40)}`), page),
  'content-length beside chunks': says(
    ok('Content-Length: 5\r\nTransfer-Encoding: chunked'),
    '5\r\nhello\r\n0\r\n\r\n',
  ),
  'chunk size that is no number': says(ok('Transfer-Encoding: chunked'), `zz\r\n${page}\r\n0\r\n\r\n`),
  'chunk longer than it says': says(ok('Transfer-Encoding: chunked'), `5\r\n${page}\r\n0\r\n\r\n`),
  'absurd chunk size': says(ok('Transfer-Encoding: chunked'), `${'f'.repeat(40)}\r\n${page}`),
  'chunks without an end': says(ok('Transfer-Encoding: chunked'), `5\r\nhello\r\n`),
  'endless chunk extension': pours(`${ok('Transfer-Encoding: chunked')}\r\n\r\n5;`, 'a'.repeat(16 * 1024)),
  'endless trailers': pours(
    `${ok('Transfer-Encoding: chunked')}\r\n\r\n0\r\n`,
    'X-Trailer: a\r\n'.repeat(500),
  ),
  'a long extension in each chunk': says(
    ok('Transfer-Encoding: chunked'),
    `${`5;${'a'.repeat(10_000)}\r\nhello\r\n`.repeat(10)}0\r\n\r\n`,
  ),
  'trailers that contradict the headers': says(
    ok('Transfer-Encoding: chunked'),
    `${page.length.toString(16)}\r\n${page}\r\n0\r\nContent-Encoding: gzip\r\nLocation: /elsewhere\r\n\r\n`,
  ),
  'a chunk size with a sign': says(ok('Transfer-Encoding: chunked'), `+5\r\nhello\r\n0\r\n\r\n`),
  'a chunk size in another notation': says(ok('Transfer-Encoding: chunked'), `0x5\r\nhello\r\n0\r\n\r\n`),
  'chunks parted by line feeds alone': says(ok('Transfer-Encoding: chunked'), `5\nhello\n0\n\n`),
  'a transfer coding nobody knows': says(ok('Transfer-Encoding: rot13'), page),
  'gzip as a transfer coding': says(ok('Transfer-Encoding: gzip, chunked'), `5\r\nhello\r\n0\r\n\r\n`),
  'two transfer codings': says(
    ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'),
    `5\r\nhello\r\n0\r\n\r\n`,
  ),
  'content-length twice the same': says(
    ok(`Content-Length: ${page.length}\r\nContent-Length: ${page.length}`),
    page,
  ),
  'content-length as a list': says(ok(`Content-Length: ${page.length}, ${page.length}`), page),
  'content-length with a sign': says(ok(`Content-Length: +${page.length}`), page),
  'content-length in another notation': says(ok('Content-Length: 0x36'), page),
  'reset after headers': (socket) =>
    void socket.write(reply(ok('Content-Length: 1000')), () => socket.resetAndDestroy()),
  'reset mid-body': (socket) =>
    void socket.write(reply(ok('Content-Length: 1000'), page), () => socket.resetAndDestroy()),
  'infinite body': pours(`${ok()}\r\n\r\n`, '<p>More and more words.</p>\n'.repeat(500)),
  'infinite chunks': pours(
    `${ok('Transfer-Encoding: chunked')}\r\n\r\n`,
    `3e8\r\n${'a'.repeat(1000)}\r\n`.repeat(10),
  ),
  'gzip bomb of 200 MB': (socket) => {
    socket.write(reply(ok('Content-Encoding: gzip')));
    pour(socket, zeroBomb(gzipStart, gzipTrailer));
  },
  'deflate bomb of 200 MB': (socket) => {
    socket.write(reply(ok('Content-Encoding: deflate')));
    pour(socket, zeroBomb(zlibStart, zlibTrailer));
  },
  'brotli bomb of 200 MB': says(ok('Content-Encoding: br'), brotliBomb),
  'endless gzip': pours(`${ok('Content-Encoding: gzip')}\r\n\r\n`, gzipSync(mebibyte)),
  'zstd bomb of 64 MB': (socket) =>
    void socket.end(
      reply(ok('Content-Encoding: zstd'), zstdCompressSync(Buffer.alloc(64 * mebibyte.length))),
    ),
  'endless name in a gzip header': (socket) => {
    socket.write(reply(ok('Content-Encoding: gzip'), gzipStartOfName));
    pour(socket, () => Buffer.alloc(16 * 1024, 'a'));
  },
  'endless empty blocks in gzip': (socket) => {
    socket.write(reply(ok('Content-Encoding: gzip'), gzipStart));
    pour(socket, () => emptyDeflateBlocks);
  },
  'gzip of nothing at all': says(ok('Content-Encoding: gzip')),
  'gzip with garbage behind it': says(
    ok('Content-Encoding: gzip'),
    Buffer.concat([gzipSync(page), Buffer.from('garbage')]),
  ),
  'deflate without its header': says(ok('Content-Encoding: deflate'), deflateRawSync(page)),
  'two encodings on top of each other': (socket) =>
    void socket.end(reply(ok('Content-Encoding: gzip, gzip'), gzippedTwice())),
  'two content-encoding headers': (socket) =>
    void socket.end(reply(ok('Content-Encoding: gzip\r\nContent-Encoding: gzip'), gzippedTwice())),
  'twenty encodings': says(ok(`Content-Encoding: ${Array(20).fill('gzip').join(', ')}`), gzipSync(page)),
  'gzip that stops in the middle': says(ok('Content-Encoding: gzip'), gzipSync(page).subarray(0, 30)),
  'gzip with a wrong checksum': says(
    ok('Content-Encoding: gzip'),
    Buffer.concat([gzipSync(page).subarray(0, -8), Buffer.alloc(8, 1)]),
  ),
  'says gzip, sends text': says(ok('Content-Encoding: gzip'), page),
  'says brotli, sends text': says(ok('Content-Encoding: br'), page),
  'an encoding nobody knows': says(ok('Content-Encoding: rot13'), page),
  'garbage instead of HTTP': (socket) => void socket.end(Buffer.from([0x16, 0x03, 0x01, 0, 0xff, 0, 1, 2])),
  'endless garbage': pours('', Buffer.alloc(16 * 1024, 0xa5)),
  'a page without a head': (socket) => void socket.end(page),
  'another protocol': (socket) => void socket.end('220 mail.example ESMTP ready\r\n'),
  'HTTP/2 without being asked': (socket) =>
    void socket.end(Buffer.from('000012040000000000000300000064000400100000000600004000', 'hex')),
  'HTTP/9.9': says('HTTP/9.9 200 OK\r\nContent-Type: text/html', page),
  'status 000': withStatus('000 Nothing'),
  'status 99': withStatus('99 Too low'),
  'status 600': withStatus('600 Too high'),
  'status 999': withStatus('999 Go away'),
  'status that is no number': withStatus('OK fine'),
  'status 101 without being asked': says(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade',
  ),
  'status 204 with a body': withStatus('204 No Content'),
  'status 206': withStatus('206 Partial Content'),
  'status 304': withStatus('304 Not Modified'),
  'status 407': withStatus('407 Proxy Authentication Required\r\nProxy-Authenticate: Basic'),
  'NUL in a header': says(ok('X-Nul: a\0b'), page),
  'a header folded over two lines': says(ok('X-Folded: a\r\n b'), page),
  'a header without a colon': says(ok('X-Nothing'), page),
  'a header with a blank before the colon': says(ok('X-Blank : a'), page),
  'line feeds alone': (socket) => void socket.end(`HTTP/1.1 200 OK\nContent-Type: text/html\n\n${page}`),
  'two answers to one request': (socket) => {
    const one = reply(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}`, page);
    socket.end(Buffer.concat([one, one]));
  },
  'more and more on a connection that is kept': (socket) => {
    const one = reply(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}`, page);
    pour(socket, () => one);
  },
  'the page, then a reset': (socket) =>
    void socket.write(reply(ok(`Content-Length: ${page.length}`), page), () => socket.resetAndDestroy()),
  'the page, and the line kept open': saysAndWaits(
    `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
  ),
  'HTTP/1.0 without a length': says('HTTP/1.0 200 OK\r\nContent-Type: text/html', page),
  'a status without a reason': withStatus('200'),
  'blank lines before the answer': says(`${'\r\n'.repeat(100)}${ok()}`, page),
  'endless blank lines': pours('', '\r\n'.repeat(8000)),
  'a very long header name': says(ok(`${'x'.repeat(20_000)}: a`), page),
  'a carriage return alone in a header': says(ok('X-Return: a\rb'), page),
  'a content type that is none': says(
    'HTTP/1.1 200 OK\r\nContent-Type: ;;;charset="\r\nConnection: close',
    page,
  ),
  'a charset nobody knows': says('HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=x-none', page),
  'redirect loop': (socket, request) =>
    redirectsTo(`http://${hostOf(request)}${pathOf(request)}`)(socket, request),
  'redirects to ever new addresses': (socket, request) => {
    const next = Number(/^\/again\/(\d+)$/u.exec(pathOf(request))?.[1] ?? 0) + 1;
    redirectsTo(`http://${hostOf(request)}/again/${next}`)(socket, request);
  },
  'redirect to a javascript: URL': redirectsTo('javascript:alert(1)'),
  'redirect to a data: URL': redirectsTo(`data:text/html,${encodeURIComponent(page)}`),
  'redirect to a file: URL': redirectsTo('file:///etc/passwd'),
  'redirect to the metadata address': redirectsTo('http://169.254.169.254/latest/meta-data/'),
  'redirect to loopback by another spelling': redirectsTo('http://2130706433:22/'),
  'redirect with user and password': (socket, request) =>
    redirectsTo(`http://user:password@${hostOf(request)}/`)(socket, request),
  'redirect that is no URL': redirectsTo('http://[::1/%'),
  'redirect to a very long address': redirectsTo(`/${'a'.repeat(5000)}`),
  'redirect with two locations': redirectsTo('/one', '/two'),
  'redirect with an empty location': redirectsTo(''),
  'redirect without location': redirectsTo(),
  'redirect by 300': says(ok('Location: /').replace('200 OK', '300 Multiple Choices')),
  'redirect by a header of another kind': says(ok('Refresh: 0; url=http://169.254.169.254/'), page),
  'redirect with line breaks in it': redirectsTo('/a%0d%0aX-Evil:%20b'),
  'redirect to an ftp: URL': redirectsTo('ftp://127.0.0.1/'),
  'redirect to a port for mail': (socket, request) =>
    redirectsTo(`http://${hostOf(request).replace(/:.*/u, '')}:25/`)(socket, request),
  'redirect with an infinite body': (socket, request) =>
    pours(`HTTP/1.1 302 Found\r\nLocation: http://${hostOf(request)}/\r\n\r\n`, 'a'.repeat(16 * 1024))(
      socket,
      request,
    ),
} satisfies Record<string, Misbehaviour>;

/** Misbehaviours before anything has been asked. */
const impatience = {
  'hangs up at once': (socket) => void socket.resume().end(),
  'resets at once': (socket) => void socket.resetAndDestroy(),
  'answers before it is asked': (socket) => void socket.resume().end(reply(ok(), page)),
  'floods before it is asked': (socket) =>
    pour(socket.resume(), () => Buffer.alloc(16 * 1024, 'HTTP/1.1 200 OK\r\n')),
} satisfies Record<string, (socket: Socket) => void>;

export type MisbehaviourName = keyof typeof misbehaviours | keyof typeof impatience;

/** The names of {@link misbehaviours}, for a table test over all of them. */
export const misbehaviourNames = Object.keys({
  ...misbehaviours,
  ...impatience,
}) as readonly MisbehaviourName[];

const isImpatient = (name: string): name is keyof typeof impatience => Object.hasOwn(impatience, name);

/** Starts a server that answers every request in one of the ways of {@link misbehaviours}. */
export const startMisbehaving = (name: MisbehaviourName, place?: Place): Promise<RawWeb> =>
  startRaw(isImpatient(name) ? impatience[name] : onRequest(misbehaviours[name]), place);
