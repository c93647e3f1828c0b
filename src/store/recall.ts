import { sql } from 'kysely';
import type { JudgedPing } from '../linkback/accept.ts';
import type { PingStore, Recalled } from '../linkback/ports.ts';
import type { Db } from './engine.ts';
import { jsonOrNull } from './rows.ts';

/** What can be said of a ping without writing anything. */
export function recallStore(db: Db): Pick<PingStore, 'recall' | 'openJobs'> {
  return {
    recall: (ping) => recall(db, ping),
    openJobs: async (most) => {
      // To the letter, so that the index answers alone.
      const open = db
        .selectFrom('job')
        .select('due_at')
        .where('state', '<>', sql.lit('dead'))
        .limit(most)
        .as('open');
      const { count } = await db
        .selectFrom(open)
        .select((each) => each.fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  };
}

async function recall(db: Db, ping: JudgedPing): Promise<Recalled | undefined> {
  const known = await db
    .selectFrom('pair')
    .leftJoin('announcement', (join) =>
      join
        .onRef('announcement.linkback_id', '=', 'pair.linkback_id')
        .onRef('announcement.pair_key', '=', 'pair.pair_key')
        .on('announcement.dialect', '=', ping.dialect),
    )
    .select(['source', 'target', 'claims', 'vouch', 'last_at'])
    .where('pair.pair_key', '=', ping.pairKey)
    .executeTakeFirst();
  if (known === undefined) return undefined;
  const isSame =
    known.source === ping.source &&
    known.target === ping.target &&
    known.claims === jsonOrNull(ping.claims) &&
    known.vouch === ping.vouch;
  return { saidAt: isSame ? known.last_at : null };
}
