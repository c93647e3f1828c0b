import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Linkback } from '../linkback/linkback.ts';
import type { ModerationStore } from '../linkback/owner-ports.ts';
import { isRefusal, type Refusal } from '../linkback/refusal.ts';
import type { AccessOptions } from './access.ts';
import { lacksScope, tooManyGuesses, unauthorized } from './answers.ts';
import { owned } from './described.ts';
import { hashToken, isSame, type Holder } from './token.ts';

/** Linkbacks in the feed, the newest. */
const maxItems = 50;

export type WaitingFeed = {
  readonly title: string;
  readonly description: string;
  /** The page where they are decided on. */
  readonly link: string;
  readonly self: string;
  readonly linkOf: (linkback: Linkback) => string;
};

export type WaitingFeedOptions = {
  readonly store: Pick<ModerationStore, 'moderationList'>;
  readonly access: Pick<AccessOptions, 'tokens' | 'guesses' | 'baseUrl'>;
  /** The only token that is taken from a URL; without it none is. */
  readonly feedToken: string | undefined;
  readonly writeAtom: (feed: WaitingFeed, linkbacks: readonly Linkback[]) => string;
};

const Query = Type.Object(
  {
    token: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        description: 'The feed token, for readers that send no header.',
      }),
    ),
    site: Type.Optional(Type.String({ maxLength: 64, description: 'Of this site only.' })),
  },
  { additionalProperties: false },
);

/** Whoever holds the feed token, or a token of the API. */
type Reader = Pick<Holder, 'site' | 'mayDo'>;

const byFeedToken: Reader = { site: null, mayDo: (scope) => scope === 'read' };

/**
 * Serves `/api/moderation/feed.atom`: what waits for a decision, for feed readers; its entries lead to the page.
 *
 * Limits: {@link maxItems}.
 */
export function feedWaiting(app: FastifyInstance, options: WaitingFeedOptions, done: () => void): void {
  const { store, access, feedToken, writeAtom } = options;
  const feedHash = feedToken === undefined ? undefined : hashToken(feedToken);
  const readerBy = async (secret: string, isInHeader: boolean): Promise<Reader | undefined> => {
    if (feedHash !== undefined && isSame(hashToken(secret), feedHash)) return byFeedToken;
    return isInHeader ? access.tokens.byToken(secret) : undefined;
  };
  const identify = async (
    ip: string,
    header: string | undefined,
    inUrl: string | undefined,
  ): Promise<Reader | Refusal | undefined> => {
    const secret = header ?? inUrl;
    return secret === undefined
      ? undefined
      : access.guesses(ip, secret, () => readerBy(secret, header !== undefined));
  };

  app.get<{ Querystring: Static<typeof Query> }>(
    '/api/moderation/feed.atom',
    feed,
    async (request, reply) => {
      const header = /^Bearer ([\x21-\x7e]{1,512})$/iu.exec(request.headers.authorization ?? '')?.[1];
      const reader = await identify(request.ip, header, request.query.token);
      if (reader === undefined) return unauthorized(reply);
      if (isRefusal(reader)) return tooManyGuesses(reply, reader);
      if (!reader.mayDo('read')) return lacksScope(reply, 'read');
      const site = reader.site ?? request.query.site;
      const { items } = await store.moderationList({
        moderation: 'pending',
        verification: 'verified',
        ...(site === undefined ? {} : { site }),
        order: 'newest',
        limit: maxItems,
      });
      const text = writeAtom(frameOf(access.baseUrl(), site), items);
      return reply.type('application/atom+xml; charset=utf-8').send(text);
    },
  );
  done();
}

function frameOf(baseUrl: string, site: string | undefined): WaitingFeed {
  const page = `${baseUrl}/moderate`;
  const query = site === undefined ? '' : `?site=${encodeURIComponent(site)}`;
  return {
    title: `Linkbacks that wait${site === undefined ? '' : `: ${site}`}`,
    description: 'Pages that link to yours, verified, and not decided on.',
    link: `${page}${query}`,
    self: `${baseUrl}/api/moderation/feed.atom${query}`,
    linkOf: ({ id }) => `${page}?id=${encodeURIComponent(id)}`,
  };
}

const feed = owned('nothing', {
  operationId: 'feedWaiting',
  tag: 'Moderation',
  summary: 'Follow what waits in a feed reader',
  description:
    `An Atom feed of the newest ${maxItems} that wait for a decision. Needs a token of the scope \`read\` as a bearer, ` +
    'or the feed token of the settings, which may stand in the URL.',
  querystring: Query,
  gives: { 200: Type.String({ contentMediaType: 'application/atom+xml', description: 'An Atom feed.' }) },
  refuses: [401, 403, 429],
});
