import { setImmediate as turn } from 'node:timers/promises';
import type { Db } from './engine.ts';
import { filtered, type Bound, type Reach } from './filters.ts';

/** How many linkbacks are looked through at a time, at first and at most: some milliseconds of work. */
const firstStretch = 1000;
const longestStretch = 16_000;

export type Walk = {
  readonly order: 'oldest' | 'newest';
  /** Goes on behind this id. */
  readonly after?: string | undefined;
  /** How many ids come at a time where an index has them ready. */
  readonly perPiece: number;
};

/**
 * Gives the ids of what a filter lets through, piece by piece, in their order.
 *
 * Others have their turn between pieces. Where no index knows what is asked for, stretches of all linkbacks are looked
 * through, and a piece may be empty or longer than asked for.
 */
export async function* matchingIds(
  db: Db,
  reach: Reach,
  { order, after, perPiece }: Walk,
): AsyncGenerator<readonly string[], void> {
  const isSought = [reach.q, reach.protocol, reach.attention].some((each) => each !== undefined);
  let cursor = after;
  for (let stretch = firstStretch; ; stretch = Math.min(2 * stretch, longestStretch)) {
    const end = isSought ? await stretchEnd(db, order, cursor, stretch) : undefined;
    const within = [...beyond(order, cursor), ...upTo(order, end)];
    const ids = await idsWithin(db, { ...reach, within }, order, isSought ? undefined : perPiece);
    yield ids;
    cursor = isSought ? end : ids[perPiece - 1];
    if (cursor === undefined) return;
    await turn();
  }
}

/** The last of the next so many linkbacks, or undefined when fewer are left. */
async function stretchEnd(
  db: Db,
  order: Walk['order'],
  after: string | undefined,
  length: number,
): Promise<string | undefined> {
  let ids = db.selectFrom('linkback').select('id');
  for (const [operator, id] of beyond(order, after)) ids = ids.where('id', operator, id);
  const row = await ids
    .orderBy('id', order === 'newest' ? 'desc' : 'asc')
    .limit(1)
    .offset(length - 1)
    .executeTakeFirst();
  return row?.id;
}

async function idsWithin(
  db: Db,
  reach: Reach,
  order: Walk['order'],
  limit: number | undefined,
): Promise<string[]> {
  const ids = filtered(db.selectFrom('linkback').select('id'), reach).orderBy(
    'id',
    order === 'newest' ? 'desc' : 'asc',
  );
  const rows = await (limit === undefined ? ids : ids.limit(limit)).execute();
  return rows.map(({ id }) => id);
}

function beyond(order: Walk['order'], id: string | undefined): Bound[] {
  return id === undefined ? [] : [[order === 'newest' ? '<' : '>', id]];
}

function upTo(order: Walk['order'], id: string | undefined): Bound[] {
  return id === undefined ? [] : [[order === 'newest' ? '>=' : '<=', id]];
}
