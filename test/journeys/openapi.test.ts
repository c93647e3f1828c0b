import { Validator } from '@seriousme/openapi-schema-validator';
import Schema from 'typebox/schema';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { mention } from '../support/announce.ts';
import { admin, tell } from '../support/credentials.ts';
import { startHere } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { clear, makeBlog, makeThings, newSite, page, type Things } from '../support/things.ts';
import { startWeb } from '../support/web.ts';

type Parameter = { readonly in: string; readonly name: string };
type Content = Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>;
type Answer = { readonly description: string; readonly content?: Content };
type Operation = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, Answer>>;
};
type Document = {
  readonly openapi: string;
  readonly info: { readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object };
};

const web = await startWeb();
const here = await startHere({});
const blogToken = await makeBlog(here);
const shownPage = await showLinkbacks();
const document = (await (await here.get('/openapi.json')).json()) as Document;

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
);

afterAll(() => Promise.all([here.close(), web.close()]));

/** Has a page with linkbacks that everybody may read, and one that was withdrawn, so that no list is empty. */
async function showLinkbacks(): Promise<string> {
  const target = web.url('/shown/post');
  web.page('/shown/post', 'Ours');
  const site = { slug: 'shown', addresses: [web.url('/shown/')], policy: 'approve-all' };
  await tell(here, admin, 'POST', '/api/sites', site);
  web.page('/mention', linkingPage(target));
  const author = '<a class="p-author h-card" href="/ann">Ann</a>';
  const reply = `<p>I <a class="u-in-reply-to" href="${target}">answer</a>.</p>`;
  web.page('/reply', `<article class="h-entry" lang="en">${author}${reply}</article>`);
  web.page('/withdrawn', linkingPage(target));
  for (const path of ['/mention', '/reply', '/withdrawn'])
    expect(await mention(here, web.url(path), target)).toMatchObject({ status: 'verified' });
  const filter = { site: 'shown', q: '/withdrawn' };
  await tell(here, admin, 'POST', '/api/moderation/decisions', { filter, moderation: 'rejected' });
  return target;
}

describe('the description', () => {
  it('is valid OpenAPI 3.1, for where the service is', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));
    expect(result).toMatchObject({ valid: true });
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: here.url }]);
    expect(document.info.description).toContain('Who may call what');
  });

  it('has every route of the running service, and none that there is not', () => {
    const mounted = here.routes().filter(({ method, isHidden }) => method !== 'HEAD' && !isHidden);
    const names = mounted.map(({ method, url }) => `${method} ${inBraces(url)}`);
    expect(operations.map(({ name }) => name).sort()).toEqual([...new Set(names)].sort());
  });

  it('leaves out nothing but preflights, refusals of a method, and what pages consist of', () => {
    const left = here
      .routes()
      .filter(({ method, isHidden }) => isHidden && method !== 'OPTIONS' && method !== 'HEAD')
      .map(({ method, url }) => `${method} ${url}`);
    const known =
      /^(?:(?:GET|PUT|PATCH|DELETE) \/(?:pingback|:site\/xmlrpc)|GET \/(?:linkbacks\.css|docs(?:\/.*)?|moderate\/.*))$/u;
    expect(left.filter((name) => !known.test(name))).toEqual([]);
  });

  it('says of each operation what it is, under a name of its own', () => {
    const tags = document.tags.map(({ name }) => name);
    for (const { name, operation } of operations) {
      const { operationId, summary, tags: own } = operation;
      expect([name, operationId, summary]).toEqual([
        name,
        expect.stringMatching(/^[a-z][A-Za-z0-9]+$/u),
        expect.stringMatching(/^[A-Z]/u),
      ]);
      expect([name, own]).toEqual([name, [expect.any(String)]]);
      expect(tags).toContain(own[0]);
      for (const { description } of Object.values(operation.responses)) {
        expect(description).not.toBe('');
        expect([name, description]).not.toEqual([name, 'Default Response']);
      }
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('says of each operation of the owner that it takes a token', () => {
    const guarded = here.routes().filter(({ needs }) => needs !== undefined && needs !== 'nothing');
    for (const { method, url, needs } of guarded) {
      const found = operations.find(({ name }) => name === `${method} ${inBraces(url)}`);
      if (found === undefined) continue;
      expect(found.operation.security?.[0]).toEqual({ bearer: needs === 'token' ? [] : [needs] });
      expect(Object.keys(found.operation.responses)).toEqual(expect.arrayContaining(['401', '429']));
    }
  });

  it('is kept by readers until it changes', async () => {
    const first = await here.get('/openapi.json');
    const etag = first.headers.get('etag') ?? '';
    expect((await here.get('/openapi.json', { 'if-none-match': etag })).status).toBe(304);
  });

  it('can be read by people, without anything from elsewhere', async () => {
    const docs = await here.get('/docs');
    expect(docs.status).toBe(200);
    const html = await docs.text();
    const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/gu)].map(([, part = '']) => part);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      expect(part).toMatch(/^\/docs\/static\//u);
      expect((await here.get(part)).status).toBe(200);
    }
    const shown = (await (await here.get('/docs/json')).json()) as Document;
    expect(Object.keys(shown.paths)).toEqual(Object.keys(document.paths));
  });
});

/** A route's path as the description spells it. */
function inBraces(url: string): string {
  return url.replace(/\*$/u, ':path').replace(/:(\w+)/gu, '{$1}');
}

/** What is sent where a body is wanted. */
const bodies: Readonly<Record<string, (things: Things) => unknown>> = {
  openSession: () => ({ token: admin['authorization']?.slice('Bearer '.length) }),
  decideLinkback: () => ({ moderation: 'approved' }),
  decideLinkbacks: ({ linkback }) => ({ ids: [linkback], moderation: 'spam' }),
  addRule: () => ({ action: 'hold', sourceHost: 'a.example' }),
  changeRule: () => ({ note: 'Changed' }),
  previewRule: () => ({ action: 'reject', dialect: 'webmention' }),
  addSite: newSite,
  changeSite: () => ({ takesOwn: false }),
  addToken: () => ({ name: 'made', scopes: ['read'] }),
  changeToken: () => ({ name: 'changed' }),
  addWebhook: () => ({ url: 'https://hooks.example/', events: ['received'] }),
  changeWebhook: () => ({ events: ['gone'] }),
};

/** Whose id it is that stands in a path. */
const ids: readonly (readonly [prefix: string, thing: keyof Things])[] = [
  ['/api/moderation/linkbacks/', 'linkback'],
  ['/api/moderation/decisions/', 'decision'],
  ['/api/moderation/rules/', 'rule'],
  ['/api/tokens/', 'token'],
  ['/api/webhooks/', 'webhook'],
  ['/status/', 'status'],
];

/** Lists that are empty say nothing of what is in them. */
const lists = new Set(['items', 'children', 'links']);

function addressOf(path: string, { parameters = [], tags }: Operation, things: Things): string {
  const thing = ids.find(([prefix]) => path.startsWith(prefix))?.[1];
  const values: Readonly<Record<string, string | undefined>> = {
    id: thing === undefined ? undefined : things[thing],
    deliveryId: things.delivery,
    slug: things.site,
    site: 'blog',
    path: 'post',
  };
  const filled = path.replace(/\{(\w+)\}/gu, (_whole, name: string) => values[name] ?? '');
  const asked = new URLSearchParams();
  const has = (name: string): boolean => parameters.some((each) => each.in === 'query' && each.name === name);
  if (has('target') && path !== '/api/deleted.jf2')
    asked.set('target', tags[0] === 'Reading' ? shownPage : page);
  return `${filled}?${asked.toString()}`;
}

function bodyOf(
  { operationId, requestBody }: Operation,
  things: Things,
): { type: string; body: string } | undefined {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type === undefined || content === undefined) return undefined;
  if (type === 'application/json') return { type, body: JSON.stringify(bodies[operationId]?.(things)) };
  const [example] = (content.schema['examples'] ?? []) as readonly string[];
  if (example !== undefined) return { type, body: example };
  const fields = { url: 'http://127.0.0.1:2/form', source: 'http://127.0.0.1:2/form', target: page };
  return { type, body: new URLSearchParams(fields).toString() };
}

describe.each(operations)('$name', ({ method, path, operation }) => {
  it('answers as it is described', async () => {
    const things = await makeThings(here, blogToken);
    onTestFinished(() => clear(here, things));
    const sent = bodyOf(operation, things);
    const wanted = Object.entries(operation.responses).find(([status]) => status < '300')?.[1];
    const type = Object.keys(wanted?.content ?? {})[0] ?? '*/*';
    const response = await fetch(`${here.url}${addressOf(path, operation, things)}`, {
      method,
      headers: { ...admin, accept: type, ...(sent === undefined ? {} : { 'content-type': sent.type }) },
      redirect: 'manual',
      ...(sent === undefined ? {} : { body: sent.body }),
    });
    const answer = operation.responses[String(response.status)];
    expect([response.status, answer]).toEqual([
      expect.toSatisfy((status: number) => status < 400),
      expect.anything(),
    ]);
    const contentType = response.headers.get('content-type')?.split(';')[0];
    const content = answer?.content;
    if (content === undefined) {
      expect([await response.text(), contentType]).toEqual(['', undefined]);
    } else {
      expect(Object.keys(content)).toContain(contentType);
      await expectContent(response, contentType ?? '', content);
    }
  });
});

/** JSON has the described shape, with no field that is not described. */
async function expectContent(response: Response, type: string, content: Content): Promise<void> {
  if (type === 'text/event-stream') return response.body?.cancel();
  const text = await response.text();
  expect(text).not.toBe('');
  if (!type.endsWith('json')) return;
  const schema = { ...content[type]?.schema, components: closed(document.components) };
  const answer = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const [, errors] = Schema.Compile(schema).Errors(answer);
  expect(errors).toEqual([]);
  const empty = Object.entries(answer).filter(
    ([key, value]) => lists.has(key) && Array.isArray(value) && value.length === 0,
  );
  expect(empty).toEqual([]);
}

/** The same schemas, none of whose objects may have more than they say. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  const isObject = copy['type'] === 'object' && typeof copy['properties'] === 'object';
  return isObject && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy;
}
