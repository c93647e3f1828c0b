import { sql } from 'kysely';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';

/** A linkback before and after something has moved it. */
export type Move = { readonly before: Linkback; readonly after: Linkback };

/** Writes down that linkbacks have become public or ceased to be, in the transaction that makes it so. */
export async function notePublicity(db: Db, moves: readonly Move[], at: number): Promise<void> {
  const changed = moves.filter(({ before, after }) => isPublic(before) !== isPublic(after));
  const idsOf = (shown: boolean): string[] =>
    changed.filter(({ after }) => isPublic(after) === shown).map(({ after }) => after.id);
  await publish(db, idsOf(true), at);
  await withdraw(db, idsOf(false), at);
}

/** Withdraws what is public; what was withdrawn before stays as it is. */
export async function withdraw(db: Db, linkbackIds: readonly string[], at: number): Promise<void> {
  if (linkbackIds.length === 0) return;
  await db
    .updateTable('publication')
    .from('linkback')
    .set((each) => ({
      withdrawn_at: at,
      site: each.ref('linkback.site'),
      target: each.ref('linkback.target'),
      target_key: each.ref('linkback.target_key'),
    }))
    .whereRef('linkback.id', '=', 'publication.linkback_id')
    .where('publication.linkback_id', 'in', linkbackIds)
    .where('publication.withdrawn_at', 'is', null)
    .execute();
}

/** Linkbacks that are public again keep their serials; the others are given theirs in the order in which they are named. */
async function publish(db: Db, linkbackIds: readonly string[], at: number): Promise<void> {
  if (linkbackIds.length === 0) return;
  const again = await db
    .updateTable('publication')
    .set({ withdrawn_at: null, site: null, target: null, target_key: null })
    .where('linkback_id', 'in', linkbackIds)
    .returning('linkback_id')
    .execute();
  const known = new Set(again.map((row) => row.linkback_id));
  const fresh = linkbackIds.filter((id) => !known.has(id));
  if (fresh.length === 0) return;
  const first = await takeSerials(db, fresh.length);
  const rows = fresh.map((id, place) => ({ serial: first + place, linkback_id: id, public_at: at }));
  await db.insertInto('publication').values(rows).execute();
}

/**
 * Takes so many numbers in a row, and gives the first.
 *
 * The counter's row stays locked until the transaction ends, so serials are committed in their order.
 */
async function takeSerials(db: Db, count: number): Promise<number> {
  const { value } = await db
    .updateTable('counter')
    .set({ value: sql<number>`value + ${count}` })
    .where('name', '=', 'publication')
    .returning('value')
    .executeTakeFirstOrThrow();
  return value - count + 1;
}
