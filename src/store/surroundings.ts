import type { Linkback } from '../linkback/linkback.ts';
import type { Surroundings } from '../linkback/surroundings.ts';
import type { Db } from './engine.ts';

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
  const ofHost = db
    .selectFrom('linkback')
    .where('site', '=', site)
    .where('source_host', '=', sourceHost)
    .where('id', '<>', id);
  const first = await ofHost.select('received_at').orderBy('received_at').limit(1).executeTakeFirst();
  const lately = await ofHost
    .select('id')
    .where('received_at', '>=', now - hourMs)
    .limit(countedAtMost)
    .execute();
  return {
    hostFirstSeenAt: first?.received_at ?? null,
    hostLastHour: lately.length,
    sameTextTargets: textKey === null ? 0 : await targetsOfText(db, textKey, target),
  };
}

async function targetsOfText(db: Db, textKey: string, except: string): Promise<number> {
  const rows = await db
    .selectFrom('linkback')
    .select('target_key')
    .distinct()
    .where('text_key', '=', textKey)
    .where('target', '<>', except)
    .limit(countedAtMost)
    .execute();
  return rows.length;
}
