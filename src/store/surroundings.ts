import type { Linkback } from '../linkback/linkback.ts';
import type { Surroundings } from '../linkback/surroundings.ts';
import type { Db } from './engine.ts';
import { prepared } from './prepared.ts';

const hourMs = 3_600_000;
/** Nothing is counted further than this. */
const countedAtMost = 1000;

/** What is stored about the host of a linkback, and of the words that a look has found. */
export async function surroundings(
  db: Db,
  { id, site, sourceHost, target }: Linkback,
  textKey: string | null,
  now: number,
): Promise<Surroundings> {
  const since = now - hourMs;
  const [row] = await findSurroundings(db, { site, host: sourceHost, except: id, since, textKey, target });
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
  readonly target: string;
};

/** Three questions in one statement, for each would be a journey to the database. No text has the key null. */
const findSurroundings = prepared((db, { site, host, except, since, textKey, target }: Around) => {
  const ofHost = db
    .selectFrom('linkback')
    .where('site', '=', site)
    .where('source_host', '=', host)
    .where('id', '<>', except);
  const lately = ofHost.select('id').where('received_at', '>=', since).limit(countedAtMost);
  const targets = db
    .selectFrom('linkback')
    .select('target_key')
    .distinct()
    .where('text_key', '=', textKey)
    .where('target', '<>', target)
    .limit(countedAtMost);
  return db.selectNoFrom([
    ofHost.select('received_at').orderBy('received_at').limit(1).as('first'),
    db
      .selectFrom(lately.as('lately'))
      .select((each) => each.fn.countAll<number>().as('count'))
      .as('lately'),
    db
      .selectFrom(targets.as('targets'))
      .select((each) => each.fn.countAll<number>().as('count'))
      .as('targets'),
  ]);
});
