import Database from 'better-sqlite3';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

let web: Web;
let service: Service;
let owner: Owner;

beforeAll(async () => {
  web = await startWeb();
  web.page('/blog/post', 'Ours');
  service = await startService({
    env: { SITES: `blog=http://${web.host}/blog/`, POLICY: 'hold-all', ANSWER_WITHIN_MS: '0' },
  });
  owner = ownerOf(service);
});

afterAll(async () => {
  await service.close();
  await web.close();
});

type Status = Readonly<Record<string, string | null>>;

/** Pings without waiting for the verdict, and gives the path of the status page. */
async function pingFrom(source: string): Promise<string> {
  const answer = await service.ping(source, web.url('/blog/post'));
  const url =
    /^The pingback is queued and will be verified\. Its status: (http\S+)$/u.exec(answer)?.[1] ?? '';
  expect(url).toMatch(new RegExp(`^${service.url}/status/[\\w-]{22}$`, 'u'));
  return new URL(url).pathname;
}

async function statusAt(path: string): Promise<Status> {
  const response = await service.get(path);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  return (await response.json()) as Status;
}

const settled = (path: string, status: string): Promise<Status> =>
  waitUntil(async () => {
    const found = await statusAt(path);
    return found['status'] === status && found;
  });

const pageAt = async (path: string): Promise<string> =>
  (await service.get(path, { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' })).text();

/** A page that links, and its status once it is verified. */
async function verified(path: string): Promise<string> {
  web.page(path, linkingPage(web.url('/blog/post'), 'A title nobody need know here'));
  const status = await pingFrom(web.url(path));
  await settled(status, 'verified');
  return status;
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u) as unknown;

describe('what became of a ping', () => {
  it('is queued until the page has been looked at, then verified, then shown when the owner says so', async () => {
    web.page('/queued', linkingPage(web.url('/blog/post')));
    const goOn = web.hold('/queued');
    const path = await pingFrom(web.url('/queued'));
    const status = {
      status: 'queued',
      reason: null,
      detail: 'The source page will be read soon, and read again if it cannot be reached.',
      source: web.url('/queued'),
      target: web.url('/blog/post'),
      receivedAt: time,
      checkedAt: null,
    };
    expect(await statusAt(path)).toEqual(status);
    expect(await pageAt(path)).toContain('Waiting to be verified');
    goOn();
    expect(await settled(path, 'verified')).toEqual({
      ...status,
      status: 'verified',
      detail: 'The source links to the target. The owner of the target decides whether to show it.',
      checkedAt: time,
    });
    const { id } = await owner.find(web.url('/queued'));
    for (const hidden of ['rejected', 'spam']) {
      await owner.decide(id, hidden);
      expect((await statusAt(path))['detail']).toMatch(
        /The owner of the target decides whether to show it\.$/u,
      );
    }
    await owner.decide(id, 'approved');
    expect((await statusAt(path))['detail']).toBe(
      'The source links to the target, and the link is shown there.',
    );
  });

  it('is still queued while its page has trouble', async () => {
    web.page('/trouble', { status: 503, body: 'Later' });
    const path = await pingFrom(web.url('/trouble'));
    const { id } = await owner.find(web.url('/trouble'));
    await waitUntil(async () => (await owner.detail(id)).attempts.length === 1);
    expect(await statusAt(path)).toMatchObject({ status: 'queued', reason: null, checkedAt: null });
  });

  it.each([
    ['no-link', 'The source page has no link to the target.', '<p>Nothing here.'],
    ['source-unusable', 'The source page could not be read.', { status: 404, body: 'Not here' }],
  ] as const)('is refused with its reason: %s', async (reason, detail, page) => {
    web.page(`/refused-${reason}`, page);
    const path = await pingFrom(web.url(`/refused-${reason}`));
    expect(await settled(path, 'refused')).toMatchObject({ reason, detail, checkedAt: time });
    expect(await pageAt(path)).toContain(detail);
  });

  it('is gone when a verified link has disappeared', async () => {
    const path = await verified('/gone');
    web.page('/gone', { status: 410, body: 'Gone' });
    const { id } = await owner.find(web.url('/gone'));
    await service.api('POST', `/api/moderation/linkbacks/${id}/verify`);
    expect(await settled(path, 'gone')).toMatchObject({
      reason: null,
      detail: 'The source linked to the target once and does so no more.',
    });
  });

  it('says nothing about networks when the page cannot be reached', async () => {
    const unreachable = ['http://127.0.0.1:1/', 'http://10.1.2.3/', 'http://router.lan/'];
    const told: unknown[] = [];
    for (const source of unreachable) {
      const path = await pingFrom(source);
      const { source: shown, receivedAt, checkedAt, ...rest } = await settled(path, 'refused');
      expect([shown, receivedAt, checkedAt]).toEqual([source, time, time]);
      told.push(rest);
      const page = [source, service.url, web.host].reduce(
        (text, known) => text.replaceAll(known, ''),
        await pageAt(path),
      );
      expect(page).not.toMatch(
        /ECONN|\bDNS\b|\bIP\b|private|address|connection|timeout|HTTP \d|127\.0|10\.1/u,
      );
    }
    expect(told).toEqual(unreachable.map(() => told[0]));
  });
});

describe('the page of a status', () => {
  it('is HTML for browsers and JSON for everybody else', async () => {
    const path = await verified('/accept');
    for (const accept of ['text/html', 'text/html;q=0.9,*/*', 'application/xhtml+xml, text/html']) {
      const { headers } = await service.get(path, { accept });
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    }
    for (const accept of ['application/json', '*/*', 'image/png', '']) {
      const { headers } = await service.get(path, { accept });
      expect([headers.get('content-type'), headers.get('vary')]).toEqual([
        'application/json; charset=utf-8',
        'accept',
      ]);
    }
  });

  it('is not for search engines or caches, and loads nothing but its style', async () => {
    const path = await verified('/headers');
    for (const accept of ['text/html', 'application/json']) {
      const { headers } = await service.get(path, { accept });
      expect(headers.get('x-robots-tag')).toBe('noindex');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/u);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
    const page = await pageAt(path);
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">[\s\S]*<h1>What became of your ping<\/h1>/u);
    expect(page).toContain('<meta name="robots" content="noindex">');
    expect(page).not.toMatch(/<script|<style| style=| on\w+=/u);
  });

  it('tells nothing about persons, and nothing of what the source says', async () => {
    web.page(
      '/person',
      `<title>Private</title><div class="h-entry"><a class="p-author h-card" href="https://jane.example/">Jane Doe</a>
       <p>Some words <a href="${web.url('/blog/post')}">here</a> and more</p></div>`,
    );
    const path = await pingFrom(web.url('/person'));
    const status = await settled(path, 'verified');
    expect(Object.keys(status).sort()).toEqual(
      ['checkedAt', 'detail', 'reason', 'receivedAt', 'source', 'status', 'target'].sort(),
    );
    const { id } = await owner.find(web.url('/person'));
    await owner.decide(id, 'rejected', 'Jane is not welcome');
    for (const text of [JSON.stringify(await statusAt(path)), await pageAt(path)]) {
      expect(text).not.toMatch(/Jane|jane\.example|Private|Some words|rejected|welcome|senderIp/u);
      expect(text).not.toContain(id);
    }
  });

  it('escapes the addresses it shows', async () => {
    web.page('/escape', linkingPage(web.url('/blog/post')));
    const path = await pingFrom(web.url(`/escape?q='"><script>alert(1)</script>&amp;`));
    await settled(path, 'verified');
    expect(await pageAt(path)).not.toMatch(/<script|&amp;amp;amp;/u);
  });
});

describe('the address of a status', () => {
  it('is neither the public id nor like another', async () => {
    const [one, other] = [await verified('/id-1'), await verified('/id-2')];
    expect(one).not.toBe(other);
    const { id } = await owner.find(web.url('/id-1'));
    expect(one).not.toContain(id);
    expect((await service.get(`/status/${id}`)).status).toBe(404);
    expect(one.slice(0, -11)).not.toBe(other.slice(0, -11));
    expect(one.slice(-11)).not.toBe(other.slice(-11));
  });

  it('is the same one when the same ping comes again', async () => {
    web.page('/same', 'Nothing');
    const path = await pingFrom(web.url('/same'));
    await settled(path, 'refused');
    expect(await pingFrom(web.url('/same'))).toBe(path);
  });

  it.each(['x', 'AAAAAAAAAAAAAAAAAAAAAA', '%00', '..%2Fhealthz', "'%20OR%201=1", 'a'.repeat(150)])(
    'is unknown as %s, in JSON or HTML',
    async (id) => {
      const json = await service.get(`/status/${id}`);
      expect([json.status, json.headers.get('content-type')]).toEqual([
        404,
        'application/problem+json; charset=utf-8',
      ]);
      const page = await service.get(`/status/${id}`, { accept: 'text/html' });
      expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
      expect(await page.text()).toContain('Status pages are kept for 30 days after the last ping.');
      for (const { headers } of [json, page]) expect(headers.get('x-robots-tag')).toBe('noindex');
    },
  );

  it('ends 30 days after the last ping, and begins again with the next', async () => {
    const path = await verified('/old');
    const id = path.replace('/status/', '');
    const day = 24 * 3600 * 1000;
    putBack(id, 30 * day - 60_000);
    expect((await service.get(path)).status).toBe(200);
    putBack(id, 30 * day + 60_000);
    expect((await service.get(path)).status).toBe(404);
    expect((await service.get(path, { accept: 'text/html' })).status).toBe(404);
    // The linkback itself is none the worse for it.
    expect((await owner.find(web.url('/old'))).verification).toBe('verified');
    expect(await service.ping(web.url('/old'), web.url('/blog/post'))).toMatch(/^fault 48/u);
    expect((await service.get(path)).status).toBe(200);
  });

  it('is read only: nothing but GET and HEAD is answered', async () => {
    const path = await verified('/methods');
    expect((await fetch(`${service.url}${path}`, { method: 'HEAD' })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await fetch(`${service.url}${path}`, { method })).status).toBe(404);
    }
  });
});

/** Lets a status have been announced so long ago. */
function putBack(statusId: string, byMs: number): void {
  const db = new Database(join(service.folder, 'linkbackd.db'), { timeout: 5000 });
  db.prepare('UPDATE announcement SET last_at = ? WHERE status_id = ?').run(Date.now() - byMs, statusId);
  db.close();
}
