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
  const host = { site, host: sourceHost, except: id };
  const [first] = await firstOfHost(db, host);
  const lately = await latelyOfHost(db, { ...host, since: now - hourMs });
  return {
    hostFirstSeenAt: first?.received_at ?? null,
    hostLastHour: lately.length,
    sameTextTargets: textKey === null ? 0 : await targetsOfText(db, textKey, target),
  };
}

type OfHost = { readonly site: string; readonly host: string; readonly except: string };

const firstOfHost = prepared((db, { site, host, except }: OfHost) =>
  db
    .selectFrom('linkback')
    .select('received_at')
    .where('site', '=', site)
    .where('source_host', '=', host)
    .where('id', '<>', except)
    .orderBy('received_at')
    .limit(1),
);

const latelyOfHost = prepared((db, { site, host, except, since }: OfHost & { readonly since: number }) =>
  db
    .selectFrom('linkback')
    .select('id')
    .where('site', '=', site)
    .where('source_host', '=', host)
    .where('id', '<>', except)
    .where('received_at', '>=', since)
    .limit(countedAtMost),
);

async function targetsOfText(db: Db, textKey: string, except: string): Promise<number> {
  return (await findTargetsOfText(db, { textKey, except })).length;
}

const findTargetsOfText = prepared(
  (db, { textKey, except }: { readonly textKey: string; readonly except: string }) =>
    db
      .selectFrom('linkback')
      .select('target_key')
      .distinct()
      .where('text_key', '=', textKey)
      .where('target', '<>', except)
      .limit(countedAtMost),
);
