import type { ExpressionBuilder } from 'kysely';
import type { RawBuilder } from 'kysely';
import { moderations, verifications } from '../linkback/linkback.ts';
import type { Counts, ModerationQuery, ModerationStore } from '../linkback/owner-ports.ts';
import type { Page } from '../linkback/ports.ts';
import type { Linkback, Moderation, Verification } from '../linkback/linkback.ts';
import type { Db } from './engine.ts';
import { hostLinkbacks } from './hosts.ts';
import { isTroubled } from './filters.ts';
import { askNow, jobState, type JobStoreOptions } from './jobs.ts';
import { forget, holdLinkback, loadLinkback, withAnnouncements } from './linkbacks.ts';
import { matchingIds } from './matching.ts';
import { decodeEvent } from './rows.ts';
import type { NotingEngine } from './noting.ts';
import { rested } from './rested.ts';
import { tallies, type Tally } from './tallies.ts';
import type { Tables } from './tables.ts';
import { walkCandidates } from './walk.ts';

export function moderationStore(engine: NotingEngine, { now, newId }: JobStoreOptions): ModerationStore {
  const { db } = engine;
  const troubled = rested((site: string | undefined) => countTroubled(db, site));
  return {
    moderationList: (query) => listPage(db, query),
    hostLinkbacks: (site, host, exceptId, limit) => hostLinkbacks(db, { site, host, exceptId, limit }),
    walk: (filter, visit) => walkCandidates(db, filter, visit),
    counts: async (site) => countStates(await tallies(db, site), await troubled(site)),
    linkback: (id) => loadLinkback(db, id),
    events: async (id) => {
      const rows = await db
        .selectFrom('event')
        .selectAll()
        .where('linkback_id', '=', id)
        .orderBy('id')
        .execute();
      return rows.map(decodeEvent);
    },
    attempts: (id) =>
      db.selectFrom('attempt').select(['at', 'detail']).where('linkback_id', '=', id).orderBy('id').execute(),
    job: (id) => jobState(db, id),
    erase: (id) => engine.write((transaction, note) => forget(transaction, id, now(), note)),
    verifyAgain: (id) =>
      engine.write((transaction) => verifyAgain(transaction, id, engine.clock?.() ?? now(), newId())),
  };
}

async function verifyAgain(
  db: Db,
  id: string,
  at: number | RawBuilder<number>,
  jobId: string,
): Promise<boolean> {
  const linkback = await holdLinkback(db, id);
  if (linkback === undefined) return false;
  await askNow(db, { linkbackId: id, jobId, host: new URL(linkback.source).host, at });
  return true;
}

async function listPage(db: Db, { order, limit, after, ...reach }: ModerationQuery): Promise<Page<Linkback>> {
  const ids: string[] = [];
  for await (const piece of matchingIds(db, reach, { order, after, perPiece: limit + 1 })) {
    ids.push(...piece);
    if (ids.length > limit) break;
  }
  const shown = ids.slice(0, limit);
  const next = ids.length > limit ? (shown.at(-1) ?? null) : null;
  return { items: await loadInOrder(db, shown, order), next };
}

async function loadInOrder(db: Db, ids: readonly string[], order: 'oldest' | 'newest'): Promise<Linkback[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('linkback')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('id', order === 'newest' ? 'desc' : 'asc')
    .execute();
  return withAnnouncements(db, rows);
}

function countStates(rows: readonly Tally[], troubled: number): Counts {
  const sum = (of: (row: Tally) => boolean): number =>
    rows.filter(of).reduce((total, row) => total + row.count, 0);
  const both = (moderation: Moderation, verification: Verification): number =>
    sum((row) => row.moderation === moderation && row.verification === verification);
  return {
    moderation: record(moderations, (state) => sum((row) => row.moderation === state)),
    verification: record(verifications, (state) => sum((row) => row.verification === state)),
    waiting: both('pending', 'verified'),
    failed: sum((row) => row.verification === 'refused') + troubled,
    approvedButGone: both('approved', 'gone'),
  };
}

/** How many are in trouble that are not counted as refused already: those of few jobs, each looked up. */
async function countTroubled(db: Db, site: string | undefined): Promise<number> {
  const row = await db
    .selectFrom('job')
    .select((each) => each.fn.countAll<number>().as('count'))
    .where(isTroubled)
    // As a join, SQLite would read it from the linkbacks, of which there are many.
    .where((each) => each.not(each.exists(countedElsewhere(each, site))))
    .executeTakeFirst();
  return row?.count ?? 0;
}

function countedElsewhere(each: ExpressionBuilder<Tables, 'job'>, site: string | undefined) {
  return each
    .selectFrom('linkback')
    .select('linkback.id')
    .whereRef('linkback.id', '=', 'job.linkback_id')
    .where((linkback) =>
      linkback.or([
        linkback('linkback.verification', '=', 'refused'),
        ...(site === undefined ? [] : [linkback('linkback.site', '<>', site)]),
      ]),
    );
}

function record<Key extends string>(keys: readonly Key[], value: (key: Key) => number): Record<Key, number> {
  // Object.fromEntries forgets the keys it was given.
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, number>;
}
