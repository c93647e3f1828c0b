import { sql, type RawBuilder } from 'kysely';
import type { Linkback } from '../linkback/linkback.ts';
import type { Surroundings } from '../linkback/surroundings.ts';
import type { Db } from './engine.ts';
import { prepared } from './prepared.ts';

const hourMs = 3_600_000;
/** Nothing is counted further than this. */
const countedAtMost = 1000;
/** Nor are more pages. */
const pagesCountedAtMost = 100;

/** What is stored about the host of a linkback, and of the words that a look has found. */
export async function surroundings(
  db: Db,
  { id, site, sourceHost }: Linkback,
  textKey: string | null,
  now: number,
): Promise<Surroundings> {
  const since = now - hourMs;
  const [row] = await findSurroundings(db, { site, host: sourceHost, except: id, since, textKey });
  return {
    hostFirstSeenAt: row?.first ?? null,
    hostLastHour: row?.lately ?? 0,
    sameTextTargets: row?.targets ?? 0,
  };
}

type Around = {
  readonly site: string;
  readonly host: string;
  readonly except: string;
  readonly since: number;
  readonly textKey: string | null;
};

/** Three questions in one statement, for each would be a journey to the database. No text has the key null. */
const findSurroundings = prepared((db, { site, host, except, since, textKey }: Around) => {
  const ofHost = db
    .selectFrom('linkback')
    .where('site', '=', site)
    .where('source_host', '=', host)
    .where('id', '<>', except);
  const lately = ofHost.select('id').where('received_at', '>=', since).limit(countedAtMost);
  return db.selectNoFrom([
    ofHost.select('received_at').orderBy('received_at').limit(1).as('first'),
    db
      .selectFrom(lately.as('lately'))
      .select((each) => each.fn.countAll<number>().as('count'))
      .as('lately'),
    pagesOfText(textKey, except).as('targets'),
  ]);
});

/**
 * How many pages the same words are said of, beside the one that this linkback is about.
 *
 * It goes from page to page in the index: whoever says the same of one page a million times makes it no longer.
 */
function pagesOfText(textKey: string | null, id: string): RawBuilder<number> {
  return sql<number>`(WITH RECURSIVE page (key, number) AS (
    SELECT min(target_key), 1 FROM linkback WHERE text_key = ${textKey}
    UNION ALL SELECT (SELECT min(target_key) FROM linkback WHERE text_key = ${textKey} AND target_key > page.key), number + 1
      FROM page WHERE page.key IS NOT NULL AND number < ${sql.lit(pagesCountedAtMost)})
    SELECT count(*) FROM page WHERE key IS NOT NULL AND key <> (SELECT target_key FROM linkback WHERE id = ${id}))`;
}
