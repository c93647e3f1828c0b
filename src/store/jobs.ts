import { sql } from 'kysely';
import type { JobStore, Lease, SettleBasis } from '../linkback/ports.ts';
import type { JobState } from '../linkback/owner-ports.ts';
import type { Settlement } from '../linkback/settle.ts';
import type { Linkback } from '../linkback/linkback.ts';
import { noSurroundings } from '../linkback/surroundings.ts';
import { isApprovedHost } from './approved-hosts.ts';
import { claimJobs, type Instant } from './claiming.ts';
import type { Db } from './engine.ts';
import { holdLinkback, loadLinkback, saveLinkback } from './linkbacks.ts';
import { surroundings } from './surroundings.ts';
import type { NotingEngine } from './noting.ts';
import { prepared } from './prepared.ts';
import { refile, type RefileContext } from './refile.ts';

export type JobStoreOptions = { readonly now: () => number; readonly newId: () => string };

/** The clock that leases and due times go by. */
export type Clock = () => Instant;

export function jobStore(engine: NotingEngine, { now, newId }: JobStoreOptions): JobStore {
  const clock: Clock = engine.clock ?? now;
  return {
    claim: (claim) => engine.write((db) => claimJobs(db, claim, clock(), newId)),
    finish: (lease, settle, textKey) =>
      engine.write((db, note) => finish(db, lease, settle, { clock, newId, note }, 'done', textKey)),
    park: (lease, settle) =>
      engine.write((db, note) => finish(db, lease, settle, { clock, newId, note }, 'parked')),
    release: (lease) =>
      engine.write(async (db) => {
        await db
          .updateTable('job')
          .set({ ...releasing, unfinished: lease.unfinished - 1 })
          .where('id', '=', lease.jobId)
          .where('token', '=', lease.token)
          .execute();
      }),
    promiseRechecks: (limit) => engine.write((db) => promiseRechecks(db, clock(), limit, newId)),
    nextDue: async () => {
      const [row] = await firstDue(engine.db, {});
      return row?.due_at ?? undefined;
    },
    linkback: (id) => loadLinkback(engine.db, id),
  };
}

const firstDue = prepared((db, _none: object) =>
  db
    .selectFrom('job')
    .select((each) => each.fn.min('due_at').as('due_at'))
    .where('state', '<>', sql.lit('dead')),
);

/** A job that waits again: its next look answers for what was asked meanwhile too, and for that starts afresh. */
const releasing = {
  state: 'waiting',
  token: null,
  lease_until: null,
  again_at: null,
  setbacks: sql<number>`CASE WHEN again_at IS NULL THEN setbacks ELSE 0 END`,
  looks: sql<number>`CASE WHEN again_at IS NULL THEN looks ELSE 0 END`,
} as const;

type Asked = {
  readonly linkbackId: string;
  /** Used when the linkback has no job yet. */
  readonly jobId: string;
  readonly host: string;
  readonly at: Instant;
};

/** Promises a look at `at`, sooner when one is promised already for an earlier time; a leased job runs once more. */
export async function askAgain(db: Db, { linkbackId, jobId, host, at }: Asked): Promise<void> {
  await upsertJob(db, { linkbackId, jobId, host, at });
}

const upsertJob = prepared((db, { linkbackId, jobId, host, at }: Asked) =>
  db
    .insertInto('job')
    .values({
      id: jobId,
      linkback_id: linkbackId,
      host,
      state: 'waiting',
      due_at: at,
      unfinished: 0,
      setbacks: 0,
      looks: 0,
    })
    .onConflict((conflict) =>
      conflict.column('linkback_id').doUpdateSet({
        due_at: sql<number>`CASE WHEN job.state = 'waiting' AND job.due_at > ${at} THEN ${at} ELSE job.due_at END`,
        again_at: sql<number | null>`CASE WHEN job.state = 'leased' THEN ${at} ELSE job.again_at END`,
        setbacks: sql<number>`CASE WHEN job.state = 'waiting' THEN 0 ELSE job.setbacks END`,
        looks: sql<number>`CASE WHEN job.state = 'waiting' THEN 0 ELSE job.looks END`,
      }),
    ),
);

/** Has a linkback looked at now, a parked one too. */
export async function askNow(db: Db, asked: Asked): Promise<void> {
  await db
    .updateTable('job')
    .set({ state: 'waiting', due_at: asked.at, unfinished: 0, setbacks: 0, looks: 0 })
    .where('linkback_id', '=', asked.linkbackId)
    .where('state', '=', 'dead')
    .execute();
  await askAgain(db, asked);
}

export async function jobState(db: Db, linkbackId: string): Promise<JobState | undefined> {
  const job = await db.selectFrom('job').selectAll().where('linkback_id', '=', linkbackId).executeTakeFirst();
  if (job === undefined) return undefined;
  const { state, due_at: dueAt, setbacks, looks, unfinished } = job;
  return { state, dueAt, setbacks, looks, unfinished };
}

type Held = { readonly id: string; readonly token: string; readonly at: Instant };

const holdLeased = prepared((db, { id, token, at }: Held) =>
  db
    .selectFrom('job')
    .select(['again_at', sql<number>`CAST(${at} AS BIGINT)`.as('now')])
    .where('id', '=', id)
    .where('token', '=', token)
    .where('state', '=', 'leased')
    .forUpdate(),
);

async function finish(
  db: Db,
  lease: Lease,
  settle: (basis: SettleBasis) => Settlement,
  { clock, ...writing }: Omit<RefileContext, 'now'> & { readonly clock: Clock },
  end: 'done' | 'parked',
  textKey?: string | null,
): Promise<Linkback | undefined> {
  const linkback = await holdLinkback(db, lease.linkbackId);
  if (linkback === undefined) return undefined;
  const [job] = await holdLeased(db, { id: lease.jobId, token: lease.token, at: clock() });
  if (job === undefined) return undefined;
  const { now } = job;
  const context: RefileContext = { ...writing, now };
  const settlement = settle({
    linkback,
    hostIsApproved: await isApprovedHost(db, linkback.site, linkback.sourceHost, linkback),
    surroundings: textKey === undefined ? noSurroundings : await surroundings(db, linkback, textKey, now),
    now,
  });
  await saveLinkback(db, linkback, settlement.linkback, settlement.events, context, {
    recheck_at: settlement.recheckAt,
  });
  if (settlement.trouble !== null)
    await noteTrouble(db, linkback.id, context.newId(), now, settlement.trouble);
  await endJob(db, lease, end === 'parked' ? 'parked' : nextRun(settlement, job.again_at));
  if (settlement.filing !== null) await refile(db, settlement.linkback, settlement.filing, context);
  return settlement.linkback;
}

type NextRun = {
  readonly at: number;
  readonly setbacks: number;
  readonly looks: number;
  readonly detail?: string;
};

/** A look that was asked for meanwhile starts afresh. */
function nextRun(settlement: Settlement, againAt: number | null): NextRun | undefined {
  if (againAt !== null) return { at: againAt, setbacks: 0, looks: 0 };
  return settlement.again ?? undefined;
}

const deleteJob = prepared((db, { id }: { readonly id: string }) =>
  db.deleteFrom('job').where('id', '=', id),
);

async function endJob(db: Db, lease: Lease, next: NextRun | 'parked' | undefined): Promise<void> {
  if (next === undefined) {
    await deleteJob(db, { id: lease.jobId });
    return;
  }
  const over = { token: null, lease_until: null, again_at: null } as const;
  const set =
    next === 'parked'
      ? ({ ...over, state: 'dead' } as const)
      : ({
          ...over,
          state: 'waiting',
          due_at: next.at,
          setbacks: next.setbacks,
          looks: next.looks,
          unfinished: 0,
        } as const);
  await db.updateTable('job').set(set).where('id', '=', lease.jobId).execute();
}

/** How many of a linkback's failed attempts are kept. */
const troublesKept = 20;

async function noteTrouble(
  db: Db,
  linkbackId: string,
  id: string,
  at: number,
  detail: string,
): Promise<void> {
  await db.insertInto('attempt').values({ id, linkback_id: linkbackId, at, detail }).execute();
  const kept = db
    .selectFrom('attempt')
    .select('id')
    .where('linkback_id', '=', linkbackId)
    .orderBy('id', 'desc')
    .limit(troublesKept);
  await db.deleteFrom('attempt').where('linkback_id', '=', linkbackId).where('id', 'not in', kept).execute();
}

async function promiseRechecks(db: Db, at: Instant, limit: number, newId: () => string): Promise<number> {
  const due = await db
    .selectFrom('linkback')
    .select(['id', 'source'])
    .where('recheck_at', '<=', at)
    .orderBy('recheck_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  for (const { id, source } of due) {
    await askAgain(db, { linkbackId: id, jobId: newId(), host: new URL(source).host, at });
    await db.updateTable('linkback').set({ recheck_at: null }).where('id', '=', id).execute();
  }
  return due.length;
}
