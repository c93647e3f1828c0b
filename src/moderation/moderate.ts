import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { decide } from '../linkback/decide.ts';
import { dialects, linkbackTypes, moderations, verifications } from '../linkback/linkback.ts';
import type { ModerationQuery, ModerationStore } from '../linkback/owner-ports.ts';
import { problem, problemType } from '../linkback/problem.ts';
import { isRefusal, type Refusal } from '../linkback/refusal.ts';
import type { AuthenticateCaller } from './guesses.ts';
import { toDetail, toModerated } from './moderated-linkback.ts';
import type { Holder } from './token.ts';

export type ModerateOptions = {
  readonly store: ModerationStore;
  readonly authenticate: AuthenticateCaller<Holder>;
  /** Says that a job may be due. */
  readonly wake: () => void;
  readonly now: () => number;
};

const Query = Type.Object({
  site: Type.Optional(Type.String({ maxLength: 64 })),
  moderation: Type.Optional(Type.Enum([...moderations])),
  verification: Type.Optional(Type.Enum([...verifications])),
  protocol: Type.Optional(Type.Enum([...dialects])),
  type: Type.Optional(Type.Enum([...linkbackTypes])),
  host: Type.Optional(Type.String({ maxLength: 253 })),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  since: Type.Optional(Type.String({ format: 'date-time' })),
  order: Type.Enum(['newest', 'oldest'], { default: 'newest' }),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  after: Type.Optional(Type.String({ maxLength: 64 })),
});

const Decision = Type.Object(
  { moderation: Type.Enum([...moderations]), note: Type.Optional(Type.String({ maxLength: 1000 })) },
  { additionalProperties: false },
);

type ById = { Params: { id: string } };

const base = '/api/moderation/linkbacks';

/**
 * Serves the owner's API: what waits, what is known of it, and the owner's word on it.
 *
 * Everything here needs a bearer token, and nothing is changed by GET.
 */
export function moderate(app: FastifyInstance, options: ModerateOptions, done: () => void): void {
  const { store } = options;
  const holders = new WeakMap<FastifyRequest, Holder>();

  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const holder = await options.authenticate(request.headers.authorization, request.ip);
    if (holder === undefined) return unauthorized(reply);
    if (isRefusal(holder)) return tooManyGuesses(reply, holder);
    holders.set(request, holder);
    return undefined;
  });

  // Scripts of other sites end at the token; without this, the public API's answer to their preflight would be ours.
  app.options('/api/moderation/*', (_request, reply) => reply.code(204).send());

  app.get<{ Querystring: Static<typeof Query> }>(
    base,
    { schema: { querystring: Query } },
    async (request) => {
      const { since, host, ...rest } = request.query;
      const query: ModerationQuery = {
        ...rest,
        ...(host === undefined ? {} : { host: host.toLowerCase().replace(/^www\./u, '') }),
        ...(since === undefined ? {} : { since: Date.parse(since) }),
      };
      const [list, counts] = await Promise.all([store.moderationList(query), store.counts(query.site)]);
      return { items: list.items.map(toModerated), next: list.next, counts };
    },
  );

  app.get<ById>(`${base}/:id`, async (request, reply) => {
    const { id } = request.params;
    const linkback = await store.linkback(id);
    if (linkback === undefined) return notFound(reply);
    const [events, attempts, job] = await Promise.all([store.events(id), store.attempts(id), store.job(id)]);
    return toDetail({ linkback, events, attempts, job });
  });

  app.patch<ById & { Body: Static<typeof Decision> }>(
    `${base}/:id`,
    { schema: { body: Decision } },
    async (request, reply) => {
      const { moderation, note = '' } = request.body;
      const by = { kind: 'person', name: holders.get(request)?.name ?? '' } as const;
      const decided = await store.decide(request.params.id, (linkback) =>
        decide(linkback, moderation, by, note, options.now()),
      );
      return decided === undefined ? notFound(reply) : toModerated(decided);
    },
  );

  app.delete<ById>(`${base}/:id`, async (request, reply) => {
    return (await store.erase(request.params.id)) ? reply.code(204).send() : notFound(reply);
  });

  app.post<ById>(`${base}/:id/verify`, async (request, reply) => {
    if (!(await store.verifyAgain(request.params.id))) return notFound(reply);
    options.wake();
    const linkback = await store.linkback(request.params.id);
    return linkback === undefined ? notFound(reply) : reply.code(202).send(toModerated(linkback));
  });
  done();
}

function unauthorized(reply: FastifyReply): FastifyReply {
  const detail = 'Send a token as "Authorization: Bearer …". The first start of the service prints one.';
  return reply
    .code(401)
    .header('www-authenticate', 'Bearer realm="linkbackd"')
    .type(problemType)
    .send(JSON.stringify(problem(401, detail)));
}

function tooManyGuesses(reply: FastifyReply, { retryAfterSeconds = 0 }: Refusal): FastifyReply {
  const detail = 'Too many wrong tokens came from your address; try again later.';
  return reply
    .code(429)
    .header('retry-after', retryAfterSeconds)
    .type(problemType)
    .send(JSON.stringify(problem(429, detail)));
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply
    .code(404)
    .type(problemType)
    .send(JSON.stringify(problem(404, 'There is no linkback with this id.')));
}
