import type { Call } from './call.ts';
import type { Delivery, Site, SiteChoices, Token, TokenDraft, Webhook, WebhookDraft } from './desk-shapes.ts';
import type {
  BulkDecided,
  Decided,
  Detail,
  Item,
  ItemList,
  List,
  Moderation,
  Rule,
  RuleDraft,
  RulePreview,
  Session,
  Undone,
} from './shapes.ts';

export type Query = Readonly<Record<string, string>>;

/** Which linkbacks a decision on many means. */
export type Scope = { readonly ids: readonly string[] } | { readonly filter: Query };

const linkbacks = 'api/moderation/linkbacks';
const decisions = 'api/moderation/decisions';
const rules = 'api/moderation/rules';

/** How long a decision on any number of linkbacks may take, in milliseconds. */
const bulkMs = 10 * 60_000;

/** What the page asks of linkbacks and rules. Answers are taken in the shapes that the API documents. */
export function makeOwnerApi(call: Call) {
  return {
    session: async () => (await call('GET', 'api/session')) as Session,
    signIn: async (token: string) => (await call('POST', 'api/session', { body: { token } })) as Session,
    signOut: () => done(call('DELETE', 'api/session')),

    list: async (query: Query, signal?: AbortSignal) =>
      (await call('GET', withQuery(linkbacks, query), signal === undefined ? {} : { signal })) as ItemList,
    detail: async (id: string, signal: AbortSignal) =>
      (await call('GET', `${linkbacks}/${encodeURIComponent(id)}`, { signal })) as Detail,
    decide: async (id: string, moderation: Moderation, note: string) =>
      (await call('PATCH', `${linkbacks}/${encodeURIComponent(id)}`, {
        body: { moderation, ...(note === '' ? {} : { note }) },
      })) as Decided,
    decideAll: async (scope: Scope, moderation: Moderation) =>
      (await call('POST', decisions, { body: { ...scope, moderation }, withinMs: bulkMs })) as BulkDecided,
    undo: async (id: string) =>
      (await call('POST', `${decisions}/${encodeURIComponent(id)}/undo`, { withinMs: bulkMs })) as Undone,
    verify: async (id: string) =>
      (await call('POST', `${linkbacks}/${encodeURIComponent(id)}/verify`)) as Item,
    erase: (id: string) => done(call('DELETE', `${linkbacks}/${encodeURIComponent(id)}`)),

    rules: async () => (await call('GET', rules)) as List<Rule>,
    addRule: async (body: RuleDraft) => (await call('POST', rules, { body })) as Rule,
    changeRule: async (id: string, body: RuleDraft) =>
      (await call('PATCH', `${rules}/${id}`, { body })) as Rule,
    deleteRule: (id: string) => done(call('DELETE', `${rules}/${id}`)),
    previewRule: async (body: RuleDraft, signal: AbortSignal) =>
      (await call('POST', `${rules}/preview`, { body, signal })) as RulePreview,
  };
}

export type OwnerApi = ReturnType<typeof makeOwnerApi>;

/** What the page asks of sites, tokens and webhooks. */
export function makeDeskApi(call: Call) {
  return {
    sites: async () => (await call('GET', 'api/sites')) as List<Site>,
    addSite: async (body: Partial<SiteChoices> & { readonly slug?: string }) =>
      (await call('POST', 'api/sites', { body })) as Site,
    changeSite: async (slug: string, body: Partial<SiteChoices>) =>
      (await call('PATCH', `api/sites/${slug}`, { body })) as Site,
    deleteSite: (slug: string) => done(call('DELETE', `api/sites/${slug}`)),

    tokens: async () => (await call('GET', 'api/tokens')) as List<Token>,
    addToken: async (body: Partial<TokenDraft>) =>
      (await call('POST', 'api/tokens', { body })) as Token & { readonly token: string },
    changeToken: async (id: string, body: Pick<TokenDraft, 'name' | 'expiresAt'>) =>
      (await call('PATCH', `api/tokens/${id}`, { body })) as Token,
    revokeToken: (id: string) => done(call('DELETE', `api/tokens/${id}`)),

    webhooks: async () => (await call('GET', 'api/webhooks')) as List<Webhook>,
    addWebhook: async (body: Partial<WebhookDraft>) =>
      (await call('POST', 'api/webhooks', { body })) as Webhook & { readonly secret: string },
    changeWebhook: async (id: string, body: Partial<Pick<Webhook, 'url' | 'events' | 'isActive'>>) =>
      (await call('PATCH', `api/webhooks/${id}`, { body })) as Webhook,
    deleteWebhook: (id: string) => done(call('DELETE', `api/webhooks/${id}`)),
    testWebhook: (id: string) => done(call('POST', `api/webhooks/${id}/test`)),
    deliveries: async (id: string, query: Query) =>
      (await call('GET', withQuery(`api/webhooks/${id}/deliveries`, query))) as List<Delivery>,
    replay: (id: string, deliveryId: string) =>
      done(call('POST', `api/webhooks/${id}/deliveries/${deliveryId}/replay`)),
  };
}

export type DeskApi = ReturnType<typeof makeDeskApi>;

/** For calls whose answer is that they were done. */
async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}

function withQuery(path: string, query: Query): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
