import { sql } from 'kysely';
import type { Linkback } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';
import { prepared } from './prepared.ts';

type Standing = Pick<Linkback, 'site' | 'sourceHost' | 'moderation'>;
type Move = { readonly before: Standing; readonly after: Standing | null };

/** Whether a linkback of the host is approved on the site, another one than the given. */
export async function isApprovedHost(
  db: Db,
  site: string,
  host: string,
  except?: Pick<Linkback, 'moderation'>,
): Promise<boolean> {
  const [row] = await findApproved(db, { site, host });
  return (row?.approved ?? 0) > (except?.moderation === 'approved' ? 1 : 0);
}

const findApproved = prepared((db, { site, host }: { readonly site: string; readonly host: string }) =>
  db.selectFrom('approved_host').select('approved').where('site', '=', site).where('host', '=', host),
);

/** Counts linkbacks that have become approved or ceased to be, in the transaction that makes it so. */
export async function noteApprovals(db: Db, moves: readonly Move[]): Promise<void> {
  const changes = new Map<
    string,
    { readonly site: string; readonly host: string; readonly approved: number }
  >();
  for (const { before, after } of moves) {
    const change = approvalOf(after) - approvalOf(before);
    const { site, sourceHost: host } = before;
    const key = `${site} ${host}`;
    if (change !== 0) changes.set(key, { site, host, approved: (changes.get(key)?.approved ?? 0) + change });
  }
  // Always in the same order, so that two writers never wait for each other.
  const rows = [...changes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
  if (rows.length === 0) return;
  await db
    .insertInto('approved_host')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['site', 'host'])
        .doUpdateSet({ approved: sql<number>`approved_host.approved + excluded.approved` }),
    )
    .execute();
  await forgetHosts(
    db,
    rows.filter(({ approved }) => approved < 0).map(({ host }) => host),
  );
}

function approvalOf(standing: Standing | null): number {
  return standing?.moderation === 'approved' ? 1 : 0;
}

/** A host of which nothing is approved any more is not remembered. */
async function forgetHosts(db: Db, hosts: readonly string[]): Promise<void> {
  if (hosts.length === 0) return;
  await db.deleteFrom('approved_host').where('host', 'in', hosts).where('approved', '=', 0).execute();
}
