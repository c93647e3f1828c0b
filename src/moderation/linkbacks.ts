import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { moderations, verifications, type Linkback } from '../linkback/linkback.ts';
import {
  attentions,
  type DecisionStore,
  type ModerationQuery,
  type ModerationStore,
} from '../linkback/owner-ports.ts';
import { holderOf } from './access.ts';
import { notFound } from './answers.ts';
import { Named, OrNull, owned } from './described.ts';
import { DetailSchema, toDetail } from './linkback-detail.ts';
import { filterSchema, readFilter, type AskedFilter } from './linkback-filter.ts';
import { ModeratedSchema, moderatedWith, toModerated } from './moderated-linkback.ts';
import type { Holder } from './token.ts';

export type LinkbacksOptions = {
  readonly store: ModerationStore & DecisionStore;
  /** Says that a job may be due. */
  readonly wake: () => void;
};

type Asked = AskedFilter & Pick<ModerationQuery, 'attention' | 'order' | 'limit' | 'after'>;

const Query = filterSchema({
  attention: Type.Optional(
    Type.Enum([...attentions], {
      description: 'Only what failed or is tried again, or is approved but gone.',
    }),
  ),
  order: Type.Enum(['newest', 'oldest'], { default: 'newest', description: 'Which come first.' }),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'How many at most.' }),
  after: Type.Optional(Type.String({ maxLength: 64, description: 'The cursor of the following page.' })),
});

const Tally = (states: readonly string[]) =>
  Type.Object(Object.fromEntries(states.map((state) => [state, Type.Integer()])));

const ListSchema = Type.Object(
  {
    items: Type.Array(ModeratedSchema),
    next: OrNull(Type.String({ description: 'For "after"; null on the last page.' })),
    counts: Type.Object(
      {
        moderation: Tally(moderations),
        verification: Tally(verifications),
        waiting: Type.Integer({ description: 'Verified, and not decided on.' }),
        failed: Type.Integer({ description: 'Refused, tried again after trouble, or given up.' }),
        approvedButGone: Type.Integer({ description: 'Approved, and hidden since the link is gone.' }),
      },
      { title: 'Counts', description: 'Of the site that is asked for, whatever else is filtered.' },
    ),
  },
  { title: 'LinkbackList' },
);

const Note = Type.String({ maxLength: 1000, description: 'Why; it stands in the event.' });

const Decision = Type.Object(
  { moderation: Type.Enum([...moderations]), note: Type.Optional(Note) },
  { additionalProperties: false },
);

const DecidedSchema = moderatedWith(
  { decision: OrNull(Type.String({ description: 'What undoes it; null when it stood there already.' })) },
  'DecidedLinkback',
);

const base = '/api/moderation/linkbacks';
const byId = { tag: 'Moderation', params: Named('id', 'The linkback’s id.') } as const;
type ById = { Params: { id: string } };

/**
 * Serves the owner's list: what waits, what is known of it, and the owner's word on it.
 *
 * Nothing is changed by GET, and a linkback of a site that is not the caller's is none at all.
 */
export function moderateLinkbacks(app: FastifyInstance, options: LinkbacksOptions, done: () => void): void {
  const { store } = options;
  const unknown = 'linkback of this id';
  const find = async (id: string, holder: Holder): Promise<Linkback | undefined> => {
    const linkback = await store.linkback(id);
    return linkback !== undefined && holder.sees(linkback.site) ? linkback : undefined;
  };

  app.get<{ Querystring: Asked }>(base, list, async (request) => {
    const { attention, order, limit, after, ...filter } = request.query;
    const query: ModerationQuery = {
      ...readFilter(filter, holderOf(request)),
      ...(attention === undefined ? {} : { attention }),
      ...(after === undefined ? {} : { after }),
      order,
      limit,
    };
    const [page, counts] = await Promise.all([store.moderationList(query), store.counts(query.site)]);
    return { items: page.items.map(toModerated), next: page.next, counts };
  });

  app.get<ById>(`${base}/:id`, show, async (request, reply) => {
    const { id } = request.params;
    const linkback = await find(id, holderOf(request));
    if (linkback === undefined) return notFound(reply, unknown);
    const [events, attempts, job, others] = await Promise.all([
      store.events(id),
      store.attempts(id),
      store.job(id),
      store.hostLinkbacks(linkback.site, linkback.sourceHost, id, 10),
    ]);
    return toDetail({ linkback, events, attempts, job, others });
  });

  app.patch<ById & { Body: Static<typeof Decision> }>(`${base}/:id`, decide, async (request, reply) => {
    const { moderation, note = '' } = request.body;
    const { id } = request.params;
    const holder = holderOf(request);
    if ((await find(id, holder)) === undefined) return notFound(reply, unknown);
    const decision = await store.decideAll({ ids: [id] }, { moderation, note, by: holder.name });
    const decided = await find(id, holder);
    return decided === undefined
      ? notFound(reply, unknown)
      : { ...toModerated(decided), decision: decision.id };
  });

  app.delete<ById>(`${base}/:id`, erase, async (request, reply) => {
    const { id } = request.params;
    const isErased = (await find(id, holderOf(request))) !== undefined && (await store.erase(id));
    return isErased ? reply.code(204).send() : notFound(reply, unknown);
  });

  app.post<ById>(`${base}/:id/verify`, verify, async (request, reply) => {
    const { id } = request.params;
    const linkback = await find(id, holderOf(request));
    if (linkback === undefined || !(await store.verifyAgain(id))) return notFound(reply, unknown);
    options.wake();
    return reply.code(202).send(toModerated(linkback));
  });
  done();
}

const list = owned('read', {
  operationId: 'listModeratedLinkbacks',
  tag: 'Moderation',
  summary: 'List linkbacks',
  description: 'The newest first, with counts of the states they are in.',
  querystring: Query,
  gives: { 200: ListSchema },
});

const show = owned('read', {
  ...byId,
  operationId: 'getLinkback',
  summary: 'Get everything known of a linkback',
  gives: { 200: DetailSchema },
});

const decide = owned('moderate', {
  ...byId,
  operationId: 'decideLinkback',
  summary: 'Decide on a linkback',
  description: 'Any state may follow any other; what is approved shows the moment it is verified.',
  body: Decision,
  gives: { 200: DecidedSchema },
  refuses: [503],
});

const erase = owned('moderate', {
  ...byId,
  operationId: 'eraseLinkback',
  summary: 'Erase a linkback',
  description: 'For good, with all that is known of it.',
  gives: { 204: null },
  refuses: [503],
});

const verify = owned('moderate', {
  ...byId,
  operationId: 'verifyLinkback',
  summary: 'Check a linkback again, now',
  gives: { 202: ModeratedSchema },
  refuses: [503],
});
