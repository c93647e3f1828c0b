import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHere, type Here } from '../support/here.ts';
import { adminToken } from '../support/service.ts';

let here: Here;

beforeAll(async () => {
  here = await startHere({ SITES: 'blog=https://blog.example/' });
});

afterAll(() => here.close());

/** What every answer says to browsers. */
const everywhere = {
  'content-security-policy':
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';" +
    "base-uri 'none';frame-ancestors 'none';require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const owners = { 'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-store' } as const;
const publicly = {
  'cross-origin-resource-policy': 'cross-origin',
  'access-control-allow-origin': '*',
} as const;
const target = encodeURIComponent('https://blog.example/post');

describe('the headers of', () => {
  it.each([
    ['a list of the owner', '/api/moderation/linkbacks', 200, owners],
    ['the owner’s session', '/api/session', 401, owners],
    ['tokens', '/api/tokens', 200, owners],
    ['the public list as JSON', `/api/linkbacks?target=${target}`, 200, publicly],
    ['the fragment', `/linkbacks.html?target=${target}`, 200, publicly],
    ['a mistake', '/api/linkbacks', 400, publicly],
    ['the widget', '/widget.js', 200, publicly],
    ['the form', '/webmention', 200, { 'x-robots-tag': 'noindex' }],
    ['a status', '/status/none', 404, { 'cache-control': 'no-store', 'x-robots-tag': 'noindex' }],
    ['the page for moderation', '/moderate', 200, { 'cross-origin-resource-policy': 'same-origin' }],
    ['nothing', '/no-such-page', 404, { 'cross-origin-resource-policy': 'same-origin' }],
  ] as const)('%s are those of its kind', async (_what, path, status, own) => {
    const isOwners = path.startsWith('/api/moderation') || path === '/api/tokens';
    const answer = await here.get(path, isOwners ? { authorization: `Bearer ${adminToken}` } : {});
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ ...everywhere, ...own });
    expect(answer.headers.has('x-powered-by')).toBe(false);
    if (!('access-control-allow-origin' in own)) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('the documents for people are a policy of their own, which still loads nothing of others', async () => {
    const policy = (await here.get('/docs/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/https?:|\*/u);
  });
});
