import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { dialects, linkbackTypes, type Linkback } from '../linkback/linkback.ts';
import type { Page, PublicQuery, PublicStore } from '../linkback/ports.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import { problem, problemType } from '../linkback/problem.ts';
import { findSite, type Site } from '../linkback/site.ts';
import { commentList } from './comment-list.ts';
import { safeJson, sendConditional } from './conditional.ts';
import { html, type Html } from './html.ts';
import { keyOfPage, type PageLooks } from './page-key.ts';
import { page, stylePath } from './page.ts';
import { toPublic } from './public-linkback.ts';

export type ReadOptions = {
  readonly store: PublicStore & PageLooks;
  readonly sites: () => readonly Site[];
  /** The service's public address without a trailing slash. */
  readonly baseUrl: () => string;
};

const maxLimit = 100;

const Query = Type.Object({
  target: Type.Optional(Type.String({ maxLength: 2048 })),
  site: Type.Optional(Type.String({ maxLength: 64 })),
  protocol: Type.Optional(Type.Enum([...dialects])),
  type: Type.Optional(Type.Enum([...linkbackTypes])),
  since: Type.Optional(Type.String({ format: 'date-time' })),
  order: Type.Optional(Type.Enum(['oldest', 'newest'])),
  limit: Type.Integer({ minimum: 1, maximum: maxLimit, default: 20 }),
  after: Type.Optional(Type.String({ maxLength: 64 })),
});

/** The fragment and the page show a whole list by default. */
const ListQuery = Type.Object({
  ...Query.properties,
  limit: Type.Integer({ minimum: 1, maximum: maxLimit, default: maxLimit }),
});

type Asked = Static<typeof Query>;

/**
 * Serves what the public may read of a page's linkbacks: JSON, an HTML fragment and a page, oldest first as in a
 * blog's comment list.
 *
 * Limits: 100 linkbacks an answer; the rest by the cursor `after`, also as `Link: rel="next"`.
 */
export function readLinkbacks(app: FastifyInstance, options: ReadOptions, done: () => void): void {
  const stylesheet = readFileSync(new URL('./linkbacks.css', import.meta.url), 'utf8');

  app.get<{ Querystring: Asked }>(
    '/api/linkbacks',
    { schema: { querystring: Query } },
    async (request, reply) => {
      const list = await find(request.query, reply, options, '/api/linkbacks');
      if (list === undefined) return reply;
      const items = list.items.map((each) => toPublic(each, markOf(options, each.site)));
      return sendConditional(
        request,
        reply,
        'application/json; charset=utf-8',
        safeJson({ items, next: list.next }),
      );
    },
  );

  app.get<{ Querystring: Asked }>(
    '/linkbacks.html',
    { schema: { querystring: ListQuery } },
    async (request, reply) => {
      const list = await find(request.query, reply, options, '/linkbacks.html');
      if (list === undefined) return reply;
      return sendConditional(
        request,
        reply,
        htmlType,
        commentList(list.items, (site) => markOf(options, site)).html,
      );
    },
  );

  app.get<{ Querystring: Asked }>(
    '/linkbacks',
    { schema: { querystring: ListQuery } },
    async (request, reply) => {
      reply.header('x-robots-tag', 'noindex');
      const list = await find(request.query, reply, options, '/linkbacks');
      return list === undefined
        ? reply
        : sendConditional(request, reply, htmlType, listPage(request, list, options));
    },
  );

  app.get(stylePath, (request, reply) =>
    sendConditional(request, reply, 'text/css; charset=utf-8', stylesheet),
  );
  done();
}

const htmlType = 'text/html; charset=utf-8';

/** The page of linkbacks that was asked for; undefined when a problem has been answered. */
async function find(
  asked: Asked,
  reply: FastifyReply,
  options: ReadOptions,
  path: string,
): Promise<Page<Linkback> | undefined> {
  const target = asked.target === undefined ? undefined : parsePageUrl(asked.target);
  if (
    (target === undefined) !== (asked.target === undefined) ||
    (target === undefined && asked.site === undefined)
  ) {
    const detail = 'Name a page by target=, an absolute http or https address, or a site by site=.';
    void reply
      .code(400)
      .type(problemType)
      .send(JSON.stringify(problem(400, detail)));
    return undefined;
  }
  const site = target === undefined ? undefined : findSite(options.sites(), target);
  // A page of no site has no linkbacks; a widget on it shows an empty list, not an error.
  if (target !== undefined && site === undefined) return { items: [], next: null };
  const isOfPage = target !== undefined && site !== undefined;
  const key = isOfPage ? await keyOfPage(options.store, site, target) : undefined;
  const list = await options.store.publicList(toQuery(asked, key));
  if (list.next !== null) reply.header('link', `<${nextUrl(asked, list.next, options, path)}>; rel="next"`);
  return list;
}

function toQuery(asked: Asked, key: string | undefined): PublicQuery {
  const { since, protocol, type, after } = asked;
  return {
    order: asked.order ?? 'oldest',
    limit: asked.limit,
    ...(key === undefined ? {} : { targetKey: key }),
    ...(asked.site === undefined ? {} : { site: asked.site }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { since: Date.parse(since) }),
    ...(after === undefined ? {} : { after }),
  };
}

function nextUrl(asked: Asked, after: string, options: ReadOptions, path: string): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...asked, after })) query.set(name, String(value));
  return `${options.baseUrl()}${path}?${query.toString()}`;
}

function listPage(
  request: FastifyRequest<{ Querystring: Asked }>,
  list: Page<Linkback>,
  options: ReadOptions,
): string {
  const { target, site = '' } = request.query;
  const isEmpty = list.items.length === 0;
  const title = isEmpty ? 'No linkbacks yet' : 'Linkbacks';
  const what = target === undefined ? html`${site}` : linkToOurs(target, options);
  const about = isEmpty
    ? html`<p class="about">A page that links to ${what} is shown here once its link is verified and approved.</p>`
    : html`<p class="about">Pages that link to ${what}</p>`;
  const more =
    list.next === null
      ? html``
      : html`<p>
<a rel="next" href="${nextUrl(request.query, list.next, options, '/linkbacks')}">More linkbacks</a>
</p>`;
  const shown = isEmpty ? html`` : commentList(list.items, (slug) => markOf(options, slug));
  return page(
    title,
    html`<main>
<h1>${title}</h1>
${about}${shown}${more}
</main>`,
    {
      stylesheet: `${options.baseUrl()}${stylePath}`,
    },
  );
}

/** A page of ours as a link; anybody may ask for any address, and we link to none but ours. */
function linkToOurs(target: string, { sites }: ReadOptions): Html {
  const url = parsePageUrl(target);
  return url === undefined || findSite(sites(), url) === undefined
    ? html`${target}`
    : html`<a href="${url.href}">${target}</a>`;
}

function markOf({ sites }: ReadOptions, slug: string): string {
  return sites().find((site) => site.slug === slug)?.quoting.mark ?? '[…]';
}
