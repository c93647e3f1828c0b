import { decide } from '../linkback/decide.ts';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import type { Filing } from '../linkback/verdict.ts';
import type { Db } from './engine.ts';
import { forget, holdLinkback, saveLinkback, type Writing } from './linkbacks.ts';
import { countPublic, uncountPublic } from './public-tallies.ts';
import { searchText } from './rows.ts';

export type RefileContext = Writing & { readonly now: number };

/**
 * Files a linkback under the pages that it turned out to be about: alone, or as one with a linkback that is there.
 *
 * The pair it was announced with stays known, so that the same ping finds it again.
 */
export async function refile(
  db: Db,
  linkback: Linkback,
  filing: Filing,
  context: RefileContext,
): Promise<void> {
  const pair = await db
    .selectFrom('pair')
    .select('linkback_id')
    .where('pair_key', '=', filing.pairKey)
    .executeTakeFirst();
  const there = pair === undefined ? undefined : await holdLinkback(db, pair.linkback_id);
  if (there === undefined || there.id === linkback.id) {
    await move(db, linkback, filing, there !== undefined, context);
  } else if (there.verification === 'verified') {
    await merge(db, linkback, there, context);
  } else {
    await merge(db, there, linkback, context);
    await move(db, linkback, filing, true, context);
  }
}

async function move(
  db: Db,
  linkback: Linkback,
  filing: Filing,
  isKnown: boolean,
  { note }: RefileContext,
): Promise<void> {
  const { id, facts, excerpt } = linkback;
  const { source, target, targetKey, pairKey } = filing;
  const fragment = new URL(target).hash.slice(1) || null;
  if (isPublic(linkback)) await uncountPublic(db, [id]);
  await db
    .updateTable('linkback')
    .set({
      source,
      target,
      fragment,
      target_key: targetKey,
      pair_key: pairKey,
      search_text: searchText({ source, target, facts, excerpt }),
    })
    .where('id', '=', id)
    .execute();
  if (isPublic(linkback)) await countPublic(db, [id]);
  note({ before: linkback, after: { ...linkback, source, target, fragment } });
  if (!isKnown) await db.insertInto('pair').values({ pair_key: pairKey, linkback_id: id }).execute();
}

/** Whoever announced either announced the one that stays, and the owner's word on either holds for it. */
async function merge(
  db: Db,
  goes: Linkback,
  stays: Linkback,
  { now, newId, note }: RefileContext,
): Promise<void> {
  for (const table of ['pair', 'announcement'] as const) {
    await db.updateTable(table).set({ linkback_id: stays.id }).where('linkback_id', '=', goes.id).execute();
  }
  await forget(db, goes.id, now, note);
  if (stays.moderation !== 'pending' || goes.moderation === 'pending') return;
  const by = { kind: 'policy', name: 'merge' } as const;
  const why = 'Decided on a linkback that turned out to be this one.';
  const decided = decide(stays, goes.moderation, by, why, now);
  await saveLinkback(db, stays, decided.linkback, decided.events, { newId, note });
}
