import { sql } from 'kysely';
import type { Linkback, Moderation, Verification } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';
import { isAlone, prepared } from './prepared.ts';

/** Where a linkback is counted. */
export type Standing = Pick<Linkback, 'site' | 'moderation' | 'verification'>;

/** Rows that a count is spread over where many write at once: who counts in another row need not wait. */
const slots = 16;

export function slotOf(db: Db): number {
  return isAlone(db) ? 0 : Math.floor(Math.random() * slots);
}

/** Counts so many linkbacks more, or fewer when negative, in the transaction that makes it so. */
export async function count(
  db: Db,
  { site, moderation, verification }: Standing,
  change: number,
): Promise<void> {
  if (change === 0) return;
  await addToTally(db, { slot: slotOf(db), site, moderation, verification, change });
}

type Counted = Standing & { readonly slot: number; readonly change: number };

const addToTally = prepared((db, { change, ...where }: Counted) =>
  db
    .insertInto('tally')
    .values({ ...where, count: change })
    .onConflict((conflict) => conflict.columns(tallyKey).doUpdateSet({ count: sum })),
);

const tallyKey = ['site', 'moderation', 'verification', 'slot'] as const;
const sum = sql<number>`tally.count + excluded.count`;

type CountedTwice = Counted & {
  readonly otherSite: string;
  readonly otherModeration: Moderation;
  readonly otherVerification: Verification;
  readonly otherChange: number;
};

/** Two counts at once, which is what moving a linkback takes. */
const addTwice = prepared((db, values: CountedTwice) => {
  const { otherSite, otherModeration, otherVerification, otherChange, change, slot, ...where } = values;
  const other = { site: otherSite, moderation: otherModeration, verification: otherVerification };
  return db
    .insertInto('tally')
    .values([
      { slot, ...where, count: change },
      { slot, ...other, count: otherChange },
    ])
    .onConflict((conflict) => conflict.columns(tallyKey).doUpdateSet({ count: sum }));
});

/** Something that stood somewhere else before. */
export type Moved = { readonly before: Standing; readonly after: Standing };

/** Counts linkbacks where they stand now instead of where they stood: two pairs of states with each statement. */
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
  const ordered = [...changes]
    .filter(([, [, change]]) => change !== 0)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, each]) => each);
  for (let at = 0; at < ordered.length; at += 2) await countTwo(db, ordered[at], ordered[at + 1]);
}

type Change = readonly [Standing, number];

async function countTwo(db: Db, one: Change | undefined, other: Change | undefined): Promise<void> {
  if (one === undefined) return;
  const [{ site, moderation, verification }, change] = one;
  if (other === undefined) return count(db, { site, moderation, verification }, change);
  const [{ site: otherSite, moderation: otherModeration, verification: otherVerification }, otherChange] =
    other;
  const otherOne = { otherSite, otherModeration, otherVerification, otherChange };
  await addTwice(db, { slot: slotOf(db), site, moderation, verification, change, ...otherOne });
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
