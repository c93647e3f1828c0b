import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Mention, MentionScope, MentionStore, MentionTarget, TargetStore } from '../linkback/ports.ts';
import { problem, problemType } from '../linkback/problem.ts';
import type { Refusal } from '../linkback/refusal.ts';
import type { Site } from '../linkback/site.ts';
import { safeJson, sendConditional } from './conditional.ts';
import { asItIs } from './described.ts';
import { exampleCounts, exampleMentions } from './example-mentions.ts';
import {
  findTargets,
  listOf,
  readPaging,
  sitesAt,
  toMentionQuery,
  typesAsked,
  type MentionAsked,
} from './mention-query.ts';
import { mentionSchemas } from './mention-schemas.ts';
import { toCounts, toDeleted, toEntry, toLink } from './mention-shapes.ts';

export type ReadMentionsOptions = {
  readonly store: MentionStore & Pick<TargetStore, 'targetLook'>;
  readonly sites: () => readonly Site[];
  /** Whether a caller with this `Authorization` header, or this token in its URL, may read whole sites. */
  readonly mayReadSites: (
    authorization: string | undefined,
    urlToken: string | undefined,
    callerIp: string,
  ) => Promise<boolean | Refusal>;
};

type Asking = FastifyRequest<{ Querystring: MentionAsked }>;
type Shape = (items: readonly Mention[], markOf: (mention: Mention) => string) => object;

const jf2: Shape = (items, markOf) => ({
  type: 'feed',
  name: 'Webmentions',
  children: items.map((each) => toEntry(each, markOf(each))),
});

const json: Shape = (items, markOf) => ({ links: items.map((each) => toLink(each, markOf(each))) });

/**
 * Serves webmention.io's reading API, so that its widgets and plugins change one host name.
 *
 * Reading by page is open to all; whole sites are read with a token. Only what is verified and approved is ever told.
 *
 * Limits: 1000 mentions an answer, 20 by default; 50 targets.
 * Spec:   https://webmention.io/api
 */
export function readMentions(app: FastifyInstance, options: ReadMentionsOptions, done: () => void): void {
  app.setSerializerCompiler(asItIs);
  const get = (paths: readonly string[], answer: (request: Asking, reply: FastifyReply) => unknown): void => {
    for (const path of paths) {
      const schema = mentionSchemas.get(path);
      if (schema === undefined) throw new Error(`${path} is not described`);
      app.get<{ Querystring: MentionAsked }>(path, { schema }, answer);
    }
  };

  get(['/api/mentions.jf2', '/api/links.jf2'], (request, reply) => list(request, reply, options, jf2));
  get(['/api/mentions.json', '/api/mentions', '/api/links.json', '/api/links'], (request, reply) =>
    list(request, reply, options, json),
  );
  get(['/api/count', '/api/count.json'], async (request, reply) => {
    const names = listOf(request.query, 'target');
    if (names.length === 0) return refuse(reply, noTarget);
    const targets = await targetsOf(names, options);
    const counts = targets.length === 0 ? [] : await options.store.mentionCounts({ targets });
    return send(request, reply, toCounts(counts), 'public');
  });
  get(['/api/deleted.jf2'], async (request, reply) => {
    const whose = await readScope(request, options);
    if ('error' in whose) return refuse(reply, whose);
    const query = toMentionQuery(request.query, whose.scope);
    const found = isNobody(query) ? [] : await options.store.withdrawals(query);
    const feed = { type: 'feed', name: 'Deleted webmentions', children: found.map(toDeleted) };
    return send(request, reply, feed, whose.audience);
  });

  get(['/api/example/mentions.jf2'], (request, reply) => {
    const { items, total } = exampleMentions(request.query);
    return send(request, reply, { ...jf2(items, () => '[…]'), paging: paging(request, total) }, 'public');
  });
  get(['/api/example/count'], (request, reply) =>
    send(request, reply, toCounts(exampleCounts(request.query)), 'public'),
  );
  done();
}

async function list(
  request: Asking,
  reply: FastifyReply,
  options: ReadMentionsOptions,
  shape: Shape,
): Promise<FastifyReply> {
  const whose = await readScope(request, options);
  if ('error' in whose) return refuse(reply, whose);
  const query = toMentionQuery(request.query, whose.scope);
  const { items, total } =
    isNobody(query) || typesAsked(request.query)?.length === 0
      ? { items: [], total: 0 }
      : await options.store.mentions(query);
  const marks = new Map(options.sites().map(({ slug, quoting }) => [slug, quoting.mark]));
  const feed = shape(items, ({ linkback }) => marks.get(linkback.site) ?? '[…]');
  return send(request, reply, { ...feed, paging: paging(request, total) }, whose.audience);
}

type Whose = { readonly scope: MentionScope; readonly audience: 'public' | 'private' };
type No = {
  readonly status: 400 | 401 | 429;
  readonly error: string;
  readonly because: string;
  readonly retryAfterSeconds?: number;
};

const noTarget: No = { status: 400, error: 'invalid_input', because: 'A target URI is required' };
const noTargetNorToken: No = {
  status: 400,
  error: 'invalid_input',
  because: 'Either a token or a target URL is required',
};
const wrongToken: No = {
  status: 401,
  error: 'forbidden',
  because:
    'Access token was not valid. Send it as "Authorization: Bearer …"; in the URL, only the FEED_TOKEN of the settings is taken',
};

const tooManyTokens: No = {
  status: 429,
  error: 'too_many_requests',
  because: 'Too many wrong tokens came from your address; try again later.',
};

/** Whose mentions a caller asks for and may read. Targets are public, whoever asks. */
async function readScope({ query, headers, ip }: Asking, options: ReadMentionsOptions): Promise<Whose | No> {
  const names = listOf(query, 'target');
  if (names.length > 0) return { scope: { targets: await targetsOf(names, options) }, audience: 'public' };
  const urlToken = query.token ?? query.access_token;
  if (urlToken === undefined && headers.authorization === undefined) return noTargetNorToken;
  const may = await options.mayReadSites(headers.authorization, urlToken, ip);
  if (may === false) return wrongToken;
  if (may !== true) return { ...tooManyTokens, retryAfterSeconds: may.retryAfterSeconds ?? 0 };
  const scope = query.domain === undefined ? {} : { sites: sitesAt(query.domain, options.sites()) };
  return { scope, audience: 'private' };
}

function targetsOf(
  names: readonly string[],
  { store, sites }: ReadMentionsOptions,
): Promise<readonly MentionTarget[]> {
  return findTargets(names, sites(), async (key) => (await store.targetLook(key))?.page ?? null);
}

/** No page and no site of ours was meant: that is an empty list, not an error. */
function isNobody({ targets, sites }: MentionScope): boolean {
  return targets?.length === 0 || sites?.length === 0;
}

function paging({ query }: Asking, total: number): object {
  const { perPage, page } = readPaging(query);
  const pages = perPage === 0 ? 0 : Math.ceil(total / perPage);
  return { 'per-page': perPage, page, total, 'total-pages': pages };
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  body: object,
  audience: Whose['audience'],
): FastifyReply {
  return sendConditional(request, reply, 'application/json; charset=utf-8', safeJson(body), audience);
}

/** A problem as all our APIs tell it, with webmention.io's two fields beside. */
function refuse(reply: FastifyReply, { status, error, because, retryAfterSeconds }: No): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="linkbackd"');
  return reply
    .code(status)
    .type(problemType)
    .send(JSON.stringify({ ...problem(status, because), error, error_description: because }));
}
