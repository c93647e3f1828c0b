import { readFileSync } from 'node:fs';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Linkback } from '../linkback/linkback.ts';
import type { Page } from '../linkback/ports.ts';
import { safeJson, sendConditional } from './conditional.ts';
import { asItIs, conditionalAnswers, jsonOf, reading, textOf, undescribed } from './described.ts';
import { listFragment, listPage } from './list-page.ts';
import type { News } from './news.ts';
import { stylePath } from './page.ts';
import { toPublic } from './public-linkback.ts';
import {
  addressOf,
  findLinkbacks,
  listQuery,
  markOf,
  maxLimit,
  type Asked,
  type ReadOptions,
} from './public-query.ts';
import { PublicListSchema } from './public-schemas.ts';

const htmlType = 'text/html; charset=utf-8';

const fragmentQuery = listQuery(maxLimit, {
  fresh: Type.Boolean({
    default: false,
    description: 'Lets no cache give the list without asking here whether it has changed.',
  }),
});

type FragmentAsked = Asked & { readonly fresh: boolean };

export type ListOptions = ReadOptions & { readonly news: Pick<News, 'latest'> };

/**
 * Serves what the public may read of a page's linkbacks: JSON, an HTML fragment and a page, oldest first as in a
 * blog's comment list.
 *
 * Limits: 100 linkbacks an answer; the rest by the cursor `after`, also as `Link: rel="next"`.
 */
export function readLinkbacks(app: FastifyInstance, options: ListOptions, done: () => void): void {
  const stylesheet = readFileSync(new URL('./linkbacks.css', import.meta.url), 'utf8');
  app.setSerializerCompiler(asItIs);

  app.get<{ Querystring: Asked }>('/api/linkbacks', { schema: listSchema }, async (request, reply) => {
    const list = await find(request.query, reply, options, '/api/linkbacks');
    if (list === undefined) return reply;
    const items = list.items.map((each) => toPublic(each, markOf(options, each.site)));
    const body = safeJson({ items, next: list.next });
    return sendConditional(request, reply, 'application/json; charset=utf-8', body);
  });

  app.get<{ Querystring: FragmentAsked }>(
    '/linkbacks.html',
    { schema: fragmentSchema },
    async (request, reply) => {
      const { fresh, ...asked } = request.query;
      // Asked for before the list is read: what happens in between is told, if need be twice.
      const after = options.news.latest();
      const list = await find(asked, reply, options, '/linkbacks.html');
      if (list === undefined) return reply;
      const { target, site } = asked;
      addLink(reply, addressOf('/api/live', { target, site, after }, options), 'monitor');
      const body = listFragment(asked, list, options).html;
      return sendConditional(request, reply, htmlType, body, fresh ? 'fresh' : 'public');
    },
  );

  app.get<{ Querystring: Asked }>('/linkbacks', { schema: pageSchema }, async (request, reply) => {
    reply.header('x-robots-tag', 'noindex');
    const list = await find(request.query, reply, options, '/linkbacks');
    if (list === undefined) return reply;
    return sendConditional(request, reply, htmlType, listPage(request.query, list, options));
  });

  app.get(stylePath, { schema: undescribed }, (request, reply) =>
    sendConditional(request, reply, 'text/css; charset=utf-8', stylesheet),
  );
  done();
}

/** The linkbacks asked for, with the address of the following page among the headers. */
async function find(
  asked: Asked,
  reply: FastifyReply,
  options: ReadOptions,
  path: string,
): Promise<Page<Linkback> | undefined> {
  const list = await findLinkbacks(asked, reply, options);
  const after = list?.next ?? null;
  if (after !== null) addLink(reply, addressOf(path, { ...asked, after }, options), 'next');
  return list;
}

/** Spec: RFC 8288; "monitor" is RFC 5989's. */
function addLink(reply: FastifyReply, address: string, relation: 'next' | 'monitor'): void {
  const before = reply.getHeader('link');
  const link = `<${address}>; rel="${relation}"`;
  reply.header('link', typeof before === 'string' ? `${before}, ${link}` : link);
}

const listSchema = reading('listLinkbacks', 'The linkbacks of a page or a site', {
  description:
    'Verified and approved ones, the oldest first. "Link: rel=next" names the following page, too.',
  querystring: listQuery(20),
  response: conditionalAnswers([jsonOf(PublicListSchema, 'A page of the list.')]),
});

const fragmentSchema = reading('getListFragment', 'The list as a piece of HTML', {
  description:
    "An ordered list in the form of WordPress's comments, marked up with microformats (h-cite), whatever Accept says. " +
    '"Link: rel=monitor" names the stream of what happens after it.',
  querystring: fragmentQuery,
  response: conditionalAnswers([
    textOf('text/html', 'The list; empty when there are none.', '<ol class="comment-list linkbacks"></ol>\n'),
  ]),
});

const pageSchema = reading('getListPage', 'The list as a page', {
  querystring: listQuery(maxLimit),
  response: conditionalAnswers([textOf('text/html', 'A page for people.')]),
});
