import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { moderations, type Moderation } from '../linkback/linkback.ts';
import { Mistake } from '../linkback/mistake.ts';
import type { DecisionScope, DecisionStore } from '../linkback/owner-ports.ts';
import { holderOf } from './access.ts';
import { notFound, sendProblem } from './answers.ts';
import { Named, OrNull, owned } from './described.ts';
import { filterSchema, readFilter, type AskedFilter } from './linkback-filter.ts';
import type { Holder } from './token.ts';

export type DecisionsOptions = { readonly store: DecisionStore };

/** Linkbacks that one decision may name; a filter may mean any number. */
const maxIds = 1000;

type AskedDecision = {
  readonly ids?: readonly string[];
  readonly filter?: AskedFilter;
  readonly moderation: Moderation;
  readonly note?: string;
};

const Decision = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: maxIds })),
    filter: Type.Optional(filterSchema()),
    moderation: Type.Enum([...moderations]),
    note: Type.Optional(Type.String({ maxLength: 1000, description: 'Why; it stands in the events.' })),
  },
  {
    additionalProperties: false,
    description: 'On either ids or a filter; an empty filter means all there are.',
  },
);

const base = '/api/moderation/decisions';

/**
 * Serves decisions on many linkbacks at once, each of which can be taken back as a whole.
 *
 * Limits: {@link maxIds} by id.
 */
export function decideMany(app: FastifyInstance, { store }: DecisionsOptions, done: () => void): void {
  app.post<{ Body: AskedDecision }>(base, decide, async (request) => {
    const holder = holderOf(request);
    const { moderation, note = '' } = request.body;
    return store.decideAll(scopeOf(request.body, holder), { moderation, note, by: holder.name });
  });

  app.post<{ Params: { id: string } }>(`${base}/:id/undo`, undo, async (request, reply) => {
    const { name, site } = holderOf(request);
    const undone = await store.undo(request.params.id, name, site ?? undefined);
    if (undone === 'unknown') return notFound(reply, 'decision of this id');
    return undone === 'undone' ? sendProblem(reply, 409, 'This decision is taken back already.') : undone;
  });
  done();
}

function scopeOf({ ids, filter }: AskedDecision, holder: Holder): DecisionScope {
  const { site } = holder;
  const own = site === null ? {} : { site };
  if (ids !== undefined && filter === undefined) return { ...own, ids };
  if (filter !== undefined && ids === undefined) return { ...own, filter: readFilter(filter, holder) };
  throw new Mistake('Say which linkbacks are meant: either by ids or by a filter.');
}

const decide = owned('moderate', {
  operationId: 'decideLinkbacks',
  tag: 'Moderation',
  summary: 'Decide on many linkbacks',
  description: 'By their ids, or all that a filter lets through at this moment.',
  body: Decision,
  gives: {
    200: Type.Object({
      id: OrNull(Type.String({ description: 'What undoes it; null when it moved nothing.' })),
      count: Type.Integer({ description: 'How many it moved; others stood there already.' }),
    }),
  },
  refuses: [503],
});

const undo = owned('moderate', {
  operationId: 'undoDecision',
  tag: 'Moderation',
  summary: 'Take a decision back',
  description: 'Each linkback goes back to where it stood, unless it was decided on since.',
  params: Named('id', 'The decision’s id.'),
  gives: {
    200: Type.Object({
      count: Type.Integer({ description: 'How many went back.' }),
      kept: Type.Integer({ description: 'How many did not: decided on since, or erased.' }),
    }),
  },
  refuses: [409, 503],
});
