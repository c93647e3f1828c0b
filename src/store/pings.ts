import type { Insertable } from 'kysely';
import type { AcceptedPing, Filed } from '../linkback/accept.ts';
import type { Linkback } from '../linkback/linkback.ts';
import type { PingStore } from '../linkback/ports.ts';
import type { JobState } from '../linkback/owner-ports.ts';
import type { Db, Engine } from './engine.ts';
import { hostKey } from './host-key.ts';
import { askAgain } from './jobs.ts';
import { loadLinkback } from './linkbacks.ts';
import type { Note, NotingEngine } from './noting.ts';
import { prepared } from './prepared.ts';
import { recallStore } from './recall.ts';
import { jsonOrNull, searchText } from './rows.ts';
import { count } from './tallies.ts';
import type { AnnouncementRow, LinkbackRow, PairRow } from './tables.ts';

/** A verified linkback that is announced again is looked at again, at most once in this time, in milliseconds. */
export const recheckAfterMs = 30_000;

export function pingStore(engine: NotingEngine): PingStore {
  return {
    file: (ping) => engine.write((db, note) => filePing(db, ping, { note, clock: engine.clock })),
    ...recallStore(engine.db),
  };
}

const findPair = prepared((db, { pairKey }: Pick<AcceptedPing, 'pairKey'>) =>
  db
    .selectFrom('pair')
    .innerJoin('linkback', 'linkback.id', 'pair.linkback_id')
    .select(['linkback.id', 'linkback.pair_key', 'linkback.verification', 'linkback.checked_at'])
    .where('pair.pair_key', '=', pairKey)
    .forUpdate('linkback'),
);

type Filing = { readonly note: Note; readonly clock: Engine['clock'] };

async function filePing(db: Db, ping: AcceptedPing, filing: Filing): Promise<Filed> {
  const [known] = await findPair(db, { pairKey: ping.pairKey });
  if (known === undefined) return fileNew(db, ping, filing);
  const { statusId, asksAnew } = await announce(db, known.id, ping);
  if (known.verification !== 'verified' && known.pair_key === ping.pairKey) await respell(db, known.id, ping);
  const parked = await recheck(db, known, ping, asksAnew, filing.clock);
  return { linkbackId: known.id, statusId, verification: known.verification, parked };
}

const insertLinkback = prepared((db, row: Insertable<LinkbackRow>) => db.insertInto('linkback').values(row));
const insertPair = prepared((db, row: PairRow) => db.insertInto('pair').values(row));

async function fileNew(db: Db, ping: AcceptedPing, { note, clock }: Filing): Promise<Filed> {
  await insertLinkback(db, {
    id: ping.newId,
    pair_key: ping.pairKey,
    site: ping.site,
    type: 'mention',
    protocol: ping.dialect,
    source: ping.source,
    source_host: ping.sourceHost,
    host_key: hostKey(ping.sourceHost),
    target: ping.target,
    target_key: ping.targetKey,
    fragment: ping.fragment,
    verification: 'unverified',
    moderation: 'pending',
    is_public: 0,
    score: 0,
    search_text: searchText({ source: ping.source, target: ping.target, facts: null, excerpt: null }),
    received_at: ping.at,
    updated_at: ping.at,
  });
  await insertPair(db, { pair_key: ping.pairKey, linkback_id: ping.newId });
  const statusId = await writeAnnouncement(db, ping.newId, ping);
  const at = clock?.() ?? ping.at;
  await askAgain(db, { linkbackId: ping.newId, jobId: ping.newId, host: ping.jobHost, at });
  await count(db, { site: ping.site, moderation: 'pending', verification: 'unverified' }, 1);
  note({ before: null, after: newLinkback(ping, statusId) });
  return { linkbackId: ping.newId, statusId, verification: 'unverified', parked: false };
}

/** A linkback as it stands when it has been filed. */
function newLinkback(ping: AcceptedPing, statusId: string): Linkback {
  const { dialect, source, target, claims, vouch, senderIp, at } = ping;
  const times = { firstAt: at, lastAt: at };
  return {
    id: ping.newId,
    site: ping.site,
    type: 'mention',
    protocol: dialect,
    announcements: [{ dialect, source, target, statusId, held: false, claims, vouch, senderIp, ...times }],
    source,
    sourceHost: ping.sourceHost,
    target,
    fragment: ping.fragment,
    verification: 'unverified',
    refusal: null,
    moderation: 'pending',
    facts: null,
    excerpt: null,
    evidence: null,
    signals: [],
    score: 0,
    receivedAt: at,
    checkedAt: null,
    verifiedAt: null,
    updatedAt: at,
  };
}

/** What could not be verified may have been announced in a spelling that its server does not know: the next one counts. */
async function respell(db: Db, id: string, { source, target, fragment }: AcceptedPing): Promise<void> {
  const before = await loadLinkback(db, id);
  if (before === undefined || (before.source === source && before.target === target)) return;
  const search_text = searchText({ ...before, source, target });
  await db
    .updateTable('linkback')
    .set({ source, target, fragment, search_text })
    .where('id', '=', id)
    .execute();
}

type Announced = {
  readonly statusId: string;
  /** Whether no look so far can have told: of this dialect, or of this spelling where the one before did not hold. */
  readonly asksAnew: boolean;
};

/** Writes that this dialect says so, now and in this spelling; a dialect keeps its status id for a pair. */
async function announce(db: Db, linkbackId: string, ping: AcceptedPing): Promise<Announced> {
  const { dialect, pairKey } = ping;
  const [before] = await findAnnouncement(db, { linkbackId, dialect, pairKey });
  // It says nothing new, and the time since the one before goes on.
  if (before !== undefined && ping.notBefore !== undefined)
    return { statusId: before.status_id, asksAnew: false };
  const statusId = await writeAnnouncement(db, linkbackId, ping);
  const isRespelled = before?.source !== ping.source || before.target !== ping.target;
  const asksAnew = before === undefined || (before.held === 0 && isRespelled);
  return { statusId, asksAnew };
}

type Announcing = Pick<AcceptedPing, 'dialect' | 'pairKey'> & { readonly linkbackId: string };

const findAnnouncement = prepared((db, { linkbackId, dialect, pairKey }: Announcing) =>
  db
    .selectFrom('announcement')
    .select(['source', 'target', 'held', 'status_id'])
    .where('linkback_id', '=', linkbackId)
    .where('dialect', '=', dialect)
    .where('pair_key', '=', pairKey),
);

const upsertAnnouncement = prepared((db, row: AnnouncementRow) => {
  const { source, target, sender_ip, claims, vouch, last_at } = row;
  const latest = { source, target, sender_ip, claims, vouch, last_at };
  return db
    .insertInto('announcement')
    .values(row)
    .onConflict((conflict) => conflict.columns(['linkback_id', 'dialect', 'pair_key']).doUpdateSet(latest))
    .returning('status_id');
});

/** Gives the status id, which a dialect keeps. */
async function writeAnnouncement(db: Db, linkbackId: string, ping: AcceptedPing): Promise<string> {
  const [row] = await upsertAnnouncement(db, {
    linkback_id: linkbackId,
    pair_key: ping.pairKey,
    dialect: ping.dialect,
    source: ping.source,
    target: ping.target,
    status_id: ping.newStatusId,
    held: 0,
    claims: jsonOrNull(ping.claims),
    vouch: ping.vouch,
    sender_ip: ping.senderIp,
    first_at: ping.at,
    last_at: ping.at,
  });
  return row?.status_id ?? ping.newStatusId;
}

type KnownPair = Pick<LinkbackRow, 'id' | 'verification' | 'checked_at'>;

/**
 * Has a known pair looked at again; true when its job is parked and only the owner may do so.
 *
 * A dialect that announces the pair for the first time has a rule of its own to be tried, so it does not have to wait;
 * nor has one whose rule did not hold, and that now says it otherwise.
 */
async function recheck(
  db: Db,
  known: KnownPair,
  ping: AcceptedPing,
  asksAnew: boolean,
  clock: Engine['clock'],
): Promise<boolean> {
  const job = await db
    .selectFrom('job')
    .select(['state', 'setbacks'])
    .where('linkback_id', '=', known.id)
    .executeTakeFirst();
  if (job?.state === 'dead') return true;
  if (job !== undefined && willTell(job, known, asksAnew)) return false;
  const hasToRest = known.verification === 'verified' && !asksAnew;
  // A look that is in hand counts from now: it ends later.
  const lastCheck = job?.state === 'leased' ? ping.at : (known.checked_at ?? 0);
  const at = Math.max(ping.at, ping.notBefore ?? 0, hasToRest ? lastCheck + recheckAfterMs : 0);
  // What is due at once is so by the clock that jobs go by.
  const due = at === ping.at ? (clock?.() ?? at) : at;
  await askAgain(db, { linkbackId: known.id, jobId: ping.newId, host: ping.jobHost, at: due });
  return false;
}

/** Whether the job that a pair has already will tell what this ping wants to know. */
function willTell(
  job: Pick<JobState, 'state' | 'setbacks'>,
  { verification }: KnownPair,
  asksAnew: boolean,
): boolean {
  const isUnverified = verification === 'unverified';
  // One in hand began without knowing of what is new now; and the page may have changed since its last check.
  if (job.state === 'leased') return isUnverified && !asksAnew;
  // A source in trouble rests as long as was agreed, however often its pair is announced.
  return isUnverified || job.setbacks > 0;
}
