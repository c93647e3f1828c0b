import { sql, type SelectQueryBuilder } from 'kysely';
import { moderations, verifications } from '../linkback/linkback.ts';
import type { Counts, ModerationQuery, ModerationStore } from '../linkback/owner-ports.ts';
import type { Db } from './engine.ts';
import { askNow, jobState, type JobStoreOptions } from './jobs.ts';
import { announcedBy, forget, loadLinkback, saveLinkback, toPage } from './linkbacks.ts';
import { decodeEvent } from './rows.ts';
import type { NotingEngine } from './noting.ts';
import type { LinkbackRow, Tables } from './tables.ts';
import { tallies, type Tally } from './tallies.ts';

export function moderationStore(engine: NotingEngine, { now, newId }: JobStoreOptions): ModerationStore {
  const { db } = engine;
  return {
    moderationList: async (query) => toPage(db, await moderationRows(db, query), query.limit),
    counts: (site) => countStates(db, site),
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
    decide: (id, decide) =>
      engine.write(async (transaction, note) => {
        const linkback = await loadLinkback(transaction, id);
        if (linkback === undefined) return undefined;
        const decision = decide(linkback);
        await saveLinkback(transaction, linkback, decision.linkback, decision.events, { newId, note });
        return decision.linkback;
      }),
    erase: (id) => engine.write((transaction, note) => forget(transaction, id, now(), note)),
    verifyAgain: (id) => engine.write((transaction) => verifyAgain(transaction, id, now(), newId())),
  };
}

async function verifyAgain(db: Db, id: string, at: number, jobId: string): Promise<boolean> {
  const linkback = await loadLinkback(db, id);
  if (linkback === undefined) return false;
  await askNow(db, { linkbackId: id, jobId, host: new URL(linkback.source).host, at });
  return true;
}

async function moderationRows(db: Db, query: ModerationQuery): Promise<LinkbackRow[]> {
  const isNewestFirst = query.order === 'newest';
  let rows = filtered(db.selectFrom('linkback').selectAll(), query);
  if (query.after !== undefined) rows = rows.where('id', isNewestFirst ? '<' : '>', query.after);
  return rows
    .orderBy('id', isNewestFirst ? 'desc' : 'asc')
    .limit(query.limit + 1)
    .execute();
}

type Rows = SelectQueryBuilder<Tables, 'linkback', LinkbackRow>;

function filtered(rows: Rows, query: ModerationQuery): Rows {
  const { site, moderation, verification, protocol, type, host, q, since } = query;
  if (site !== undefined) rows = rows.where('site', '=', site);
  if (moderation !== undefined) rows = rows.where('moderation', '=', moderation);
  if (verification !== undefined) rows = rows.where('verification', '=', verification);
  if (type !== undefined) rows = rows.where('type', '=', type);
  if (since !== undefined) rows = rows.where('received_at', '>=', since);
  if (q !== undefined) rows = rows.where(contains('search_text', q.toLowerCase()));
  if (host !== undefined) {
    rows = rows.where((each) =>
      each.or([each('source_host', '=', host), endsWith('source_host', `.${host}`)]),
    );
  }
  if (protocol !== undefined) rows = rows.where(announcedBy(protocol));
  return rows;
}

function contains(column: string, text: string) {
  return sql<boolean>`${sql.ref(column)} LIKE ${`%${escapedLike(text)}%`} ESCAPE '\\'`;
}

function endsWith(column: string, text: string) {
  return sql<boolean>`${sql.ref(column)} LIKE ${`%${escapedLike(text)}`} ESCAPE '\\'`;
}

function escapedLike(text: string): string {
  return text.replace(/[\\%_]/gu, (special) => `\\${special}`);
}

async function countStates(db: Db, site: string | undefined): Promise<Counts> {
  const rows = await tallies(db, site);
  const sum = (of: readonly Tally[]): number => of.reduce((total, row) => total + row.count, 0);
  return {
    moderation: record(moderations, (state) => sum(rows.filter((row) => row.moderation === state))),
    verification: record(verifications, (state) => sum(rows.filter((row) => row.verification === state))),
    approvedButGone: sum(rows.filter((row) => row.moderation === 'approved' && row.verification === 'gone')),
  };
}

function record<Key extends string>(keys: readonly Key[], value: (key: Key) => number): Record<Key, number> {
  // Object.fromEntries forgets the keys it was given.
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, number>;
}
