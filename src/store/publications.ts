import { sql } from 'kysely';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';

/** Writes down that a linkback has become public or ceased to be, in the transaction that makes it so. */
export async function notePublicity(db: Db, before: Linkback, after: Linkback): Promise<void> {
  if (isPublic(before) === isPublic(after)) return;
  if (isPublic(after)) await publish(db, after.id, after.updatedAt);
  else await withdraw(db, after.id, after.updatedAt);
}

/** Withdraws what is public; what was withdrawn before stays as it is. */
export async function withdraw(db: Db, linkbackId: string, at: number): Promise<void> {
  const place = await db
    .selectFrom('linkback')
    .select(['site', 'target', 'target_key'])
    .where('id', '=', linkbackId)
    .executeTakeFirst();
  if (place === undefined) return;
  await db
    .updateTable('publication')
    .set({ ...place, withdrawn_at: at })
    .where('linkback_id', '=', linkbackId)
    .where('withdrawn_at', 'is', null)
    .execute();
}

/** A linkback that is public again keeps its serial. */
async function publish(db: Db, linkbackId: string, at: number): Promise<void> {
  const again = await db
    .updateTable('publication')
    .set({ withdrawn_at: null, site: null, target: null, target_key: null })
    .where('linkback_id', '=', linkbackId)
    .executeTakeFirst();
  if (again.numUpdatedRows > 0n) return;
  const serial = await nextSerial(db);
  await db.insertInto('publication').values({ serial, linkback_id: linkbackId, public_at: at }).execute();
}

/** The counter's row stays locked until the transaction ends, so serials are committed in their order. */
async function nextSerial(db: Db): Promise<number> {
  const { value } = await db
    .updateTable('counter')
    .set({ value: sql<number>`value + 1` })
    .where('name', '=', 'publication')
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}
