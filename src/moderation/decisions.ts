import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { HalfDecided } from '../linkback/half-decided.ts';
import { moderations, type Moderation } from '../linkback/linkback.ts';
import { Mistake } from '../linkback/mistake.ts';
import type { DecisionMade, DecisionScope, DecisionStore } from '../linkback/owner-ports.ts';
import { problem, problemType } from '../linkback/problem.ts';
import { holderOf } from './access.ts';
import { notFound, sendProblem } from './answers.ts';
import { Named, OrNull, owned } from './described.ts';
import { filterSchema, readFilter, type AskedFilter } from './linkback-filter.ts';
import type { Holder } from './token.ts';

export type DecisionsOptions = { readonly store: DecisionStore };

/** When a decision that stopped may be asked for again. */
const retrySeconds = 10;

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
  app.post<{ Body: AskedDecision }>(base, decide, async (request, reply) => {
    const holder = holderOf(request);
    const { moderation, note = '' } = request.body;
    try {
      return await store.decideAll(scopeOf(request.body, holder), { moderation, note, by: holder.name });
    } catch (error) {
      if (!(error instanceof HalfDecided)) throw error;
      request.log.error(error, 'a decision stopped half-way');
      return sayHowFar(reply, error.made);
    }
  });

  app.post<{ Params: { id: string } }>(`${base}/:id/undo`, undo, async (request, reply) => {
    const { name, site } = holderOf(request);
    const undone = await store.undo(request.params.id, name, site ?? undefined);
    if (undone === 'unknown') return notFound(reply, 'decision of this id');
    return undone === 'undone' ? sendProblem(reply, 409, 'This decision is taken back already.') : undone;
  });
  done();
}

/** Whoever decided needs to know what stands now, and how to take it back. */
function sayHowFar(reply: FastifyReply, { id, count }: DecisionMade): FastifyReply {
  const detail = `The database could not be written any more: ${count} are decided on, the others are not. Ask again for the others, or undo this decision.`;
  return reply
    .code(503)
    .header('retry-after', retrySeconds)
    .type(problemType)
    .send(JSON.stringify({ ...problem(503, detail), id, count }));
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
  description:
    'By their ids, or all that a filter lets through at this moment. When it is stopped half-way, the answer is 503 with `id` and `count` of what is decided: it can be undone.',
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
