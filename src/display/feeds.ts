import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parsePageUrl } from '../linkback/page-url.ts';
import { findSite } from '../linkback/site.ts';
import { sendConditional } from './conditional.ts';
import { asItIs, conditionalAnswers, reading, textOf, type Answer } from './described.ts';
import { feedText, type FeedFormat, type FeedFrame } from './feed-text.ts';
import { feedTypes, JsonFeedSchema } from './feed-types.ts';
import {
  addressOf,
  feedQuery,
  findLinkbacks,
  markOf,
  type Asked,
  type AskedWhose,
  type ReadOptions,
} from './public-query.ts';

export type FeedOptions = ReadOptions & {
  /** Leaves out what XML has no way to say. */
  readonly sayable: (text: string) => string;
};

/** Linkbacks in a feed. */
const maxItems = 50;

type Asking = FastifyRequest<{ Querystring: Omit<Asked, 'order' | 'limit' | 'after'> }>;

/**
 * Serves the newest linkbacks of a page or a site as Atom, RSS and JSON Feed.
 *
 * Limits: 50 linkbacks.
 */
export function readFeeds(app: FastifyInstance, options: FeedOptions, done: () => void): void {
  app.setSerializerCompiler(asItIs);
  for (const { path, type, format, name, operationId } of feedTypes) {
    const schema = reading(operationId, `The newest linkbacks as ${name}`, {
      querystring: feedQuery(),
      response: conditionalAnswers([answerOf(format, type)]),
    });
    app.get(path, { schema }, (request: Asking, reply) =>
      send(request, reply, { path, type, format }, options),
    );
  }
  done();
}

function answerOf(format: FeedFormat, type: string): Answer {
  const description = `A feed of at most ${maxItems} linkbacks.`;
  return format === 'json' ? { type, schema: JsonFeedSchema, description } : textOf(type, description);
}

async function send(
  request: Asking,
  reply: FastifyReply,
  { path, type, format }: { readonly path: string; readonly type: string; readonly format: FeedFormat },
  options: FeedOptions,
): Promise<FastifyReply> {
  const asked = request.query;
  const list = await findLinkbacks({ ...asked, order: 'newest', limit: maxItems }, reply, options);
  if (list === undefined) return reply;
  const frame = frameOf(asked, addressOf(path, asked, options), options);
  const text = feedText(format, frame, list.items, {
    markOf: (site) => markOf(options, site),
    sayable: options.sayable,
  });
  return sendConditional(request, reply, `${type}; charset=utf-8`, text);
}

function frameOf(asked: AskedWhose, self: string, options: ReadOptions): FeedFrame {
  const { target, site } = asked;
  const page = parsePageUrl(target ?? '');
  const home = options.sites().find(({ slug }) => slug === site)?.addresses[0];
  const ours = page === undefined ? home : findSite(options.sites(), page) && page;
  return {
    title: `Linkbacks to ${target ?? home?.href ?? site ?? ''}`,
    link: ours?.href ?? addressOf('/linkbacks', { target, site }, options),
    self,
  };
}
