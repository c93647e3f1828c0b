import { sql } from 'kysely';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import type { MentionCount, MentionQuery, MentionScope } from '../linkback/ports.ts';
import type { Db } from './engine.ts';
import type { Move } from './publications.ts';
import { slotOf } from './tallies.ts';

/** In place of a page's key: all pages of a site. */
const wholeSite = '';

/** Those that are counted otherwise after a move than before, for they become public, cease to be, or change their kind. */
export function publicMoves(moves: readonly Move[]): Record<'gone' | 'come', readonly string[]> {
  const moved = moves.filter(({ before, after }) => kindOf(before) !== kindOf(after));
  return {
    gone: moved.filter(({ before }) => isPublic(before)).map(({ before }) => before.id),
    come: moved.filter(({ after }) => isPublic(after)).map(({ after }) => after.id),
  };
}

/** As what a linkback is counted; undefined when it is not public. */
function kindOf(linkback: Linkback): string | undefined {
  return isPublic(linkback) ? `${linkback.type} ${linkback.facts?.rsvp ?? ''}` : undefined;
}

/** Takes public linkbacks off the counts of their pages: before anything in their rows changes. */
export const uncountPublic = (db: Db, ids: readonly string[]): Promise<void> => addPublic(db, ids, -1);

/** Counts linkbacks that have become public: as their rows are now. */
export const countPublic = (db: Db, ids: readonly string[]): Promise<void> => addPublic(db, ids, 1);

async function addPublic(db: Db, ids: readonly string[], each: 1 | -1): Promise<void> {
  if (ids.length === 0) return;
  const kinds = sql`site, type, COALESCE(rsvp, '') AS rsvp FROM linkback WHERE id IN (${sql.join(ids)})`;
  // Always in the same order, so that two writers never wait for each other.
  await sql`INSERT INTO public_tally (target_key, site, type, rsvp, slot, count)
    SELECT key, site, type, rsvp, CAST(${slotOf(db)} AS INTEGER), ${sql.lit(each)} * COUNT(*)
    FROM (SELECT target_key AS key, ${kinds} UNION ALL SELECT ${sql.lit(wholeSite)} AS key, ${kinds}) AS counted
    GROUP BY key, site, type, rsvp ORDER BY key, site, type, rsvp
    ON CONFLICT (target_key, site, type, rsvp, slot) DO UPDATE SET count = public_tally.count + excluded.count`.execute(
    db,
  );
}

/** Whether what is asked for stands in the counts: all of whole pages, or of whole sites. */
export function isCounted({
  targets,
  since,
  sinceSerial,
}: MentionScope & Partial<Pick<MentionQuery, 'since' | 'sinceSerial'>>): boolean {
  const isWhole = targets === undefined || targets.every(({ fragment }) => fragment === null);
  return isWhole && since === undefined && sinceSerial === undefined;
}

/** How many linkbacks of pages, or of sites, are public, by their kind. */
export async function publicCounts(
  db: Db,
  { targets, sites, types }: MentionScope & Pick<MentionQuery, 'types'>,
): Promise<MentionCount[]> {
  const keys = targets === undefined ? [wholeSite] : targets.map(({ key }) => key);
  let query = db
    .selectFrom('public_tally')
    .select((each) => ['type', 'rsvp', each.fn.sum<number>('count').as('count')])
    .where('target_key', 'in', keys)
    .groupBy(['type', 'rsvp'])
    .having((each) => each.fn.sum('count'), '>', 0)
    .orderBy('type')
    .orderBy('rsvp');
  if (sites !== undefined) query = query.where('site', 'in', sites);
  if (types !== undefined) query = query.where('type', 'in', types);
  const rows = await query.execute();
  return rows.map(({ rsvp, ...row }) => ({ ...row, rsvp: rsvp === '' ? null : rsvp }));
}
