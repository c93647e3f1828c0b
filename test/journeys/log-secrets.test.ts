import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, bearer, tell, type Credential } from '../support/credentials.ts';
import { linkingPage } from '../support/linking-page.ts';
import { adminToken, startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const feedToken = 'a-feed-token-for-tests';
const wrongToken = 'a-token-that-nobody-has';

let web: Web;
let service: Service;

beforeAll(async () => {
  web = await startWeb();
  service = await startService({
    env: { SITES: 'blog=https://blog.example/', FEED_TOKEN: feedToken, LOG_LEVEL: 'trace' },
  });
});

afterAll(async () => {
  await service.close();
  await web.close();
});

const admin = bearer(adminToken);
const list = '/api/moderation/linkbacks';

/** Does everything that has to do with a secret once, rightly and wrongly, and gives the secrets. */
async function useSecrets(): Promise<readonly string[]> {
  const made = await tell<{ token: string }>(service, admin, 'POST', '/api/tokens', {
    name: 'for a script',
    scopes: ['read'],
  });
  const hook = await tell<{ secret: string }>(service, admin, 'POST', '/api/webhooks', {
    url: web.url('/hook'),
    events: ['received'],
  });
  const session = await ask(service, {}, 'POST', '/api/session', { token: adminToken });
  const { csrf } = (await session.json()) as { csrf: string };
  const cookie = /=([^;]+)/u.exec(session.headers.get('set-cookie') ?? '')?.[1] ?? '';
  const holders: readonly Credential[] = [
    bearer(made.token),
    bearer(wrongToken),
    { cookie: `linkbackd=${cookie}` },
  ];
  for (const holder of holders) await ask(service, holder, 'GET', list);
  await ask(service, { cookie: `linkbackd=${cookie}`, 'x-linkbackd-csrf': csrf }, 'DELETE', '/api/session');
  await ask(service, {}, 'POST', '/api/session', { token: wrongToken });
  await ask(service, admin, 'POST', '/api/tokens', { name: 7, token: wrongToken });
  await fetch(`${service.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"token": "${wrongToken}`,
  });
  for (const query of [`domain=blog.example&token=${feedToken}`, `token=${wrongToken}&domain=blog.example`]) {
    await service.get(`/api/mentions.jf2?${query}`);
    await service.get(`/no-such-page?${query}`);
  }
  return [adminToken, feedToken, wrongToken, made.token, hook.secret, cookie, csrf];
}

it('writes no token, no cookie and no secret into any line, at the most talkative level', async () => {
  const secrets = await useSecrets();
  expect(secrets.every((each) => each.length >= 16)).toBe(true);
  const source = web.url('/source');
  web.page('/source', linkingPage('https://blog.example/post'));
  await service.ping(source, 'https://blog.example/post');
  await waitUntil(() => service.output().stderr.includes('"settled"'));
  expect(await service.end('SIGTERM')).toBe(0);
  const { stdout, stderr } = service.output();
  expect(stdout + stderr).toContain('listens at');
  for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
});
