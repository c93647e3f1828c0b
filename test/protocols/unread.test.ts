import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { buildServer } from '../../src/server.ts';
import { startHere, type Here } from '../support/here.ts';
import { openRaw, type RawAnswer } from '../support/raw-http.ts';
import { answerText } from '../support/service.ts';

let here: Here;

beforeAll(async () => void (here = await startHere({ SITES: 'blog=https://blog.example/' })));

afterAll(() => here.close());

/** What is answered to a request whose first line is this, byte for byte, and whose body is empty. */
async function answerTo(
  line: string | Uint8Array,
  head = 'Content-Length: 0',
  url = here.url,
): Promise<RawAnswer> {
  const connection = await openRaw(new URL(url).host);
  connection.write(
    Buffer.concat([
      typeof line === 'string' ? Buffer.from(line, 'latin1') : line,
      Buffer.from(` HTTP/1.1\r\nHost: links.example\r\n${head}\r\n\r\n`),
    ]),
  );
  const answer = await connection.answer();
  connection.close();
  return answer;
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const trackbackNo =
  '<response>\n<error>1</error>\n<message>A TrackBack ping is a form with one "url", sent by POST.</message>\n</response>\n';

// Spec: TrackBack 1.2; every answer of the protocol is its XML.
describe('a TrackBack ping whose address cannot be read', () => {
  it.each([
    ['with an escape that is no UTF-8 in the site', 'POST /trackback/bl%E4g/post'],
    ['with an escape that is none', 'POST /trackback/%zz'],
    ['with a raw byte in the path', 'POST /trackback/blog/\xe4'],
    ['with a raw byte in the site', 'POST /trackback/bl\xe4g/post'],
    ['with a raw byte in the query', 'POST /trackback/blog/post?q=\xe4'],
    ['with raw UTF-8', utf8('POST /trackback/blog/käse')],
    ['asked by GET', 'GET /trackback/bl%E4g/post?__mode=rss'],
    ['with a site of a name too long', `POST /trackback/${'a'.repeat(300)}/post`],
  ])('is answered as TrackBack: %s', async (_, line) => {
    const { status, headers, body } = await answerTo(line);
    expect([status, headers['content-type']]).toEqual([200, 'text/xml; charset=utf-8']);
    expect(body).toBe(`<?xml version="1.0" encoding="utf-8"?>\n${trackbackNo}`);
  });
});

// Spec: XML-RPC, "unless there's a lower-level error, always return 200 OK".
describe('a pingback whose address cannot be read', () => {
  it.each(['POST /bl%E4g/xmlrpc', 'POST /bl\xe4g/xmlrpc', 'POST /pingback?\xe4'])(
    'is answered by a fault: %j',
    async (line) => {
      const { status, headers, body } = await answerTo(line);
      expect([status, headers['content-type']]).toEqual([200, 'text/xml; charset=UTF-8']);
      expect(answerText(body)).toBe('fault 0: The call is not a valid ping.');
    },
  );

  it('is answered by a fault when its site has a name too long', async () => {
    const { body } = await answerTo(`POST /${'a'.repeat(300)}/xmlrpc`);
    expect(answerText(body)).toBe('fault 0: The call is not a valid ping.');
  });
});

describe('a webmention whose address cannot be read', () => {
  it.each(['POST /bl%E4g/webmention', 'POST /bl\xe4g/webmention', 'POST /webmention?\xe4'])(
    'is answered as a webmention: %j',
    async (line) => {
      const { status, headers, body } = await answerTo(line);
      expect([status, headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
      expect(JSON.parse(body)).toMatchObject({ status: 400, reason: 'malformed' });
    },
  );
});

// Spec: RFC 9457.
describe('any other request that cannot be read', () => {
  it.each([
    ['an escape that is no UTF-8', 'GET /status/%E4', 400],
    ['a raw byte', 'GET /status/\xe4', 400],
    ['an escape that is none', 'GET /%zz', 400],
    ['a route of a dialect by GET', 'GET /bl%E4g/xmlrpc', 400],
    ['a long part of the path', `GET /status/${'a'.repeat(300)}`, 414],
    ['a long address', `GET /${'a'.repeat(20_000)}`, 431],
    ['TLS', '\x16\x03\x01\x02', 400],
    ['a method that is none', 'BREW /pingback', 400],
  ])('is answered by a problem: %s', async (_, line, expected) => {
    const { status, headers, body } = await answerTo(line);
    expect([status, headers['content-type']]).toEqual([expected, 'application/problem+json; charset=utf-8']);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status: expected });
    // Nothing of what was asked comes back.
    expect(body).not.toMatch(/aaaa|%|\xe4/u);
  });

  it.each([
    ['a length that is none', 'Content-Length: 5x'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length beside chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['a header without a colon', 'Content-Length'],
  ])('is no ping, whatever its route: one with %s', async (_, head) => {
    for (const line of ['POST /trackback/blog/post', 'POST /pingback', 'POST /webmention']) {
      const { status, headers } = await answerTo(line, head);
      expect([status, headers['content-type']]).toEqual([400, 'application/problem+json; charset=utf-8']);
    }
  });
});

describe('a service whose public address has a path', () => {
  it('knows its routes below it', async () => {
    const server = buildServer(readConfig({ BASE_URL: 'https://example.com/links' }), false);
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const head = 'Content-Length: 0';
    expect((await answerTo('POST /links/trackback/blog/\xe4', head, url)).body).toContain(trackbackNo);
    expect((await answerTo('POST /links/bl%E4g/xmlrpc', head, url)).body).toContain('<fault>');
    expect((await answerTo('POST /other/trackback/blog/\xe4', head, url)).status).toBe(400);
    await server.close();
  });
});
