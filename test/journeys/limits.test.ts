import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { sendWebmention, shownAt, statusOf } from '../support/announce.ts';
import { startDns, type Dns } from '../support/dns.ts';
import { postForm } from '../support/forms.ts';
import { startHere, type Here } from '../support/here.ts';
import { isLong } from '../support/long.ts';
import { linkingPage } from '../support/linking-page.ts';
import { adminToken } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { callXml, post } from '../support/xml-rpc.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Our own pages, the pages of everybody else, and those of somebody who is to be hurt. */
let ours: Web;
let others: Web;
let victim: Web;
let dns: Dns;
let folder: string;
let open: Here[] = [];

beforeAll(async () => {
  [ours, others, victim] = await Promise.all([
    startWeb(),
    startWeb({ address: '127.0.0.2' }),
    startWeb({ address: '127.0.0.3' }),
  ]);
  dns = await startDns(({ name }) => (/(?:^|\.)victim\./u.test(name) ? ['127.0.0.3'] : ['127.0.0.2']));
  folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
  for (const page of ['/blog/post', '/blog/other']) ours.page(page, 'Ours');
  victim.page('/page', 'Nothing to see here.');
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});

afterAll(async () => {
  await Promise.all([ours, others, victim, dns].map((each) => each.close()));
  rmSync(folder, { recursive: true, force: true });
});

const target = (): string => ours.url('/blog/post');

type Started = Here & {
  /** Jobs that could be worked on now. */
  readonly due: () => number;
};

let databases = 0;

/** A service with its limits on, behind one proxy that names its callers, and with hosts that need no rest. */
async function start(env: Readonly<Record<string, string>> = {}, maxOpenJobs?: number): Promise<Started> {
  databases += 1;
  const file = join(folder, `${databases}.db`);
  const here = await startHere(
    {
      SITES: `blog=${ours.url('/blog/')}`,
      DATABASE_URL: `sqlite:${file}`,
      DNS_SERVERS: dns.server,
      LIMITS: 'on',
      TRUST_PROXY: '1',
      ANSWER_WITHIN_MS: '10000',
      ...env,
    },
    { isStanding: true, hostRestMs: 0, ...(maxOpenJobs === undefined ? {} : { maxOpenJobs }) },
  );
  open.push(here);
  const due = (): number => {
    const database = new Database(file, { readonly: true });
    const query = database.prepare<[number], number>('SELECT count(*) FROM job WHERE due_at <= ?').pluck();
    const count = query.get(here.now()) ?? 0;
    database.close();
    return count;
  };
  return { ...here, due };
}

const from = (ip: string): Readonly<Record<string, string>> => ({ 'x-forwarded-for': ip });

let callers = 0;

/** Somebody who has not called before. */
function anybody(): Readonly<Record<string, string>> {
  callers += 1;
  return from(`203.0.${callers >> 8}.${callers & 255}`);
}

const url = (web: Web, name: string, path: string): string =>
  `http://${name}:${web.host.split(':')[1]}${path}`;

const mention = (at: Here, source: string, headers = anybody(), to = target()): Promise<Response> =>
  sendWebmention(at, source, to, headers);

const pingback = (at: Here, source: string, headers = anybody()) =>
  post(`${at.url}/pingback`, callXml('pingback.ping', [source, target()]), {
    'content-type': 'text/xml',
    ...headers,
  });

const trackback = (at: Here, source: string, headers = anybody()): Promise<Response> =>
  postForm(`${at.url}/trackback/blog/blog/post`, [['url', source]], headers);

/** Sends webmentions ten at a time, for one page or several, and gives how often each status was answered. */
async function flood(at: Here, sources: readonly string[], pages = 1): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {};
  for (let n = 0; n < sources.length; n += 10) {
    const send = (source: string, each: number): Promise<Response> =>
      mention(at, source, anybody(), each % pages === 0 ? target() : ours.url(`/blog/post?${each % pages}`));
    const answers = await Promise.all(sources.slice(n, n + 10).map(send));
    for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

const many = (count: number, make: (n: number) => string): string[] =>
  Array.from({ length: count }, (_, n) => make(n));

const untilIdle = (at: Started): Promise<true> =>
  waitUntil(() => at.due() === 0, { what: 'no job is due', timeoutMs: 60_000, everyMs: 50 });

/** How often the victim has been asked, by the name it was asked for. */
function requestsByName(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { headers } of victim.hits('/page'))
    counts.set(headers.host ?? '', (counts.get(headers.host ?? '') ?? 0) + 1);
  return counts;
}

describe('a limit on pings', () => {
  it.each([
    ['a source host', 60, (n: number) => url(others, 'blog.example.com', `/${n}`), 'blog.example.com'],
    [
      'a registrable domain',
      120,
      (n: number) => url(others, `x${n}.example.co.uk`, '/'),
      'new.example.co.uk',
    ],
    ['everybody together', 300, (n: number) => url(others, `blog.site${n}.com`, '/'), 'blog.yet-another.com'],
  ])(
    'holds for %s: %i, whoever sends them, and answers each dialect in its own words',
    async (_, most, source, name) => {
      const here = await start();
      expect(await flood(here, many(most + 20, source))).toEqual({ 201: most, 429: 20 });
      const again = url(others, name, '/again');
      const [webmention, xml, form] = await Promise.all([
        mention(here, again),
        pingback(here, again),
        trackback(here, again),
      ]);
      expect([webmention.status, webmention.headers.get('content-type')]).toEqual([
        429,
        'application/problem+json; charset=utf-8',
      ]);
      expect(await webmention.json()).toMatchObject({ status: 429, reason: 'too-many' });
      expect([xml.status, xml.says]).toEqual([200, 'fault 0: Too many pings; try again later.']);
      expect(form.status).toBe(429);
      expect(await form.text()).toContain('<error>1</error>');
      for (const { headers } of [webmention, xml, form])
        expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/u);
      here.pass(Number(webmention.headers.get('retry-after')) * 1000);
      expect((await mention(here, again)).status).toBe(201);
    },
  );

  it('is lifted with LIMITS=off', async () => {
    const here = await start({ LIMITS: 'off' });
    const caller = from('203.0.113.1');
    const answers = await Promise.all(
      many(130, (n) => url(others, 'blog.example.com', `/${n}`)).map((source) =>
        mention(here, source, caller),
      ),
    );
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
  });
});

describe('the very same ping again', () => {
  it('is answered alike, looked at no second time, and counts nowhere', async () => {
    const here = await start();
    const path = '/again/page';
    const source = url(others, 'again.example.com', path);
    others.page(path, linkingPage(target()));
    const first = await mention(here, source);
    const location = first.headers.get('location') ?? '';
    expect(await statusOf(location)).toMatchObject({ status: 'verified' });
    for (let n = 0; n < 100; n += 1) {
      const { status, headers } = await mention(here, source);
      expect([status, headers.get('location')]).toEqual([201, location]);
    }
    await untilIdle(here);
    expect(others.hits(path)).toHaveLength(1);
    // Of the host's 60 an hour there are 59 left.
    expect(
      await flood(
        here,
        many(70, (n) => url(others, 'again.example.com', `/${n}`)),
      ),
    ).toEqual({ 201: 59, 429: 11 });
  });

  it('is looked at once more when the time is over, for the page may have changed meanwhile', async () => {
    const here = await start({ POLICY: 'approve-all' });
    const path = '/changing/page';
    const source = url(others, 'changing.example.com', path);
    others.page(path, 'No link yet.');
    const { headers } = await mention(here, source);
    expect(await statusOf(headers.get('location') ?? '')).toMatchObject({ status: 'refused' });
    others.page(path, linkingPage(target()));
    for (let n = 0; n < 10; n += 1) expect((await mention(here, source)).status).toBe(201);
    here.pass(30_000);
    expect(await statusOf(headers.get('location') ?? '', 'verified')).toMatchObject({ source });
    expect(others.hits(path)).toHaveLength(2);
    expect(await shownAt(here, target())).toHaveLength(1);
  });

  it('is one ping when it comes many times at once', async () => {
    const here = await start();
    const path = '/burst/page';
    others.page(path, linkingPage(target()));
    const source = url(others, 'burst.example.com', path);
    const answers = await Promise.all(many(50, () => source).map((each) => mention(here, each)));
    expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.get('location')}`)).size).toBe(
      1,
    );
    await statusOf(answers[0]?.headers.get('location') ?? '');
    expect(others.hits(path)).toHaveLength(1);
  });
});

describe('more promised work than can be done', () => {
  it('turns new pairs away in each dialect’s words, and no known one', async () => {
    const here = await start({}, 3);
    const release = others.hold('/slow');
    const slow = many(3, (n) => url(others, `slow${n}.example${n}.com`, '/slow'));
    expect(await flood(here, slow)).toEqual({ 201: 3 });
    const source = url(others, 'late.example.net', '/late');
    const [webmention, xml, form] = await Promise.all([
      mention(here, source),
      pingback(here, source),
      trackback(here, source),
    ]);
    expect(webmention.status).toBe(503);
    expect(await webmention.json()).toMatchObject({ status: 503, reason: 'unavailable' });
    expect([xml.status, xml.says]).toEqual([
      200,
      'fault 0: Pings cannot be taken at the moment; try again later.',
    ]);
    expect(form.status).toBe(503);
    expect(await form.text()).toContain('<error>1</error>');
    for (const { headers } of [webmention, xml, form]) expect(headers.get('retry-after')).toBe('300');
    for (const known of slow) {
      expect((await trackback(here, known)).status).toBe(200);
      expect((await mention(here, known)).status).toBe(201);
    }
    others.page('/slow', linkingPage(target()));
    others.page('/late', linkingPage(target()));
    release();
    await untilIdle(here);
    const list = (await (await here.api('GET', '/api/moderation/linkbacks')).json()) as {
      readonly items: readonly { readonly verification: string }[];
    };
    expect(list.items.map(({ verification }) => verification)).toEqual(['verified', 'verified', 'verified']);
    here.pass(1000);
    expect((await mention(here, source)).status).toBe(201);
  });
});

/** Thousands in the long run; fewer show the same. */
const waves = isLong ? 12 : 2;

describe('an attacker who aims us at somebody', () => {
  it('gets 60 requests an hour to a host and 120 to a domain out of us, whatever they send', async () => {
    const here = await start();
    const name = (n: number): string => (n % 2 === 0 ? 'victim.example.com' : `x${n}.victim.example.com`);
    others.page('/to/page', (_request, response, { url: asked }) => {
      const n = Number(new URL(asked, 'http://x/').searchParams.get('n'));
      response.writeHead(302, { location: url(victim, name(n), `/page?from=${n}`) }).end();
    });
    let sent = 0;
    let taken = 0;
    const send = async (sources: readonly string[]): Promise<void> => {
      sent += sources.length;
      taken += (await flood(here, sources, 10))[201] ?? 0;
      await untilIdle(here);
      here.pass(2 * minute);
    };
    // Through pages of the attacker's own, on as many domains as they care to pay for.
    for (let wave = 0; wave < waves; wave += 1)
      await send(
        many(300, (n) => url(others, `a${n}.attacker${wave}-${n % 20}.net`, `/to/page?n=${n}&${wave}`)),
      );
    await send(many(100 * waves, (n) => url(victim, 'victim.example.com', `/page?direct=${n}`)));
    await send(many(100 * waves, (n) => url(victim, `w${n}.victim.example.com`, `/page?below=${n}`)));
    expect(sent).toBeGreaterThanOrEqual(500 * waves);
    expect(taken).toBeGreaterThan(300 * waves);
    const host = url(victim, 'victim.example.com', '').replace('http://', '');
    expect(requestsByName().get(host)).toBe(60);
    expect(victim.hits('/page')).toHaveLength(120);
    // Nothing was lost, nor refused for it: what could not be looked at waits for the next hour.
    here.pass(hour + 10 * minute);
    await untilIdle(here);
    expect(victim.hits('/page')).toHaveLength(240);
  }, 600_000);

  it('does not keep a host’s own pings from being looked at by redirects to it', async () => {
    const here = await start({ POLICY: 'approve-all' });
    others.page('/onward', (_request, response) => {
      response.writeHead(302, { location: url(others, 'busy.example.org', '/busy') }).end();
    });
    await flood(
      here,
      many(100, (n) => url(others, `a.attacker${n}.net`, `/onward?n=${n}`)),
    );
    await untilIdle(here);
    others.page('/busy/honest', linkingPage(target()));
    const { says } = await pingback(here, url(others, 'busy.example.org', '/busy/honest'));
    expect(says).toMatch(/^The pingback is verified/u);
  });

  it('gets no ping refused, only looked at later, and its caller hears that it is queued', async () => {
    const here = await start({ POLICY: 'approve-all' });
    others.page('/vain', { status: 410, body: '' });
    await flood(
      here,
      many(60, (n) => url(others, 'busy.example.org', `/vain?n=${n}`)),
    );
    await untilIdle(here);
    here.pass(minute);
    others.page('/late/honest', linkingPage(target()));
    const { says } = await pingback(here, url(others, 'busy.example.org', '/late/honest'));
    expect(says).toMatch(/^The pingback is queued/u);
    await untilIdle(here);
    expect(others.hits('/late/honest')).toHaveLength(0);
    here.pass(hour + 5 * minute);
    await waitUntil(async () => (await shownAt(here, target())).length === 1, { what: 'it is shown' });
  });

  it('is not helped by retries, which count like all requests', async () => {
    const here = await start();
    victim.page('/busy', { status: 503, headers: { 'retry-after': '60' }, body: '' });
    await flood(
      here,
      many(60, (n) => url(victim, 'victim.example.net', `/busy?n=${n}`)),
    );
    for (let n = 0; n < 50; n += 1) {
      here.pass(minute);
      await untilIdle(here);
    }
    expect(victim.hits('/busy')).toHaveLength(60);
  });

  it('is not helped by vouches, which count like all requests, and wait like them', async () => {
    const here = await start({ POLICY: 'approve-all', VOUCH_REQUIRED: 'blog' });
    const friend = url(others, 'friend.example.com', '/friend');
    const approved = url(others, 'friend.example.com', '/approved');
    others.page('/approved', linkingPage(target()));
    others.page('/friend', linkingPage(url(others, 'blog.stranger.org', '/')));
    others.page('/vouched', linkingPage(target()));
    expect((await pingback(here, approved)).says).toMatch(/^The pingback is verified/u);
    const send = (n: number): Promise<Response> =>
      postForm(
        `${here.url}/webmention`,
        [
          ['source', url(others, `blog${n % 2}.stranger.org`, `/vouched?n=${n}`)],
          ['target', target()],
          ['vouch', `${friend}?n=${n}`],
        ],
        anybody(),
      );
    others.page(
      '/friend',
      linkingPage(url(others, 'blog0.stranger.org', '/')).concat(
        linkingPage(url(others, 'blog1.stranger.org', '/')),
      ),
    );
    const answers = await Promise.all(many(80, String).map((_, n) => send(n)));
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    await untilIdle(here);
    expect(others.hits('/friend')).toHaveLength(59);
    here.pass(hour + 5 * minute);
    await untilIdle(here);
    expect(others.hits('/friend')).toHaveLength(80);
    expect(await shownAt(here, target())).toHaveLength(20);
  });
});

describe('whose address counts', () => {
  type Case = {
    readonly trust: string;
    readonly first: Readonly<Record<string, string>>;
    readonly second: Readonly<Record<string, string>>;
  };
  const forwarded = (text: string): Readonly<Record<string, string>> => ({ 'x-forwarded-for': text });

  const services = new Map<string, Promise<Started>>();
  let calls = 0;

  /** A service that trusts so, a minute after its last call: nobody has called it within that. */
  async function trusting(trust: string): Promise<Started> {
    const starting = services.get(trust) ?? start({ TRUST_PROXY: trust, PINGS_PER_MINUTE: '1' });
    services.set(trust, starting);
    const here = await starting;
    open = open.filter((each) => each.url !== here.url);
    here.pass(minute);
    return here;
  }

  afterAll(async () => {
    for (const starting of services.values()) await (await starting).close();
  });

  /** Whether a second call is taken for one of the caller of the first. */
  async function isSame({ trust, first, second }: Case): Promise<boolean> {
    const here = await trusting(trust);
    const call = async (headers: Case['first']): Promise<number> => {
      calls += 1;
      return (await mention(here, url(others, `blog${calls}.example${calls}.com`, '/'), headers)).status;
    };
    expect(await call(first)).toBe(201);
    return (await call(second)) === 429;
  }

  it.each<[string, Case]>([
    [
      'anybody says they are forwarded',
      { trust: 'off', first: forwarded('203.0.113.1'), second: forwarded('203.0.113.2') },
    ],
    [
      'anybody says who they really are',
      { trust: 'off', first: {}, second: { 'x-real-ip': '203.0.113.2', forwarded: 'for=203.0.113.2' } },
    ],
    [
      'a proxy is trusted, but says it elsewhere',
      {
        trust: '1',
        first: forwarded('203.0.113.1'),
        second: { ...forwarded('203.0.113.1'), 'x-real-ip': '203.0.113.2' },
      },
    ],
    [
      'they say more before what our proxy says',
      { trust: '1', first: forwarded('203.0.113.1'), second: forwarded('203.0.113.2, 203.0.113.1') },
    ],
    [
      'they say more before what our two proxies say',
      {
        trust: '2',
        first: forwarded('203.0.113.1, 192.0.2.1'),
        second: forwarded('203.0.113.2, 203.0.113.1, 192.0.2.2'),
      },
    ],
    [
      'they come through other proxies of ours',
      {
        trust: '127.0.0.0/8, 192.0.2.0/24',
        first: forwarded('203.0.113.1, 192.0.2.1'),
        second: forwarded('203.0.113.2, 203.0.113.1, 192.0.2.2, 192.0.2.3'),
      },
    ],
    [
      'they call us from where no proxy of ours is',
      { trust: '192.0.2.0/24', first: forwarded('203.0.113.1'), second: forwarded('203.0.113.2') },
    ],
    [
      'they have a subnet to themselves',
      { trust: '1', first: forwarded('2001:db8:1:2::1'), second: forwarded('2001:DB8:0001:0002:ffff::9') },
    ],
    [
      'their address is told in the other family',
      { trust: '1', first: forwarded('203.0.113.1'), second: forwarded('::ffff:203.0.113.1') },
    ],
    [
      'their address has a zone',
      { trust: '1', first: forwarded('fe80::1%eth0'), second: forwarded('fe80::1%eth1') },
    ],
    [
      'their port is told too',
      { trust: '1', first: forwarded('203.0.113.1'), second: forwarded('203.0.113.1:4711') },
    ],
    [
      'they say what is no address',
      { trust: '1', first: {}, second: forwarded('<script>alert(1)</script>') },
    ],
    ['they say something very long', { trust: '1', first: {}, second: forwarded('x'.repeat(10_000)) }],
    [
      'they say what is no address to two proxies',
      { trust: '2', first: forwarded('192.0.2.1'), second: forwarded('nonsense, 192.0.2.1') },
    ],
  ])('is the same when %s', async (_, each) => {
    expect(await isSame(each)).toBe(true);
  });

  it.each<[string, Case]>([
    ['our proxy says so', { trust: '1', first: forwarded('203.0.113.1'), second: forwarded('203.0.113.2') }],
    [
      'our proxy, known by its network, says so',
      { trust: '127.0.0.0/8', first: forwarded('203.0.113.1'), second: forwarded('203.0.113.2') },
    ],
    [
      'the first of our two proxies says so',
      { trust: '2', first: forwarded('203.0.113.1, 192.0.2.1'), second: forwarded('203.0.113.2, 192.0.2.1') },
    ],
    [
      'they have other subnets',
      { trust: '1', first: forwarded('2001:db8:1:2::1'), second: forwarded('2001:db8:1:3::1') },
    ],
  ])('is another when %s', async (_, each) => {
    expect(await isSame(each)).toBe(false);
  });

  it('is not reset by a query, another endpoint or another dialect', async () => {
    const here = await start({ PINGS_PER_MINUTE: '1' });
    const caller = from('203.0.113.1');
    const source = url(others, 'blog.example.com', '/x');
    expect((await mention(here, source, caller)).status).toBe(201);
    for (const path of [
      '/webmention?x=1',
      '/webmention/?x=2',
      '/blog/webmention',
      '/blog/webmention?',
      '//webmention',
      '/%77ebmention',
    ]) {
      const { status } = await postForm(
        `${here.url}${path}`,
        [
          ['source', `${source}?2`],
          ['target', target()],
        ],
        caller,
      );
      expect([path, [404, 429].includes(status)]).toEqual([path, true]);
    }
    expect((await trackback(here, source, caller)).status).toBe(429);
    expect((await pingback(here, source, caller)).says).toMatch(/^fault 0: Too many/u);
  });

  it.each(['10.0.0.0/33', '10.0.0.0/0', '10.0.0.0/', '10.0.0.0/8/8', '2001:db8::/129', '-1'])(
    'is no network of ours: %s',
    (text) => {
      expect(() => readConfig({ TRUST_PROXY: text })).toThrow(/TRUST_PROXY/u);
    },
  );
});

describe('guessing the owner’s token', () => {
  const list = '/api/moderation/linkbacks';
  const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });

  it('is over after ten wrong ones in a minute, wherever they are tried, for a while', async () => {
    const here = await start({ FEED_TOKEN: 'a-feed-token-for-tests' });
    const caller = from('203.0.113.1');
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      statuses.push((await here.get(list, { ...caller, ...bearer(`wrong-${n}`) })).status);
      statuses.push((await here.get(`/api/mentions.jf2?token=wrong-${n}`, caller)).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
    for (const path of [list, '/api/mentions.jf2']) {
      const refused = await here.get(path, { ...caller, ...bearer(adminToken) });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([
        429,
        'application/problem+json; charset=utf-8',
      ]);
      expect(refused.headers.get('retry-after')).toBe('6');
      expect(await refused.text()).not.toContain(adminToken);
    }
    expect((await here.get(list, { ...from('203.0.113.2'), ...bearer(adminToken) })).status).toBe(200);
    here.pass(6000);
    expect((await here.get(list, { ...caller, ...bearer(adminToken) })).status).toBe(200);
  });

  it('by somebody else behind the owner’s address does not lock the owner out', async () => {
    const here = await start();
    const shared = from('203.0.113.1');
    expect((await here.get(list, { ...shared, ...bearer(adminToken) })).status).toBe(200);
    for (let n = 0; n < 20; n += 1) await here.get(list, { ...shared, ...bearer(`wrong-${n}`) });
    expect((await here.get(list, { ...shared, ...bearer('another-wrong-one') })).status).toBe(429);
    expect((await here.get(list, { ...shared, ...bearer(adminToken) })).status).toBe(200);
  });
});
