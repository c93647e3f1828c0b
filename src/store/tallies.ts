import { sql } from 'kysely';
import type { Linkback, Moderation, Verification } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';

/** Where a linkback is counted. */
export type Standing = Pick<Linkback, 'site' | 'moderation' | 'verification'>;

/** Counts so many linkbacks more, or fewer when negative, in the transaction that makes it so. */
export async function count(
  db: Db,
  { site, moderation, verification }: Standing,
  change: number,
): Promise<void> {
  if (change === 0) return;
  await db
    .insertInto('tally')
    .values({ slot: 0, site, moderation, verification, count: change })
    .onConflict((conflict) =>
      conflict
        .columns(['site', 'moderation', 'verification', 'slot'])
        .doUpdateSet({ count: sql<number>`tally.count + ${change}` }),
    )
    .execute();
}

/** Counts a linkback where it stands now instead of where it stood. */
export async function recount(db: Db, before: Standing, after: Standing): Promise<void> {
  if (before.moderation === after.moderation && before.verification === after.verification) return;
  await count(db, before, -1);
  await count(db, after, 1);
}

export type Tally = {
  readonly moderation: Moderation;
  readonly verification: Verification;
  readonly count: number;
};

/** How many linkbacks stand in each pair of states, of a site or of all. */
export async function tallies(db: Db, site: string | undefined): Promise<readonly Tally[]> {
  let query = db
    .selectFrom('tally')
    .select((each) => ['moderation', 'verification', each.fn.sum<number>('count').as('count')])
    .groupBy(['moderation', 'verification']);
  if (site !== undefined) query = query.where('site', '=', site);
  return query.execute();
}
