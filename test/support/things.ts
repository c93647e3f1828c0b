import { admin, ask, bearer, makeToken, tell } from './credentials.ts';
import type { Here } from './here.ts';

/** One of everything that an owner has, of a site "blog", for one request. */
export type Things = {
  readonly linkback: string;
  readonly rule: string;
  readonly token: string;
  readonly webhook: string;
  readonly delivery: string;
  /** A decision on the linkback, by a token of the site. */
  readonly decision: string;
  /** Where the linkback's sender sees what became of it. */
  readonly status: string;
  /** A site that nothing belongs to. */
  readonly site: string;
};

export const linkbacks = '/api/moderation/linkbacks';
export const rules = '/api/moderation/rules';

/** The page that is linked to; nobody is at home there. */
export const page = 'http://127.0.0.1:1/blog/post';

let count = 0;

/** A site that there was not. */
export function newSite(): { readonly slug: string; readonly addresses: readonly string[] } {
  count += 1;
  return { slug: `site-${count}`, addresses: [`https://site-${count}.example/`] };
}

/** Adds the site that things belong to, and gives a token that may decide on it. */
export async function makeBlog(here: Here): Promise<string> {
  await tell(here, admin, 'POST', '/api/sites', { slug: 'blog', addresses: ['http://127.0.0.1:1/blog/'] });
  return (await makeToken(here, { scopes: ['moderate'], site: 'blog' })).token;
}

/** Makes one of everything. */
export async function makeThings(here: Here, blogToken: string): Promise<Things> {
  const make = (path: string, body?: unknown): Promise<{ id: string; slug: string }> =>
    tell(here, admin, 'POST', path, body);
  const { linkback, status } = await announce(here);
  const [rule, token, webhook, site] = await Promise.all([
    make(rules, { site: 'blog', action: 'hold', sourceHost: 'held.example' }),
    make('/api/tokens', { name: 'a thing of blog', scopes: ['read'], site: 'blog' }),
    make('/api/webhooks', { url: 'https://hooks.example/', events: ['decided'], site: 'blog' }),
    make('/api/sites', newSite()),
  ]);
  const decided = { ids: [linkback], moderation: 'rejected' };
  const decision = await tell<{ id: string }>(
    here,
    bearer(blogToken),
    'POST',
    '/api/moderation/decisions',
    decided,
  );
  const delivery = await make(`/api/webhooks/${webhook.id}/test`);
  return {
    linkback,
    status,
    rule: rule.id,
    token: token.id,
    webhook: webhook.id,
    delivery: delivery.id,
    decision: decision.id,
    site: site.slug,
  };
}

async function announce(here: Here): Promise<{ linkback: string; status: string }> {
  count += 1;
  const fields = { source: `http://127.0.0.1:2/source-${count}`, target: page };
  const body = new URLSearchParams(fields);
  const response = await fetch(`${here.url}/blog/webmention`, { method: 'POST', body });
  const list = await tell<{ items: { id: string }[] }>(here, admin, 'GET', `${linkbacks}?limit=1`);
  const status = new URL(response.headers.get('location') ?? '').pathname.split('/').at(-1) ?? '';
  return { linkback: list.items[0]?.id ?? '', status };
}

/** Makes room for others: there may be so many webhooks, and no more. */
export async function clear(here: Here, { linkback, webhook, token, rule, site }: Things): Promise<void> {
  const paths = [
    `${linkbacks}/${linkback}`,
    `/api/webhooks/${webhook}`,
    `/api/tokens/${token}`,
    `${rules}/${rule}`,
    `/api/sites/${site}`,
  ];
  for (const path of paths) await ask(here, admin, 'DELETE', path);
}
