import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxWebhooks } from '../../src/moderation/webhooks.ts';
import { startHere, type Here } from '../support/here.ts';
import { addWebhook } from '../support/receiver.ts';
import { adminToken, callApi } from '../support/service.ts';

const url = 'https://hooks.blog.com/linkbacks?key=1';
const events = ['published', 'withdrawn'];

let here: Here;

beforeAll(async () => {
  here = await startHere({ SITES: 'blog=https://blog.example/,notes=https://notes.example/' });
});
afterAll(() => here.close());

async function tokenFor(scopes: readonly string[], site: string | null = null): Promise<string> {
  const response = await here.api('POST', '/api/tokens', { name: 'a test', scopes, site });
  return ((await response.json()) as { readonly token: string }).token;
}

const call = (token: string, method: string, path: string, body?: unknown): Promise<Response> =>
  callApi(`${here.url}${path}`, token, method, body);
const webhooks = async (token = adminToken): Promise<readonly { readonly id: string }[]> =>
  ((await (await call(token, 'GET', '/api/webhooks')).json()) as { items: { id: string }[] }).items;
const detail = async (response: Response): Promise<string> =>
  ((await response.json()) as { readonly detail: string }).detail;

describe('the API of webhooks', () => {
  it('makes one, shows its secret this once, changes it, and deletes it', async () => {
    const made = await here.api('POST', '/api/webhooks', { url, events: [...events].reverse() });
    expect(made.status).toBe(201);
    const { secret, ...webhook } = (await made.json()) as Readonly<Record<string, unknown>>;
    expect(secret).toMatch(/^whsec_[\w+/]{43}=$/u);
    expect(webhook).toEqual({
      id: expect.any(String) as string,
      url,
      events,
      site: null,
      isActive: true,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/u) as string,
    });
    const listed = await here.api('GET', '/api/webhooks');
    expect(listed.headers.get('cache-control')).toBe('no-store');
    expect(await listed.json()).toEqual({ items: [webhook], next: null });

    const path = `/api/webhooks/${String(webhook['id'])}`;
    const changed = await here.api('PATCH', path, { url: 'https://other.blog.com/', isActive: false });
    expect(await changed.json()).toEqual({ ...webhook, url: 'https://other.blog.com/', isActive: false });
    const left = await here.api('PATCH', path, { events: ['gone'] });
    expect(await left.json()).toMatchObject({
      url: 'https://other.blog.com/',
      isActive: false,
      events: ['gone'],
    });
    expect((await here.api('DELETE', path)).status).toBe(204);
    expect((await here.api('DELETE', path)).status).toBe(404);
    expect(await webhooks()).toEqual([]);
  });

  it.each([
    ['no address', { events }, 'url'],
    ['an address that is none', { url: 'hooks.blog.com', events }, 'no http or https address'],
    ['one of another kind', { url: 'file:///etc/passwd', events }, 'no http or https address'],
    ['one with a password', { url: 'https://me:secret@hooks.blog.com/', events }, 'no http or https address'],
    ['no events', { url, events: [] }, 'events'],
    ['an event that there is not', { url, events: ['everything'] }, 'events'],
    ['the same event twice', { url, events: ['gone', 'gone'] }, 'events'],
    ['a site that there is not', { url, events, site: 'nowhere' }, 'There is no site "nowhere".'],
    ['a secret of one’s own', { url, events, secret: 'whsec_aaaa' }, 'additional'],
  ])('refuses %s', async (_what, body, words) => {
    const response = await here.api('POST', '/api/webhooks', body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await detail(response)).toContain(words);
    expect(await webhooks()).toEqual([]);
  });

  it('refuses changes that are none', async () => {
    const { id } = await addWebhook(here, { url });
    for (const body of [{}, { site: 'blog' }, { url: 'nonsense' }, { isActive: 'no' }, { secret: 'x' }]) {
      expect((await here.api('PATCH', `/api/webhooks/${id}`, body)).status).toBe(400);
    }
    await here.api('DELETE', `/api/webhooks/${id}`);
  });

  it('takes the scope admin', async () => {
    const { id } = await addWebhook(here, { url });
    const routes = [
      ['GET', '/api/webhooks'],
      ['POST', '/api/webhooks', { url, events }],
      ['PATCH', `/api/webhooks/${id}`, { isActive: false }],
      ['GET', `/api/webhooks/${id}/deliveries`],
      ['POST', `/api/webhooks/${id}/test`],
      ['POST', `/api/webhooks/${id}/deliveries/d/replay`],
      ['DELETE', `/api/webhooks/${id}`],
    ] as const;
    const lesser = await Promise.all(['read', 'moderate', 'send'].map((scope) => tokenFor([scope])));
    for (const [method, path, body] of routes) {
      for (const token of lesser) expect((await call(token, method, path, body)).status).toBe(403);
      expect((await call('wrong', method, path, body)).status).toBe(401);
      expect((await fetch(`${here.url}${path}`, { method })).status).toBe(401);
    }
    expect((await webhooks()).length).toBe(1);
    await here.api('DELETE', `/api/webhooks/${id}`);
  });

  it('lets a token of one site see those of all sites, and change its own', async () => {
    const token = await tokenFor(['admin'], 'blog');
    const ofAll = await addWebhook(here, { url });
    const foreign = await addWebhook(here, { url, site: 'notes' });
    const made = await call(token, 'POST', '/api/webhooks', { url, events });
    const own = (await made.json()) as { readonly id: string; readonly site: string };
    expect(own.site).toBe('blog');
    expect((await webhooks(token)).map(({ id }) => id)).toEqual([ofAll.id, own.id]);

    for (const site of [null, 'notes'])
      expect((await call(token, 'POST', '/api/webhooks', { url, events, site })).status).toBe(403);
    const acts = (id: string) =>
      [
        ['PATCH', `/api/webhooks/${id}`, { isActive: true }],
        ['GET', `/api/webhooks/${id}/deliveries`],
        ['POST', `/api/webhooks/${id}/deliveries/d/replay`],
        ['POST', `/api/webhooks/${id}/test`],
        ['DELETE', `/api/webhooks/${id}`],
      ] as const;
    const statuses = async (id: string): Promise<number[]> => {
      const all: number[] = [];
      for (const [method, path, body] of acts(id)) all.push((await call(token, method, path, body)).status);
      return all;
    };
    expect(await statuses(ofAll.id)).toEqual([403, 403, 403, 403, 403]);
    expect(await statuses(foreign.id)).toEqual([404, 404, 404, 404, 404]);
    expect(await statuses(own.id)).toEqual([200, 200, 404, 202, 204]);
    for (const { id } of [ofAll, foreign]) await here.api('DELETE', `/api/webhooks/${id}`);
  });

  it(`has room for ${maxWebhooks}`, async () => {
    const made = await Promise.all(Array.from({ length: maxWebhooks }, () => addWebhook(here, { url })));
    const refused = await here.api('POST', '/api/webhooks', { url, events });
    expect(refused.status).toBe(409);
    expect(await detail(refused)).toContain('delete one first');
    for (const { id } of made) await here.api('DELETE', `/api/webhooks/${id}`);
  });

  it('knows nothing of a webhook that there is not', async () => {
    for (const [method, path] of [
      ['GET', '/deliveries'],
      ['POST', '/test'],
      ['POST', '/deliveries/d/replay'],
      ['DELETE', ''],
    ] as const) {
      expect((await here.api(method, `/api/webhooks/nothing${path}`)).status).toBe(404);
    }
    expect((await here.api('PATCH', '/api/webhooks/nothing', { isActive: true })).status).toBe(404);
  });
});
