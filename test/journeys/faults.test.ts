import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { startNoNames, type NameServer } from '../support/no-names.ts';
import { ownerOf } from '../support/owner.ts';
import { openRaw } from '../support/raw-http.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startRaw, startWeb, type RawWeb, type Web } from '../support/web.ts';
import { callMethod, callXml, post, type Called } from '../support/xml-rpc.ts';

// Spec: Pingback 1.0 section 3 (S2, S3, S4); Specification for Fault Code Interoperability, 20010516.

const texts = {
  malformed: 'The call is not a valid ping.',
  'same-page': 'The source and the target are the same page.',
  'source-unusable': 'The source page could not be read.',
  'no-link': 'The source page has no link to the target.',
  'target-gone': 'The target page does not exist.',
  'target-closed': 'The target cannot be used as a target: it takes no pingbacks here.',
  'already-registered': 'The pingback is registered already.',
  'access-denied': 'Access denied: the owner takes no pingbacks from this source.',
  upstream: 'The source page gave an error that may pass; it will be tried again.',
  'too-many': 'Too many pings; try again later.',
  unavailable: 'Pings cannot be taken at the moment; try again later.',
  'our-fault': 'Something went wrong on this side.',
} as const;

let web: Web;
let names: NameServer;
let silentTls: RawWeb;
let service: Service;
/** The slow kinds of trouble, where the caller must not wait for them. */
let hasty: Service;

beforeAll(async () => {
  web = await startWeb();
  names = await startNoNames();
  silentTls = await startRaw(() => undefined);
  web.page('/blog/post', '<title>Ours</title>');
  web.page('/other/post', '<title>The other site</title>');
  const env = {
    SITES: `blog=http://${web.host}/blog/,other=http://${web.host}/other/`,
    BLOCKED_HOSTS: 'blog:spam.example,farm.example',
    CLOSED_PATHS: '/blog/closed',
    DNS_SERVERS: names.address,
    POLICY: 'hold-all',
  };
  [service, hasty] = await Promise.all([
    startService({ env: { ...env, ANSWER_WITHIN_MS: '12000' } }),
    startService({ env: { ...env, ANSWER_WITHIN_MS: '300' } }),
  ]);
});

afterAll(async () => {
  await Promise.all([service.close(), hasty.close()]);
  await Promise.all([web.close(), names.close(), silentTls.close()]);
});

const target = (): string => web.url('/blog/post');

/** Pings the endpoint of all sites, and insists on what holds for every answer. */
async function ping(source: string, to = target(), path = '/pingback', from = service): Promise<Called> {
  const called = await callMethod(`${from.url}${path}`, 'pingback.ping', source, to);
  expectXmlRpc(called);
  return called;
}

function expectXmlRpc(called: Called): void {
  expect(called.status).toBe(200);
  expect(called.headers.get('content-type')).toBe('text/xml; charset=UTF-8');
  expect(called.xml).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?><methodResponse>/u);
}

/** A source page that answers as told. */
function source(path: string, page: Parameters<Web['page']>[1]): string {
  web.page(path, page);
  return web.url(path);
}

describe('a message that is no ping', () => {
  const good = callXml('pingback.ping', ['https://a.example/', 'https://b.example/']);

  it.each<[number, string, string | Uint8Array<ArrayBuffer>]>([
    [-32700, 'an empty body', ''],
    [-32700, 'a body cut short', good.slice(0, -9)],
    [-32700, 'a body over 16 KiB', good.replace('https://a', `https://${'a'.repeat(17_000)}`)],
    [-32701, 'an encoding not read here', good.replace('?>', ' encoding="shift_jis"?>')],
    [-32702, 'bytes that are no characters', Buffer.from(good.replace('//a', '//\xe9'), 'latin1')],
    [-32600, 'an answer', '<methodResponse><params/></methodResponse>'],
    [-32600, 'another document', '<html/>'],
    [-32601, 'a method we do not have', callXml('pingback.unping', ['x', 'y'])],
    [-32601, 'system.multicall', callXml('system.multicall', [])],
    [-32602, 'one parameter', callXml('pingback.ping', ['x'])],
    [-32602, 'a number', good.replaceAll('string>', 'int>').replaceAll(/https:[^<]*/gu, '5')],
  ])('gets fault %i for %s', async (code, _name, body) => {
    const called = await post(`${service.url}/pingback`, body);
    expectXmlRpc(called);
    expect(called.faultCode).toBe(code);
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'gets 405 with Allow: POST when it comes by %s',
    async (method) => {
      for (const path of ['/pingback', '/blog/xmlrpc']) {
        const response = await fetch(`${service.url}${path}`, { method });
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
      }
    },
  );
});

describe('what is known before any fetch', () => {
  it.each([
    ['the same URL', '/blog/post'],
    ['with a slash behind it', '/blog/post/'],
    ['with a fragment', '/blog/post#comments'],
  ])('gets fault 0 for a source that is the target: %s', async (_name, path) => {
    expect((await ping(web.url(path))).says).toBe(`fault 0: ${texts['same-page']}`);
  });

  it.each(['', 'blog post', '/blog/source', 'ftp://a.example/', 'javascript:alert(1)', 'http://'])(
    'gets fault 16 for the source "%s", which is no absolute http(s) URL',
    async (from) => {
      expect((await ping(from)).says).toBe(`fault 16: ${texts['source-unusable']}`);
    },
  );

  it.each([
    ['a foreign host', () => 'https://elsewhere.example/post', '/pingback'],
    ['a path beside the site', () => web.url('/blogs/post'), '/pingback'],
    ['no URL at all', () => 'blog/post', '/pingback'],
    ['a closed path', () => web.url('/blog/closed'), '/pingback'],
    ['a page below a closed path', () => web.url('/blog/closed/2024'), '/pingback'],
    ["another site's endpoint", () => web.url('/blog/post'), '/other/xmlrpc'],
    ['the endpoint of a site that does not exist', () => web.url('/blog/post'), '/nobody/xmlrpc'],
  ])('gets fault 33 for %s', async (_name, to, path) => {
    const called = await ping(source('/links/33', linkingPage(to())), to(), path);
    expect(called.says).toBe(`fault 33: ${texts['target-closed']}`);
    expect(web.hits('/links/33')).toEqual([]);
  });

  it.each(['spam.example', 'a.b.spam.example', 'SPAM.example.', 'www.farm.example'])(
    'gets fault 49 for a page on the blocked host %s',
    async (host) => {
      expect((await ping(`https://${host}/x`)).says).toBe(`fault 49: ${texts['access-denied']}`);
    },
  );

  it('keeps a block of one site from the others', async () => {
    const called = await ping('https://spam.example/x', web.url('/other/post'));
    expect(called.faultCode).toBe(16);
  });
});

describe.concurrent('what a look at the pages finds', () => {
  it.each([400, 401, 403, 404, 410, 451])(
    'gets fault 16 for a source that answers HTTP %i',
    async (status) => {
      const from = source(`/source/${status}`, { status, body: linkingPage(target()) });
      expect((await ping(from)).says).toBe(`fault 16: ${texts['source-unusable']}`);
    },
  );

  it('gets fault 16 for an empty page', async () => {
    expect((await ping(source('/source/empty', ''))).says).toBe(`fault 16: ${texts['source-unusable']}`);
  });

  it.each<[string, Parameters<Web['page']>[1]]>([
    ['a page without a link', '<p>Nothing here.'],
    ['a page that names the target without linking', '<p>See http://blog.example/post'],
    ['a link to another page of the site', '<a href="/blog/post-2">next</a>'],
    ['a link in a comment', '<!-- <a href="/blog/post">x</a> -->'],
    [
      'an image, whatever it holds',
      { headers: { 'content-type': 'image/png' }, body: '<a href="/blog/post">x</a>' },
    ],
    ['a PDF', { headers: { 'content-type': 'application/pdf' }, body: '%PDF-1.7 /blog/post' }],
  ])('gets fault 17 for %s', async (name, page) => {
    const from = source(`/source/${encodeURIComponent(name)}`, page);
    expect((await ping(from)).says).toBe(`fault 17: ${texts['no-link']}`);
  });

  it.each([404, 410])('gets fault 32 for a target of ours that answers HTTP %i', async (status) => {
    const to = source(`/blog/gone-${status}`, { status, body: 'Nothing' });
    const called = await ping(source(`/source/to-gone-${status}`, linkingPage(to)), to);
    expect(called.says).toBe(`fault 32: ${texts['target-gone']}`);
  });

  it('does not hold it against the sender when our own page has trouble', async () => {
    const to = source('/blog/trouble', { status: 500, body: 'Trouble' });
    expect((await ping(source('/source/to-trouble', linkingPage(to)), to)).faultCode).toBeUndefined();
  });

  it('gets fault 48 for what is verified already, at once and with one recheck to come', async () => {
    const from = source('/source/twice', linkingPage(target()));
    expect((await ping(from)).faultCode).toBeUndefined();
    for (let again = 0; again < 3; again += 1) {
      expect((await ping(from)).says).toBe(`fault 48: ${texts['already-registered']}`);
    }
    expect(web.hits('/source/twice')).toHaveLength(1);
  });

  it.each([500, 502, 503, 504, 429])('gets fault 50 for a source that answers HTTP %i', async (status) => {
    const from = source(`/source/${status}`, { status, body: linkingPage(target()) });
    expect((await ping(from)).says).toBe(`fault 50: ${texts.upstream}`);
  });

  it('gets fault 50 for a source whose TLS fails', async () => {
    expect((await ping(`https://${web.host}/source`)).says).toBe(`fault 50: ${texts.upstream}`);
  });

  it('gets fault 50 for a source that accepts TLS connections and is silent', async () => {
    const called = await ping(silentTls.url('/').replace('http:', 'https:'));
    expect(called.says).toBe(`fault 50: ${texts.upstream}`);
  });

  it('gets fault 50 for a page that hangs, when the caller may wait so long', async () => {
    web.hold('/source/hangs');
    expect((await ping(web.url('/source/hangs'))).says).toBe(`fault 50: ${texts.upstream}`);
  });

  it('gets success with its status page in time, when it may not', async () => {
    const from = source('/source/hangs-a-while', linkingPage(target()));
    const goOn = web.hold('/source/hangs-a-while');
    const called = await ping(from, target(), '/pingback', hasty);
    expect(called.elapsedMs).toBeGreaterThanOrEqual(300);
    expect(called.elapsedMs).toBeLessThan(1500);
    const status = /^The pingback is queued and will be verified\. Its status: (http\S+)$/u.exec(
      called.says,
    )?.[1];
    expect(await statusOf(status)).toMatchObject({ status: 'queued', reason: null });
    goOn();
    await waitUntil(async () => (await statusOf(status))['status'] === 'verified');
  });

  it('waits for the verdict of the first when a second ping comes meanwhile', async () => {
    const from = source('/source/second', linkingPage(target()));
    const goOn = web.hold('/source/second');
    const first = ping(from);
    await web.waitForHit('/source/second');
    const second = ping(from);
    const owner = ownerOf(service);
    const { id } = await owner.find(from);
    await waitUntil(async () => {
      const [announced] = (await owner.detail(id)).announcements;
      return announced !== undefined && announced['lastAt'] !== announced['firstAt'];
    });
    goOn();
    for (const each of [await first, await second]) {
      expect(each.says).toMatch(/^The pingback is verified and registered\./u);
    }
  });
});

async function statusOf(url = ''): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

describe('a source that cannot be reached', () => {
  // Nobody listens on port 1, and the names are known to nobody.
  const unreachable = [
    ['a connection that is refused', 'http://127.0.0.1:1/'],
    ['an address of a private network', 'http://10.11.12.13/'],
    ['the metadata address', 'http://169.254.169.254/latest/meta-data/'],
    ['loopback by another spelling', 'http://[::1]:8080/'],
    ['a name that does not exist', 'http://no-such-blog.linkbackd-test.org/'],
    ['a name of a private network', 'http://router.lan/'],
  ] as const;

  it('gets fault 16 with the same bytes whatever the cause, and not within the first second', async () => {
    const called = await Promise.all(unreachable.map(([, from]) => ping(from)));
    expect(called.map((each) => each.faultCode)).toEqual(unreachable.map(() => 16));
    expect(new Set(called.map((each) => each.xml)).size).toBe(1);
    const headers = called.map((each) => {
      return JSON.stringify([...each.headers].filter(([name]) => name !== 'date'));
    });
    expect(new Set(headers).size).toBe(1);
    for (const { elapsedMs } of called) {
      expect(elapsedMs).toBeGreaterThanOrEqual(995);
      expect(elapsedMs).toBeLessThan(2500);
    }
  });

  it('has the same status and the same second look whatever the cause', async () => {
    const looks = [];
    const owner = ownerOf(service);
    for (const [, from] of unreachable) {
      const { id } = await owner.find(from);
      const { job, refusal, verification, checkedAt } = await owner.detail(id);
      const dueInMinutes = (Date.parse(job?.dueAt ?? '') - Date.parse(checkedAt ?? '')) / 60_000;
      looks.push(JSON.stringify({ ...job, refusal, verification, dueAt: Math.round(dueInMinutes) }));
    }
    expect(new Set(looks).size).toBe(1);
  });

  it('is told from an answer of HTTP 404 by nothing in the bytes', async () => {
    const missing = await ping(web.url('/source/404-here'));
    expect(missing.xml).toBe((await ping(unreachable[0][1])).xml);
  });
});

describe.concurrent('a sender of too many pings', () => {
  it('gets fault 0 with Retry-After, nothing is stored, and getPingbacks goes on', async () => {
    const limited = await startService({
      env: { SITES: `blog=http://${web.host}/blog/`, LIMITS: 'on', PINGS_PER_MINUTE: '3' },
    });
    try {
      const send = (): Promise<Called> =>
        ping('https://elsewhere.example/', 'https://x.example/', '/pingback', limited);
      for (let n = 0; n < 3; n += 1) expect((await send()).faultCode).toBe(33);
      const called = await send();
      expect(called.says).toBe(`fault 0: ${texts['too-many']}`);
      expect(Number(called.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(Number(called.headers.get('retry-after'))).toBeLessThanOrEqual(20);
      // Neither the endpoint, nor its query, nor their own word makes another caller of them.
      const other = await ping(web.url('/s'), target(), '/blog/xmlrpc?a=b', limited);
      expect(other.says).toBe(`fault 0: ${texts['too-many']}`);
      const forwarded = await post(
        `${limited.url}/pingback`,
        callXml('pingback.ping', [web.url('/s'), target()]),
        { 'content-type': 'text/xml', 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.8' },
      );
      expect(forwarded.says).toBe(`fault 0: ${texts['too-many']}`);
      expect((await ownerOf(limited).list()).items).toEqual([]);
      const list = await callMethod(`${limited.url}/pingback`, 'pingback.extensions.getPingbacks', target());
      expect(list.faultCode).toBeUndefined();
    } finally {
      await limited.close();
    }
  });
});

describe.concurrent('a service that cannot take pings', () => {
  it('answers fault 0 with Retry-After while another process holds the lock, goes on reading, and recovers', async () => {
    const own = await startService({ env: { SITES: `blog=http://${web.host}/blog/` } });
    const other = new Database(join(own.folder, 'linkbackd.db'));
    try {
      const from = source('/source/locked', linkingPage(target()));
      other.exec('BEGIN IMMEDIATE');
      const waiting = ping(from, target(), '/pingback', own);
      expect((await own.get(`/api/linkbacks?target=${encodeURIComponent(target())}`)).status).toBe(200);
      const called = await waiting;
      expect(called.says).toBe(`fault 0: ${texts.unavailable}`);
      expect(called.headers.get('retry-after')).toBe('60');
      other.exec('ROLLBACK');
      expect((await ping(from, target(), '/pingback', own)).faultCode).toBeUndefined();
      expect((await ownerOf(own).list()).counts.verification).toMatchObject({ unverified: 0, verified: 1 });
    } finally {
      other.close();
      await own.close();
    }
  });

  it('answers fault 0 with Retry-After to a call that arrives while it stops', async () => {
    const own = await startService({ env: { SITES: `blog=http://${web.host}/blog/` } });
    const line = await openRaw(new URL(own.url).host);
    try {
      const body = callXml('pingback.ping', [web.url('/source/late'), target()]);
      line.write(
        `POST /pingback HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      line.write(body.slice(0, 10));
      // The rest of the call comes when nobody new can be let in any more.
      await own.get('/healthz');
      const ended = own.end('SIGTERM');
      await waitUntil(() =>
        own.get('/healthz').then(
          () => false,
          () => true,
        ),
      );
      line.write(body.slice(10));
      const { status, headers, body: xml } = await line.answer();
      expect([status, headers['retry-after'], headers['connection']]).toEqual([200, '60', 'close']);
      expect(xml).toContain(texts.unavailable);
      expect(await ended).toBe(0);
    } finally {
      line.close();
      await own.close();
    }
  });

  it('lets everybody go who waits for a verdict when it stops, with the address of their status page', async () => {
    const own = await startService({
      env: { SITES: `blog=http://${web.host}/blog/`, ANSWER_WITHIN_MS: '30000' },
    });
    try {
      const from = source('/source/waits', linkingPage(target()));
      const goOn = web.hold('/source/waits');
      const waiting = ping(from, target(), '/pingback', own);
      await web.waitForHit('/source/waits');
      const ended = own.end('SIGTERM');
      expect((await waiting).says).toMatch(
        /^The pingback is queued and will be verified\. Its status: http/u,
      );
      goOn();
      expect(await ended).toBe(0);
    } finally {
      await own.close();
    }
  });
});

describe.concurrent('a page whose check ended the process three times', () => {
  it('is parked after the next start, and every later ping of it gets fault 0', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
    const env = { SITES: `blog=http://${web.host}/blog/` };
    const from = source('/source/poison', linkingPage(target()));
    web.hold('/source/poison');
    const first = await startService({ folder, env: { ...env, ANSWER_WITHIN_MS: '0' } });
    const queued = await ping(from, target(), '/pingback', first);
    await web.waitForHit('/source/poison');
    await first.end('SIGKILL');
    withDatabase(folder, (db) => db.exec('UPDATE job SET unfinished = 3'));
    const second = await startService({ folder, env });
    try {
      const id = queued.says.split('/status/')[1] ?? '';
      await waitUntil(async () => (await statusOf(`${second.url}/status/${id}`))['reason'] === 'our-fault');
      expect((await ping(from, target(), '/pingback', second)).says).toBe(`fault 0: ${texts['our-fault']}`);
      expect(web.hits('/source/poison')).toHaveLength(1);
    } finally {
      await second.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function withDatabase(folder: string, act: (db: Database.Database) => void): void {
  const db = new Database(join(folder, 'linkbackd.db'));
  try {
    act(db);
  } finally {
    db.close();
  }
}
