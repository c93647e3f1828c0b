import type { Linkback } from '../linkback/linkback.ts';
import type { Some } from '../linkback/owner-ports.ts';
import type { Db } from './engine.ts';
import { withAnnouncements } from './linkbacks.ts';

/** Nothing is counted further than this. */
const countedAtMost = 1000;

export type HostQuery = {
  readonly site: string;
  readonly host: string;
  readonly exceptId: string;
  readonly limit: number;
};

/** The latest others of a host on a site. */
export async function hostLinkbacks(db: Db, query: HostQuery): Promise<Some<Linkback>> {
  const others = db
    .selectFrom('linkback')
    .where('site', '=', query.site)
    .where('source_host', '=', query.host)
    .where('id', '<>', query.exceptId);
  const latest = await others.selectAll().orderBy('received_at', 'desc').limit(query.limit).execute();
  const counted = await others.select('id').limit(countedAtMost).execute();
  return { items: await withAnnouncements(db, latest), count: counted.length };
}
