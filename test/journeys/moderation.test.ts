import Database from 'better-sqlite3';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type ModeratedList, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const base = '/api/moderation/linkbacks';

let web: Web;
/** The same pages under another address: another host to the service. */
let elsewhere: Web;
let service: Service;
let owner: Owner;

beforeAll(async () => {
  [web, elsewhere] = await Promise.all([startWeb(), startWeb({ address: '127.0.0.2' })]);
  for (const page of ['/blog/one', '/blog/two', '/shop/one']) web.page(page, 'Ours');
  service = await startService({ env: { SITES: sites(), POLICY: 'hold-all', ANSWER_WITHIN_MS: '5000' } });
  owner = ownerOf(service);
});

afterAll(async () => {
  await service.close();
  await Promise.all([web.close(), elsewhere.close()]);
});

const sites = (): string => `blog=http://${web.host}/blog/,shop=http://${web.host}/shop/`;

/** A verified linkback from a page of its own. */
async function announce(path: string, to = '/blog/one', from = web, at = service): Promise<string> {
  from.page(path, linkingPage(web.url(to), `Title of ${path}`));
  expect(await at.ping(from.url(path), web.url(to))).toMatch(/^The pingback is verified/u);
  return (await ownerOf(at).find(from.url(path))).id;
}

async function expectProblem(response: Response, status: number): Promise<string> {
  const text = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([
    status,
    'application/problem+json; charset=utf-8',
  ]);
  expect(JSON.parse(text)).toEqual({
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z][A-Za-z ]+$/u),
    status,
    detail: expect.stringMatching(/\S{3,}/u),
  });
  expect(text).not.toMatch(/\bat .*[./]\w+:\d+|node_modules|\.js\b|SQLITE|stack/u);
  expect(text).not.toContain(service.token);
  return text;
}

describe('the token', () => {
  const routes = [
    ['GET', base],
    ['GET', `${base}/x`],
    ['PATCH', `${base}/x`],
    ['DELETE', `${base}/x`],
    ['POST', `${base}/x/verify`],
  ] as const;

  it.each(routes)('is asked for before anything else: %s %s', async (method, path) => {
    const wrong = [
      undefined,
      'Bearer',
      'Bearer ',
      'Bearer wrong-token-of-some-length',
      `Bearer ${service.token} `.concat('x'),
      `Bearer ${service.token}x`,
      `Bearer ${service.token.slice(0, -1)}`,
      service.token,
      `Basic ${Buffer.from(`admin:${service.token}`).toString('base64')}`,
      `Token ${service.token}`,
    ];
    for (const authorization of wrong) {
      const response = await fetch(`${service.url}${path}`, {
        method,
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="linkbackd"');
      await expectProblem(response, 401);
    }
  });

  it('is not read from the address', async () => {
    await expectProblem(
      await fetch(`${service.url}${base}?token=${service.token}&access_token=${service.token}`),
      401,
    );
  });

  it('opens the list, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const response = await service.get(base, { authorization: `${scheme} ${service.token}` });
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    }
  });

  it('is made at the first start when none is set, shown once, kept as a digest, and lasts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
    const env = { ADMIN_TOKEN: '' };
    const first = await startService({ folder, env });
    const token = /^ {2}(lkbd_[\w-]{43})$/mu.exec(first.output().stdout)?.[1] ?? '';
    expect(token).not.toBe('');
    const authorization = `Bearer ${token}`;
    expect((await first.get(base, { authorization })).status).toBe(200);
    expect(await first.end('SIGTERM')).toBe(0);
    const second = await startService({ folder, env });
    try {
      expect(second.output().stdout).not.toContain('lkbd_');
      expect((await second.get(base, { authorization })).status).toBe(200);
      expect((await second.get(base, { authorization: `${authorization}x` })).status).toBe(401);
      for (const output of [first.output().stderr, second.output().stderr])
        expect(output).not.toContain(token);
      for (const file of ['linkbackd.db', 'linkbackd.db-wal']) {
        expect(readFileSync(join(folder, file)).includes(token)).toBe(false);
      }
    } finally {
      await second.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the list', () => {
  beforeAll(async () => {
    web.page('/list/no-link', 'Nothing');
    web.page('/list/trouble', { status: 500, body: 'Trouble' });
    await announce('/list/first');
    await announce('/list/second', '/blog/two');
    await announce('/list/third', '/shop/one');
    await announce('/list/fourth', '/blog/one', elsewhere);
    expect(await service.ping(web.url('/list/no-link'), web.url('/blog/one'))).toMatch(/^fault 17/u);
    expect(await service.ping(web.url('/list/trouble'), web.url('/blog/one'))).toMatch(/^fault 50/u);
    await owner.decide((await owner.find(web.url('/list/second'))).id, 'spam');
  });

  const pathsOf = ({ items }: ModeratedList): string[] =>
    items.map((each) => new URL(each.source.url).pathname.replace('/list/', ''));

  it.each<[Record<string, string>, string[]]>([
    [{}, ['trouble', 'no-link', 'fourth', 'third', 'second', 'first']],
    [{ order: 'oldest' }, ['first', 'second', 'third', 'fourth', 'no-link', 'trouble']],
    [{ site: 'shop' }, ['third']],
    [{ site: 'nobody' }, []],
    [{ moderation: 'spam' }, ['second']],
    [{ moderation: 'pending', verification: 'verified' }, ['fourth', 'third', 'first']],
    [{ verification: 'refused' }, ['no-link']],
    [{ verification: 'unverified' }, ['trouble']],
    [{ protocol: 'pingback', site: 'shop' }, ['third']],
    [{ protocol: 'webmention' }, []],
    [{ type: 'mention', site: 'shop' }, ['third']],
    [{ type: 'reply' }, []],
    [{ host: '127.0.0.2' }, ['fourth']],
    [{ host: '0.0.2' }, ['fourth']],
    [{ host: '7.0.0.2' }, []],
    [{ q: 'TITLE OF /list/sec' }, ['second']],
    [{ q: 'words before the link' }, ['fourth', 'third', 'second', 'first']],
    [{ q: '/shop/' }, ['third']],
    [{ q: '%' }, []],
    [{ q: '_ist' }, []],
    [{ q: '\\' }, []],
    [{ q: "' OR 1=1 --" }, []],
    [{ since: '2999-01-01T00:00:00Z' }, []],
    [{ since: '2020-01-01T00:00:00Z', site: 'shop' }, ['third']],
  ])('is filtered by %o', async (query, expected) => {
    expect(pathsOf(await owner.list(query))).toEqual(expected);
  });

  it.each(['newest', 'oldest'])('comes in pages, %s first', async (order) => {
    const pages: string[][] = [];
    let after: string | null = '';
    while (after !== null) {
      const page: ModeratedList = await owner.list({ order, limit: '4', ...(after === '' ? {} : { after }) });
      pages.push(pathsOf(page));
      after = page.next;
    }
    expect(pages.map((page) => page.length)).toEqual([4, 2]);
    expect(pages.flat()).toEqual(pathsOf(await owner.list({ order })));
  });

  it('counts both machines, of all sites or of one', async () => {
    const { counts } = await owner.list({ limit: '1', verification: 'gone' });
    expect(counts).toEqual({
      moderation: { pending: 5, approved: 0, rejected: 0, spam: 1 },
      verification: { unverified: 1, verified: 4, refused: 1, gone: 0 },
      waiting: 3,
      failed: 2,
      approvedButGone: 0,
    });
    expect((await owner.list({ site: 'shop' })).counts).toEqual({
      moderation: { pending: 1, approved: 0, rejected: 0, spam: 0 },
      verification: { unverified: 0, verified: 1, refused: 0, gone: 0 },
      waiting: 1,
      failed: 0,
      approvedButGone: 0,
    });
  });

  it.each([
    'limit=101',
    'limit=0',
    'limit=x',
    'moderation=maybe',
    'verification=yes',
    'protocol=smtp',
    'type=shout',
    'order=random',
    'since=yesterday',
    'q=',
    `q=${'x'.repeat(201)}`,
  ])('answers %s with a problem', async (query) => {
    await expectProblem(await service.api('GET', `${base}?${query}`), 400);
  });
});

describe('one linkback', () => {
  it('is shown with its evidence, who announced it, what was tried, and all events', async () => {
    web.page('/one', { status: 503, headers: { 'retry-after': '3600' }, body: 'Later' });
    const [source, target] = [web.url('/one'), web.url('/blog/one')];
    expect(await service.ping(source, `${target}#more`)).toMatch(/^fault 50/u);
    const { id } = await owner.find(source);
    const waiting = await owner.detail(id);
    expect(waiting).toMatchObject({
      verification: 'unverified',
      evidence: null,
      attempts: [{ at: expect.any(String), detail: 'HTTP status 503' }],
      job: { state: 'waiting', setbacks: 1 },
      events: [],
    });
    const waitMs = Date.parse(waiting.job?.dueAt ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(3_500_000);
    expect(waitMs).toBeLessThan(3_700_000);

    web.page('/one', linkingPage(target));
    await service.api('POST', `${base}/${id}/verify`);
    await waitUntil(async () => (await owner.detail(id)).verification === 'verified');
    await owner.decide(id, 'rejected', 'Not for us');
    const detail = await owner.detail(id);
    expect(detail).toMatchObject({
      id,
      site: 'blog',
      moderation: 'rejected',
      verification: 'verified',
      public: false,
      source: { url: source, host: '127.0.0.1' },
      evidence: {
        // The sender named a fragment that the link does not have.
        rule: 'lenient',
        element: 'a',
        href: target,
        rel: [],
        inContent: true,
        linksFound: 1,
        finalUrl: source,
      },
      announcements: [{ protocol: 'pingback', source, target: `${target}#more`, held: true }],
      attempts: [{ detail: 'HTTP status 503' }],
      events: [
        { by: { kind: 'look' }, machine: 'verification', from: 'unverified', to: 'verified' },
        {
          by: { kind: 'person', name: 'admin' },
          why: 'Not for us',
          machine: 'moderation',
          from: 'pending',
          to: 'rejected',
        },
      ],
    });
    expect(JSON.stringify(detail)).not.toMatch(/statusId|senderIp|sender_ip/u);
  });

  it('is not found under another id', async () => {
    for (const id of ['x', '0', encodeURIComponent("' OR 1=1"), '..%2f..']) {
      await expectProblem(await service.api('GET', `${base}/${id}`), 404);
      await expectProblem(await service.api('DELETE', `${base}/${id}`), 404);
      await expectProblem(await service.api('POST', `${base}/${id}/verify`), 404);
      await expectProblem(await service.api('PATCH', `${base}/${id}`, { moderation: 'spam' }), 404);
    }
  });
});

describe('a decision', () => {
  it('moves a linkback to any state from any other, with who, when and why', async () => {
    const id = await announce('/decide');
    const states = ['approved', 'spam', 'rejected', 'pending', 'approved', 'pending', 'spam', 'approved'];
    for (const state of states)
      expect((await owner.decide(id, state, `now ${state}`)).moderation).toBe(state);
    const moves = (await owner.detail(id)).events.filter((each) => each.machine === 'moderation');
    expect(moves.map((each) => [each.from, each.to, each.why, each.by])).toEqual(
      states.map((to, at) => [
        states[at - 1] ?? 'pending',
        to,
        `now ${to}`,
        { kind: 'person', name: 'admin' },
      ]),
    );
    for (const { at } of moves) expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
  });

  it('that changes nothing leaves no event', async () => {
    const id = await announce('/decide-same');
    const before = await owner.detail(id);
    await owner.decide(id, 'pending', 'again');
    expect((await owner.detail(id)).events).toEqual(before.events);
  });

  it.each<[string, unknown]>([
    ['no body', undefined],
    ['no state', { note: 'x' }],
    ['an unknown state', { moderation: 'maybe' }],
    ['an unknown field', { moderation: 'approved', verification: 'verified' }],
    ['the field of another machine', { verification: 'verified' }],
    ['a note that is no text', { moderation: 'approved', note: { a: 1 } }],
    ['a note over 1,000 characters', { moderation: 'approved', note: 'x'.repeat(1001) }],
    ['a list', [{ moderation: 'approved' }]],
    ['a string', 'approved'],
    ['null', null],
  ])('is refused when it has %s', async (_name, body) => {
    const id = await announce('/decide-wrong');
    await expectProblem(await service.api('PATCH', `${base}/${id}`, body), 400);
    expect((await owner.detail(id)).moderation).toBe('pending');
    await service.api('DELETE', `${base}/${id}`);
  });

  it.each([
    ['no JSON', 'application/json', '{"moderation":', 400],
    ['a prototype', 'application/json', '{"__proto__":{"moderation":"approved"}}', 400],
    ['a form', 'application/x-www-form-urlencoded', 'moderation=approved', 415],
    ['plain text', 'text/plain', '{"moderation":"approved"}', 400],
    ['more than a body may hold', 'application/json', `{"note":"${'x'.repeat(1_100_000)}"}`, 413],
  ])('is refused when it is %s', async (_name, type, body, status) => {
    const id = await announce('/decide-body');
    const response = await fetch(`${service.url}${base}/${id}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${service.token}`, 'content-type': type },
      body,
    });
    await expectProblem(response, status);
    expect((await owner.detail(id)).moderation).toBe('pending');
    await service.api('DELETE', `${base}/${id}`);
  });

  it('says 503 and when to try again while the database cannot be written, and reads on', async () => {
    const id = await announce('/decide-locked');
    const other = new Database(join(service.folder, 'linkbackd.db'));
    try {
      other.exec('BEGIN IMMEDIATE');
      const deciding = service.api('PATCH', `${base}/${id}`, { moderation: 'approved' });
      expect((await owner.detail(id)).moderation).toBe('pending');
      const response = await deciding;
      expect(response.headers.get('retry-after')).toBe('60');
      await expectProblem(response, 503);
      other.exec('ROLLBACK');
      expect((await owner.decide(id, 'approved')).moderation).toBe('approved');
    } finally {
      other.close();
    }
  });
});

describe('erasing', () => {
  it('forgets the linkback, its events, its announcements and its job', async () => {
    const id = await announce('/erase');
    await owner.decide(id, 'approved');
    const target = encodeURIComponent(web.url('/blog/one'));
    expect(await (await service.get(`/api/linkbacks?target=${target}`)).text()).toContain('/erase');
    const response = await service.api('DELETE', `${base}/${id}`);
    expect([response.status, await response.text()]).toEqual([204, '']);
    await expectProblem(await service.api('GET', `${base}/${id}`), 404);
    await expectProblem(await service.api('DELETE', `${base}/${id}`), 404);
    expect(await (await service.get(`/api/linkbacks?target=${target}`)).text()).not.toContain('/erase');
    const db = new Database(join(service.folder, 'linkbackd.db'), { readonly: true });
    for (const table of ['event', 'announcement', 'job', 'attempt']) {
      const left = db.prepare(`SELECT count(*) FROM ${table} WHERE linkback_id = ?`).pluck().get(id);
      expect([table, left]).toEqual([table, 0]);
    }
    db.close();
    // It may be announced anew, as if it had never been there.
    expect(await announce('/erase')).not.toBe(id);
  });
});

describe('checking again', () => {
  it('fetches the page anew and takes what it says now', async () => {
    const id = await announce('/again');
    web.page('/again', linkingPage(web.url('/blog/one'), 'A new title'));
    const response = await service.api('POST', `${base}/${id}/verify`);
    expect(response.status).toBe(202);
    await web.waitForHit('/again', 2);
    await waitUntil(async () => (await owner.detail(id)).source.title === 'A new title');
    const { events } = await owner.detail(id);
    expect(events.at(-1)).toMatchObject({ machine: 'verification', from: 'verified', to: 'verified' });
  });
});

describe("a site's policy", () => {
  it("approves a host's later linkbacks once the owner has approved one, each site for itself", async () => {
    const own = await startService({ env: { SITES: sites() } });
    const host = await startWeb({ address: '127.0.0.3' });
    const owner = ownerOf(own);
    try {
      const first = await announce('/first', '/blog/one', host, own);
      const second = await announce('/second', '/blog/one', host, own);
      expect((await owner.detail(second)).moderation).toBe('pending');
      await owner.decide(first, 'approved');
      const third = await announce('/third', '/blog/two', host, own);
      const detail = await owner.detail(third);
      expect([detail.moderation, detail.public]).toEqual(['approved', true]);
      expect(detail.events.at(-1)).toMatchObject({
        by: { kind: 'policy', name: 'hold-first' },
        why: 'The owner approved this source before.',
        machine: 'moderation',
        from: 'pending',
        to: 'approved',
      });
      expect((await owner.detail(second)).moderation).toBe('pending');
      const others = [
        await announce('/in-shop', '/shop/one', host, own),
        await announce('/other-host', '/blog/one', web, own),
      ];
      for (const id of others) expect((await owner.detail(id)).moderation).toBe('pending');
    } finally {
      await Promise.all([own.close(), host.close()]);
    }
  });

  it('never undoes what the owner decided', async () => {
    const own = await startService({ env: { SITES: sites(), POLICY: 'approve-all' } });
    const owner = ownerOf(own);
    try {
      const id = await announce('/never', '/blog/one', web, own);
      expect((await owner.detail(id)).moderation).toBe('approved');
      await owner.decide(id, 'spam');
      web.page('/never', linkingPage(web.url('/blog/one'), 'Changed'));
      await own.api('POST', `${base}/${id}/verify`);
      await waitUntil(async () => (await owner.detail(id)).source.title === 'Changed');
      expect((await owner.detail(id)).moderation).toBe('spam');
    } finally {
      await own.close();
    }
  });
});

describe('GET', () => {
  it('changes nothing', async () => {
    const id = await announce('/get');
    const before = await owner.detail(id);
    for (const path of [
      base,
      `${base}/${id}`,
      `${base}/${id}?moderation=approved`,
      `/api/linkbacks?site=blog`,
    ]) {
      expect((await service.api('GET', path)).status).toBe(200);
    }
    for (const path of [`${base}/${id}/verify`, `${base}/${id}/approve`, `${base}/${id}/delete`]) {
      await expectProblem(await service.api('GET', path), 404);
    }
    expect(await owner.detail(id)).toEqual(before);
    expect(web.hits('/get')).toHaveLength(1);
  });
});
