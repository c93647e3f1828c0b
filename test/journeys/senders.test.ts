import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hostileCalls } from '../support/hostile-xml.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { openRaw, type RawConnection } from '../support/raw-http.ts';
import { rawRequest, rawRequestNames } from '../support/raw-requests.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { callMethod, callXml, post, readXml } from '../support/xml-rpc.ts';

// Spec: Pingback 1.0 section 2 (S1); XML-RPC (1999/2003); RFC 9112 for how the bytes of a request may come.

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({ env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all' } });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

let pages = 0;

/** A page of ours and a page that links to it, both new. */
function newPair(query = ''): { readonly source: string; readonly target: string } {
  pages += 1;
  const target = web.url(`/blog/post-${pages}`);
  web.page(`/blog/post-${pages}`, 'Ours');
  web.page(`/from/${pages}`, linkingPage(target));
  return { target, source: web.url(`/from/${pages}${query}`) };
}

const host = (): string => new URL(service.url).host;

async function open(): Promise<RawConnection> {
  const line = await openRaw(host());
  onTestFinished(line.close);
  return line;
}

const verified = /^The pingback is verified and registered\. Its status: http/u;

describe('the requests of real senders, byte for byte', () => {
  it.each(rawRequestNames)('are understood: %s', async (name) => {
    const line = await open();
    const { source, target } = newPair('?only=one');
    line.write(rawRequest(name, { source, target, host: host() }));
    const { status, headers, body } = await line.answer();
    expect([status, headers['content-type']]).toEqual([200, 'text/xml; charset=UTF-8']);
    expect(readXml(body).says).toMatch(verified);
    expect((await ownerOf(service).find(source)).verification).toBe('verified');
  });

  it.each(['wordpress-pingback', 'python-xmlrpc'] as const)(
    'keep the ampersands of an address: %s',
    async (name) => {
      const line = await open();
      const { source, target } = newPair('?a=1&b=2&amp;c=3');
      line.write(rawRequest(name, { source, target, host: host() }));
      expect(readXml((await line.answer()).body).says).toMatch(verified);
      expect((await ownerOf(service).find(source)).source.url).toBe(source);
    },
  );

  it('are told so when they are not well-formed, as an unescaped ampersand makes them', async () => {
    const line = await open();
    const { source, target } = newPair('?a=1&b=2');
    line.write(rawRequest('serendipity-pingback', { source, target, host: host() }));
    expect(readXml((await line.answer()).body).faultCode).toBe(-32700);
  });

  it.each(['/pingback?blog=2', '/blog/xmlrpc', '/blog/xmlrpc?a=1&b=<2>'])(
    'reach the endpoint %s',
    async (path) => {
      const line = await open();
      const { source, target } = newPair();
      const request = rawRequest('wordpress-pingback', { source, target, host: host(), path });
      line.write(request);
      expect(readXml((await line.answer()).body).says).toMatch(verified);
    },
  );
});

/** A ping in a request whose head a test writes itself. */
function pingBody(query = ''): Buffer {
  const { source, target } = newPair(query);
  return Buffer.from(callXml('pingback.ping', [source, target]));
}

const head = (...lines: string[]): string =>
  ['POST /pingback HTTP/1.1', `Host: ${host()}`, ...lines, '', ''].join('\r\n');

describe('the corpus of hostile calls', () => {
  it('is answered over the wire as in the laboratory, and leaves the process alive', async () => {
    for (const { name, body, contentType = 'text/xml', expect: expected } of hostileCalls) {
      const called = await post(`${service.url}/pingback`, Buffer.from(body), {
        'content-type': contentType,
      });
      // Nobody's site is at the addresses that the good ones name.
      const answer = expected === 'ping' ? [16, 33] : [expected === 'ok' ? undefined : expected];
      expect([name, called.status, answer.includes(called.faultCode)]).toEqual([name, 200, true]);
    }
    expect((await service.get('/readyz')).status).toBe(200);
    expect(service.output().stderr).not.toMatch(/"level":(?:50|60)/u);
  });
});

describe('a request in unusual parts', () => {
  it('is answered, and the connection closed, when the sender wants it closed', async () => {
    const line = await open();
    const body = pingBody();
    line.write(head('Connection: close', `Content-Length: ${body.length}`));
    line.write(body);
    expect((await line.answer()).headers['connection']).toBe('close');
    await waitUntil(line.hasEnded);
  });

  it('may be followed by another on the same connection', async () => {
    const line = await open();
    for (const n of [1, 2]) {
      const body = pingBody();
      line.write(head('Content-Type: text/xml', `Content-Length: ${body.length}`));
      line.write(body);
      expect(readXml((await line.answer(n)).body).says).toMatch(verified);
    }
    expect(line.hasEnded()).toBe(false);
  });

  it('may be followed by another before it is answered', async () => {
    const line = await open();
    const bodies = [pingBody(), pingBody()];
    for (const body of bodies) {
      line.write(head('Content-Type: text/xml', `Content-Length: ${body.length}`));
      line.write(body);
    }
    for (const n of [1, 2]) expect(readXml((await line.answer(n)).body).says).toMatch(verified);
  });

  it('waits for 100 Continue', async () => {
    const line = await open();
    const body = pingBody();
    line.write(head('Expect: 100-continue', 'Content-Type: text/xml', `Content-Length: ${body.length}`));
    expect((await line.answer(1)).status).toBe(100);
    line.write(body);
    expect(readXml((await line.answer(2)).body).says).toMatch(verified);
  });

  it('comes in chunks', async () => {
    const line = await open();
    const body = pingBody();
    line.write(head('Transfer-Encoding: chunked', 'Content-Type: text/xml'));
    for (let at = 0; at < body.length; at += 50) {
      const chunk = body.subarray(at, at + 50);
      line.write(`${chunk.length.toString(16)};x=y\r\n`);
      line.write(chunk);
      line.write('\r\n');
    }
    line.write('0\r\nX-Trailer: 1\r\n\r\n');
    expect(readXml((await line.answer()).body).says).toMatch(verified);
  });

  it('comes without a content type', async () => {
    const line = await open();
    const body = pingBody();
    line.write(head(`Content-Length: ${body.length}`));
    line.write(body);
    expect(readXml((await line.answer()).body).says).toMatch(verified);
  });

  it('comes by HTTP/1.0', async () => {
    const line = await open();
    const body = pingBody();
    line.write(`POST /pingback HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n`);
    line.write(body);
    expect(readXml((await line.answer()).body).says).toMatch(verified);
    await waitUntil(line.hasEnded);
  });

  it('comes byte by byte', async () => {
    const line = await open();
    const body = pingBody();
    line.write(head('Content-Type: text/xml', `Content-Length: ${body.length}`));
    for (const byte of body) line.write(Buffer.of(byte));
    expect(readXml((await line.answer()).body).says).toMatch(verified);
  });

  it('is refused as too large before it has come, by its length or by its chunks', async () => {
    const [byLength, byChunks] = [await open(), await open()];
    byLength.write(head('Content-Type: text/xml', 'Content-Length: 1000000'));
    byLength.write('<');
    byChunks.write(head('Content-Type: text/xml', 'Transfer-Encoding: chunked'));
    byChunks.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`);
    for (const line of [byLength, byChunks]) {
      const { status, body } = await line.answer();
      expect([status, readXml(body).faultCode]).toEqual([200, -32700]);
      await waitUntil(line.hasEnded);
    }
  });

  it('leaves nothing behind when its sender goes away in the middle', async () => {
    const before = (await ownerOf(service).list()).counts.verification;
    const line = await open();
    const body = pingBody();
    line.write(head('Content-Type: text/xml', `Content-Length: ${body.length}`));
    line.write(body.subarray(0, -1));
    line.close();
    expect((await service.get('/healthz')).status).toBe(200);
    expect((await ownerOf(service).list()).counts.verification).toEqual(before);
  });
});

describe('the same ping again', () => {
  it.each([2, 20])('makes one row when it comes %i times at once', async (times) => {
    const { source, target } = newPair();
    const answers = await Promise.all(Array.from({ length: times }, () => service.ping(source, target)));
    for (const answer of answers) {
      expect(answer).toMatch(/^The pingback is verified|^fault 48: The pingback is registered already\.$/u);
    }
    const { items } = await ownerOf(service).list({ q: source });
    expect(items.filter((each) => each.source.url === source)).toHaveLength(1);
  });

  it('makes one row whatever the spelling of its addresses', async () => {
    const { source, target } = newPair();
    const spellings = [
      [source, target],
      [source, `${target}/`],
      [source, `${target}#comments`],
      [`${source}#here`, target],
      [source.replace('http:', 'HTTP:'), target.replace('/blog/', '/%62log/')],
    ] as const;
    const answers: string[] = [];
    for (const [from, to] of spellings) answers.push(await service.ping(from, to));
    expect(answers[0]).toMatch(verified);
    expect(new Set(answers.slice(1))).toEqual(new Set(['fault 48: The pingback is registered already.']));
    const { items } = await ownerOf(service).list({ q: source });
    expect(items).toHaveLength(1);
  });
});

describe('pingback.extensions.getPingbacks', () => {
  const ask = (target: string, path = '/pingback') =>
    callMethod(`${service.url}${path}`, 'pingback.extensions.getPingbacks', target);

  it('gives the approved sources, oldest first, each with its ampersands as they are', async () => {
    const { target } = newPair();
    const sources = ['c', 'a', 'b', 'd'].map((name) => web.url(`/list/${name}?x=1&y=2`));
    for (const source of sources) {
      web.page(new URL(source).pathname, linkingPage(target));
      expect(await service.ping(source, target)).toMatch(verified);
    }
    const none = await ask(target);
    expect([none.faultCode, none.strings]).toEqual([undefined, []]);
    expect(none.xml).toContain('<array><data/></array>');
    const owner = ownerOf(service);
    const decisions = ['approved', 'approved', 'spam', 'approved'] as const;
    // The order of the decisions is not the order of the list.
    for (const [at, source] of [...sources.entries()].reverse()) {
      await owner.decide((await owner.find(source)).id, decisions[at] ?? '');
    }
    const called = await ask(`${target}/#x`);
    expect(called.strings).toEqual([sources[0], sources[1], sources[3]]);
    expect(called.xml).toContain('?x=1&amp;y=2</string>');
    expect(called.xml).not.toContain('&amp;amp;');
  });

  it('answers 33 for a page that takes none, and for the wrong endpoint', async () => {
    const { target } = newPair();
    expect((await ask('https://elsewhere.example/')).faultCode).toBe(33);
    expect((await ask('not a URL')).faultCode).toBe(33);
    expect((await ask(target, '/nobody/xmlrpc')).faultCode).toBe(33);
    expect((await ask(target, '/blog/xmlrpc')).faultCode).toBeUndefined();
  });
});

describe('the methods of the system', () => {
  it('are listed with those of Pingback, and multicall is none of them', async () => {
    const { strings } = await callMethod(`${service.url}/pingback`, 'system.listMethods');
    expect(strings).toEqual([
      'pingback.ping',
      'pingback.extensions.getPingbacks',
      'system.listMethods',
      'system.getCapabilities',
    ]);
    for (const method of strings) {
      expect((await callMethod(`${service.url}/pingback`, method)).faultCode).not.toBe(-32601);
    }
    expect((await callMethod(`${service.url}/pingback`, 'system.multicall')).faultCode).toBe(-32601);
  });
});
