import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely';
import type { Claim, Lease } from '../linkback/ports.ts';
import type { Db } from './engine.ts';
import { prepared } from './prepared.ts';
import type { JobRow, Tables } from './tables.ts';

/** A moment, or the database's own clock where processes share it. */
export type Instant = number | RawBuilder<number>;

/** Leases due jobs, counting the attempt before the work begins. */
export async function claimJobs(
  db: Db,
  claim: Claim,
  at: Instant,
  newToken: () => string,
): Promise<readonly Lease[]> {
  const leases: Lease[] = [];
  for (const job of await dueJobs(db, at, claim))
    leases.push(await leaseJob(db, job, newToken(), job.now + claim.leaseMs));
  return leases;
}

type DueJob = JobRow & { readonly now: number };

/**
 * Due jobs in the order of when they were due, from the end that was asked for; an expired lease is as good as none.
 *
 * Whoever claims at the same time is given others, and comes again for what it did not get.
 */
async function dueJobs(db: Db, at: Instant, claim: Claim): Promise<readonly DueJob[]> {
  const { busyHosts, suspectInHand = false, from = 'oldest' } = claim;
  // Hosts come in bursts: a few more rows than needed make it likely that enough of them differ.
  const limit = busyHosts === 'ignore' ? claim.limit : claim.limit * 4;
  const isBusy = busyHosts !== 'ignore' && busyHosts.length > 0;
  if (!suspectInHand && !isBusy) return chooseJobs(await findDue[from](db, { at, limit }), claim);
  let due = whatIsDue[from](db, { at, limit });
  if (suspectInHand) due = due.where('unfinished', '=', 0);
  if (isBusy) due = due.where('host', 'not in', busyHosts);
  return chooseJobs(await due.execute(), claim);
}

type Due = { readonly at: Instant; readonly limit: number };

const whatIsDueFrom =
  (order: 'asc' | 'desc') =>
  (db: Db, { at, limit }: Due): SelectQueryBuilder<Tables, 'job', DueJob> =>
    db
      .selectFrom('job')
      .selectAll()
      .select(sql<number>`CAST(${at} AS BIGINT)`.as('now'))
      .where('state', '<>', sql.lit('dead'))
      .where('due_at', '<=', at)
      .where((each) => each.or([each('state', '=', 'waiting'), each('lease_until', '<=', at)]))
      .orderBy('due_at', order)
      .limit(limit)
      .forUpdate()
      .skipLocked();

const whatIsDue = { oldest: whatIsDueFrom('asc'), newest: whatIsDueFrom('desc') };
const findDue = { oldest: prepared(whatIsDue.oldest), newest: prepared(whatIsDue.newest) };

/** One of each host, unless hosts do not matter, and one suspect at most. */
function chooseJobs(due: readonly DueJob[], { limit, busyHosts }: Claim): DueJob[] {
  const hosts = new Set<string>();
  const chosen: DueJob[] = [];
  let hasSuspect = false;
  for (const job of due) {
    const isSuspect = job.unfinished > 0;
    if (chosen.length === limit) break;
    if ((isSuspect && hasSuspect) || (busyHosts !== 'ignore' && hosts.has(job.host))) continue;
    chosen.push(job);
    hosts.add(job.host);
    hasSuspect ||= isSuspect;
  }
  return chosen;
}

type LeaseOf = Pick<JobRow, 'id' | 'unfinished'> & { readonly token: string; readonly until: number };

const updateLease = prepared((db, { id, token, until, unfinished }: LeaseOf) =>
  db.updateTable('job').set({ state: 'leased', token, lease_until: until, unfinished }).where('id', '=', id),
);

async function leaseJob(db: Db, job: JobRow, token: string, until: number): Promise<Lease> {
  const unfinished = job.unfinished + 1;
  await updateLease(db, { id: job.id, token, until, unfinished });
  const { id: jobId, linkback_id: linkbackId, host, setbacks, looks } = job;
  return { jobId, token, linkbackId, host, progress: { setbacks, looks }, unfinished };
}
