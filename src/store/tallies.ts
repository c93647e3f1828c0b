import { sql } from 'kysely';
import type { Linkback, Moderation, Verification } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';
import { prepared } from './prepared.ts';

/** Where a linkback is counted. */
export type Standing = Pick<Linkback, 'site' | 'moderation' | 'verification'>;

/** Counts so many linkbacks more, or fewer when negative, in the transaction that makes it so. */
export async function count(
  db: Db,
  { site, moderation, verification }: Standing,
  change: number,
): Promise<void> {
  if (change === 0) return;
  await addToTally(db, { site, moderation, verification, change });
}

const addToTally = prepared((db, { change, ...standing }: Standing & { readonly change: number }) =>
  db
    .insertInto('tally')
    .values({ slot: 0, ...standing, count: change })
    .onConflict((conflict) =>
      conflict
        .columns(['site', 'moderation', 'verification', 'slot'])
        .doUpdateSet({ count: sql<number>`tally.count + ${change}` }),
    ),
);

/** Something that stood somewhere else before. */
export type Moved = { readonly before: Standing; readonly after: Standing };

/** Counts linkbacks where they stand now instead of where they stood: one statement for each pair of states. */
export async function recount(db: Db, moves: readonly Moved[]): Promise<void> {
  const changes = new Map<string, readonly [Standing, number]>();
  const add = (standing: Standing, change: number): void => {
    const key = `${standing.site} ${standing.moderation} ${standing.verification}`;
    changes.set(key, [standing, (changes.get(key)?.[1] ?? 0) + change]);
  };
  for (const { before, after } of moves) {
    add(before, -1);
    add(after, 1);
  }
  // Always in the same order, so that two writers never wait for each other.
  const ordered = [...changes].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [, [standing, change]] of ordered) await count(db, standing, change);
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
