import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { decide } from '../linkback/decide.ts';
import { dialects, linkbackTypes, moderations, verifications, type Linkback } from '../linkback/linkback.ts';
import type { ModerationQuery, ModerationStore } from '../linkback/owner-ports.ts';
import { holderOf } from './access.ts';
import { notFound } from './answers.ts';
import { toDetail, toModerated } from './moderated-linkback.ts';
import type { Holder } from './token.ts';

export type ModerateOptions = {
  readonly store: ModerationStore;
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
 * Nothing is changed by GET, and a linkback of a site that is not the caller's is none at all.
 */
export function moderate(app: FastifyInstance, options: ModerateOptions, done: () => void): void {
  const { store } = options;
  const find = async (id: string, holder: Holder): Promise<Linkback | undefined> => {
    const linkback = await store.linkback(id);
    return linkback !== undefined && holder.sees(linkback.site) ? linkback : undefined;
  };

  app.get<{ Querystring: Static<typeof Query> }>(
    base,
    { schema: { querystring: Query }, config: { needs: 'read' } },
    async (request) => {
      const { since, host, ...rest } = request.query;
      const { site } = holderOf(request);
      const query: ModerationQuery = {
        ...rest,
        ...(site === null ? {} : { site }),
        ...(host === undefined ? {} : { host: host.toLowerCase().replace(/^www\./u, '') }),
        ...(since === undefined ? {} : { since: Date.parse(since) }),
      };
      const [list, counts] = await Promise.all([store.moderationList(query), store.counts(query.site)]);
      return { items: list.items.map(toModerated), next: list.next, counts };
    },
  );

  app.get<ById>(`${base}/:id`, { config: { needs: 'read' } }, async (request, reply) => {
    const { id } = request.params;
    const linkback = await find(id, holderOf(request));
    if (linkback === undefined) return notFound(reply, 'linkback of this id');
    const [events, attempts, job] = await Promise.all([store.events(id), store.attempts(id), store.job(id)]);
    return toDetail({ linkback, events, attempts, job });
  });

  app.patch<ById & { Body: Static<typeof Decision> }>(
    `${base}/:id`,
    { schema: { body: Decision }, config: { needs: 'moderate' } },
    async (request, reply) => {
      const { moderation, note = '' } = request.body;
      const holder = holderOf(request);
      if ((await find(request.params.id, holder)) === undefined)
        return notFound(reply, 'linkback of this id');
      const by = { kind: 'person', name: holder.name } as const;
      const decided = await store.decide(request.params.id, (linkback) =>
        decide(linkback, moderation, by, note, options.now()),
      );
      return decided === undefined ? notFound(reply, 'linkback of this id') : toModerated(decided);
    },
  );

  app.delete<ById>(`${base}/:id`, { config: { needs: 'moderate' } }, async (request, reply) => {
    const { id } = request.params;
    const isErased = (await find(id, holderOf(request))) !== undefined && (await store.erase(id));
    return isErased ? reply.code(204).send() : notFound(reply, 'linkback of this id');
  });

  app.post<ById>(`${base}/:id/verify`, { config: { needs: 'moderate' } }, async (request, reply) => {
    const { id } = request.params;
    const linkback = await find(id, holderOf(request));
    if (linkback === undefined || !(await store.verifyAgain(id)))
      return notFound(reply, 'linkback of this id');
    options.wake();
    return reply.code(202).send(toModerated(linkback));
  });
  done();
}
