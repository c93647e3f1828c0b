import { setImmediate as turn } from 'node:timers/promises';
import type { Dialect, PageFacts } from '../linkback/linkback.ts';
import type { ModerationFilter, RuleCandidate, Walked } from '../linkback/owner-ports.ts';
import type { Db } from './engine.ts';
import { matchingIds } from './matching.ts';

/** How far a walk goes, and how many it shows at a time. */
const walkedAtMost = 100_000;
const shownAtOnce = 500;

/** Shows what a rule would look at, the newest first. */
export async function walkCandidates(
  db: Db,
  filter: ModerationFilter,
  visit: (batch: readonly RuleCandidate[]) => void,
): Promise<Walked> {
  let checked = 0;
  for await (const piece of matchingIds(db, filter, { order: 'newest', perPiece: shownAtOnce })) {
    for (let at = 0; at < piece.length; at += shownAtOnce) {
      const ids = piece.slice(at, Math.min(at + shownAtOnce, at + walkedAtMost - checked));
      if (ids.length === 0) return { checked, isComplete: false };
      visit(await candidates(db, ids));
      checked += ids.length;
      await turn();
    }
  }
  return { checked, isComplete: true };
}

async function candidates(db: Db, ids: readonly string[]): Promise<RuleCandidate[]> {
  const rows = await db
    .selectFrom('linkback')
    .select(['id', 'site', 'source', 'target', 'moderation', 'verification', 'facts'])
    .where('id', 'in', ids)
    .orderBy('id', 'desc')
    .execute();
  const dialects = await dialectsOf(db, ids);
  return rows.map(({ facts, ...row }) => ({
    ...row,
    dialects: dialects.get(row.id) ?? [],
    // What we wrote ourselves is the facts of a page.
    author: facts === null ? null : (JSON.parse(facts) as PageFacts).author,
  }));
}

async function dialectsOf(db: Db, ids: readonly string[]): Promise<Map<string, Dialect[]>> {
  const rows = await db
    .selectFrom('announcement')
    .select(['linkback_id', 'dialect'])
    .where('linkback_id', 'in', ids)
    .execute();
  const dialects = new Map<string, Dialect[]>();
  for (const { linkback_id: id, dialect } of rows) dialects.set(id, [...(dialects.get(id) ?? []), dialect]);
  return dialects;
}
