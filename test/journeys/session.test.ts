import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { startHere, type Here } from '../support/here.ts';
import { adminToken } from '../support/service.ts';

const path = '/api/session';
const list = '/api/moderation/linkbacks';

let here: Here;
let strict: Here;
const opened: Here[] = [];

async function start(env: Readonly<Record<string, string>> = {}): Promise<Here> {
  const started = await startHere(env);
  opened.push(started);
  return started;
}

/** A service behind a proxy: its public address is not where it listens. */
async function startBehind(publicUrl: string): Promise<Here> {
  const port = await freePort();
  const started = await start({ BASE_URL: publicUrl, PORT: String(port) });
  return { ...started, url: `http://127.0.0.1:${port}` };
}

beforeAll(async () => {
  [here, strict] = await Promise.all([start(), start({ LIMITS: 'on' })]);
});

afterAll(() => Promise.all(opened.map((each) => each.close())));

type Headers = Readonly<Record<string, string>>;
const send = (
  at: Here,
  method: string,
  to: string,
  headers: Headers = {},
  body?: unknown,
): Promise<Response> =>
  fetch(`${at.url}${to}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const comeIn = (at: Here, token = adminToken, headers: Headers = {}): Promise<Response> =>
  send(at, 'POST', path, headers, { token });

type Told = { name: string; scopes: string[]; site: string | null; csrf: string; expiresAt: string };

async function cookieOf(at: Here): Promise<{ cookie: string; csrf: string }> {
  const response = await comeIn(at);
  const { csrf } = (await response.json()) as Told;
  return { cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '', csrf };
}

const status = async (response: Promise<Response>): Promise<number> => (await response).status;

describe('coming in', () => {
  it('gives a cookie for a right token, which scripts and other sites cannot use, for twelve hours', async () => {
    const response = await comeIn(here);
    expect(response.status).toBe(200);
    const [pair = '', ...attributes] = response.headers.get('set-cookie')?.split('; ') ?? [];
    expect(pair).toMatch(/^linkbackd=[\w-]{43}$/u);
    expect(attributes.filter((each) => !each.startsWith('Expires='))).toEqual([
      'Path=/',
      'HttpOnly',
      'SameSite=Strict',
    ]);
    const told = (await response.json()) as Told;
    expect(told).toEqual({
      name: 'admin',
      scopes: ['admin'],
      site: null,
      csrf: expect.stringMatching(/^[\w-]{43}$/u),
      expiresAt: expect.any(String),
    });
    const hours = (Date.parse(told.expiresAt) - here.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.99);
    expect(hours).toBeLessThanOrEqual(12);
    const again = await send(here, 'GET', path, { cookie: pair });
    expect([again.status, await again.json()]).toEqual([200, told]);
  });

  it('ties the cookie to https and to this very host where the public address is https', async () => {
    const secure = await startBehind('https://linkbacks.example');
    const attributes = (await comeIn(secure)).headers.get('set-cookie')?.split('; ') ?? [];
    expect(attributes[0]).toMatch(/^__Host-linkbackd=[\w-]{43}$/u);
    expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict']));
    expect(attributes.join()).not.toContain('Domain');
  });

  it.each(['wrong-token-of-some-length', '', `${adminToken} `, adminToken.slice(1)])(
    'is refused with %j',
    async (token) => {
      const response = await comeIn(here, token);
      expect(response.status).toBe(token === '' ? 400 : 401);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.headers.get('cache-control')).toBe('no-store');
    },
  );

  it("is refused to other origins' pages", async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: here.url },
    ]) {
      expect(await status(comeIn(here, adminToken, headers))).toBe(403);
    }
    expect(await status(comeIn(here, adminToken, { origin: here.url }))).toBe(200);
    expect(await status(comeIn(here, adminToken, { 'sec-fetch-site': 'same-origin' }))).toBe(200);
  });

  it('is let be ten times a minute with wrong tokens, and then with none', async () => {
    for (let guess = 0; guess < 10; guess += 1)
      expect(await status(comeIn(strict, `wrong-token-number-${guess}`))).toBe(401);
    const response = await comeIn(strict, 'wrong-token-number-10');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '6']);
    expect(await status(comeIn(strict))).toBe(429);
    expect(await status(send(strict, 'GET', list, { cookie: 'linkbackd=a-guess' }))).toBe(429);
    expect(await status(send(strict, 'GET', list, { authorization: 'Bearer wrong' }))).toBe(429);
    strict.pass(60_000);
    expect(await status(comeIn(strict))).toBe(200);
  });
});

describe('a cookie', () => {
  it('opens what its token opens', async () => {
    const { cookie } = await cookieOf(here);
    const response = await send(here, 'GET', list, { cookie });
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('is taken back when it opens nothing', async () => {
    const response = await send(here, 'GET', list, { cookie: 'linkbackd=not-one-of-ours' });
    expect(response.status).toBe(401);
    expect(response.headers.get('set-cookie')).toMatch(/^linkbackd=; Max-Age=0; Path=\//u);
  });

  it('counts no more once its session is closed, or twelve hours old', async () => {
    const own = await start();
    const first = await cookieOf(own);
    const headers = { cookie: first.cookie, 'x-linkbackd-csrf': first.csrf, origin: own.url };
    const closed = await send(own, 'DELETE', path, headers);
    expect(closed.status).toBe(204);
    expect(closed.headers.get('set-cookie')).toMatch(/^linkbackd=; Max-Age=0; Path=\//u);
    expect(await status(send(own, 'GET', list, { cookie: first.cookie }))).toBe(401);

    const { cookie } = await cookieOf(own);
    own.pass(12 * 3_600_000 - 60_000);
    expect(await status(send(own, 'GET', list, { cookie }))).toBe(200);
    own.pass(60_000);
    expect(await status(send(own, 'GET', list, { cookie }))).toBe(401);
  });

  it('is not asked for where a bearer token is sent, and does not mend a wrong one', async () => {
    const { cookie } = await cookieOf(here);
    const authorization = `Bearer ${adminToken}`;
    expect(await status(send(here, 'DELETE', `${list}/x`, { cookie, authorization }))).toBe(404);
    expect(await status(send(here, 'GET', list, { cookie, authorization: 'Bearer wrong' }))).toBe(401);
  });
});

describe('a change by cookie', () => {
  let cookie: string;
  let csrf: string;

  beforeAll(async () => {
    ({ cookie, csrf } = await cookieOf(here));
  });

  const change = (headers: Headers): Promise<number> => status(send(here, 'DELETE', `${list}/x`, headers));

  it('is taken from our own page, with its csrf', async () => {
    expect(await change({ cookie, 'x-linkbackd-csrf': csrf, origin: here.url })).toBe(404);
    expect(await change({ cookie, 'x-linkbackd-csrf': csrf, 'sec-fetch-site': 'same-origin' })).toBe(404);
  });

  it.each<[string, () => Headers]>([
    ['no csrf', () => ({ origin: here.url })],
    ['another csrf', () => ({ origin: here.url, 'x-linkbackd-csrf': `${csrf.slice(1)}x` })],
    ['an empty csrf', () => ({ origin: here.url, 'x-linkbackd-csrf': '' })],
    ['the cookie as csrf', () => ({ origin: here.url, 'x-linkbackd-csrf': cookie.split('=')[1] ?? '' })],
    ['no word of where it comes from', () => ({ 'x-linkbackd-csrf': csrf })],
    ['another origin', () => ({ 'x-linkbackd-csrf': csrf, origin: 'https://evil.example' })],
    ['another port', () => ({ 'x-linkbackd-csrf': csrf, origin: 'http://127.0.0.1:1' })],
    ['another scheme', () => ({ 'x-linkbackd-csrf': csrf, origin: here.url.replace('http:', 'https:') })],
    ['no origin to speak of', () => ({ 'x-linkbackd-csrf': csrf, origin: 'null' })],
    ['a page of another site', () => ({ 'x-linkbackd-csrf': csrf, 'sec-fetch-site': 'cross-site' })],
    ['a page beside', () => ({ 'x-linkbackd-csrf': csrf, 'sec-fetch-site': 'same-site', origin: here.url })],
    ['no page at all', () => ({ 'x-linkbackd-csrf': csrf, 'sec-fetch-site': 'none' })],
  ])('is refused with %s', async (_what, headers) => {
    expect(await change({ cookie, ...headers() })).toBe(403);
  });

  it('is taken where a proxy passes the public address on by its own name', async () => {
    const proxied = await startBehind('https://linkbacks.example/here');
    const response = await comeIn(proxied, adminToken, { origin: 'https://linkbacks.example' });
    const told = (await response.json()) as Told;
    const headers = {
      cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '',
      'x-linkbackd-csrf': told.csrf,
      origin: 'https://linkbacks.example',
    };
    expect(await status(send(proxied, 'DELETE', `${list}/x`, headers))).toBe(404);
    const elsewhere = { ...headers, origin: 'https://other.example' };
    expect(await status(send(proxied, 'DELETE', `${list}/x`, elsewhere))).toBe(403);
  });
});

describe('OPTIONS', () => {
  it.each([list, `${list}/x`, `${list}/x/verify`, path])('gives no other origin leave: %s', async (to) => {
    const response = await send(here, 'OPTIONS', to, {
      origin: 'https://evil.example',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization',
    });
    expect(response.status).toBe(204);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(response.headers.get('allow')).toMatch(/OPTIONS/u);
  });
});
