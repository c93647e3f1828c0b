import type { Expression, ExpressionBuilder, Insertable, SqlBool } from 'kysely';
import type { LinkbackEvent } from '../linkback/event.ts';
import { isPublic, type Announcement, type Dialect, type Linkback } from '../linkback/linkback.ts';
import type { Page } from '../linkback/ports.ts';
import { noteApprovals } from './approved-hosts.ts';
import type { Db } from './engine.ts';
import type { Note } from './noting.ts';
import { forgetCalls } from './promised-calls.ts';
import { prepared } from './prepared.ts';
import { notePublicity, withdraw } from './publications.ts';
import { countPublic, publicMoves, uncountPublic } from './public-tallies.ts';
import { count, recount } from './tallies.ts';
import { changingColumns, decodeLinkback, encodeEvent } from './rows.ts';
import type { AnnouncementRow, EventRow, LinkbackRow, Tables } from './tables.ts';

export async function loadLinkback(db: Db, id: string): Promise<Linkback | undefined> {
  const [row] = await findLinkback(db, { id });
  return row === undefined ? undefined : decodeLinkback(row, inOrder(await findAnnouncements(db, { id })));
}

const findLinkback = prepared((db, { id }: { readonly id: string }) =>
  db.selectFrom('linkback').selectAll().where('id', '=', id),
);

const findAnnouncements = prepared((db, { id }: { readonly id: string }) =>
  db.selectFrom('announcement').selectAll().where('linkback_id', '=', id),
);

/** As they came in. There are few: an engine takes longer to sort them than to find them. */
function inOrder(announcements: readonly AnnouncementRow[]): readonly AnnouncementRow[] {
  return announcements.toSorted(
    (one, other) => one.first_at - other.first_at || (one.dialect < other.dialect ? -1 : 1),
  );
}

/**
 * Loads a linkback in order to change it: until the unit of writing ends, nobody else does.
 *
 * Whoever holds a linkback and its job holds the linkback first, so that no two wait for each other.
 */
export async function holdLinkback(db: Db, id: string): Promise<Linkback | undefined> {
  const [row] = await lockLinkback(db, { id });
  return row === undefined ? undefined : decodeLinkback(row, inOrder(await findAnnouncements(db, { id })));
}

const lockLinkback = prepared((db, { id }: { readonly id: string }) =>
  db.selectFrom('linkback').selectAll().where('id', '=', id).forUpdate(),
);

/** Completes rows with their announcements, in the rows' order. */
export async function withAnnouncements(db: Db, rows: readonly LinkbackRow[]): Promise<Linkback[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const announcements = await db
    .selectFrom('announcement')
    .selectAll()
    .where('linkback_id', 'in', ids)
    .execute();
  const byLinkback = new Map<string, AnnouncementRow[]>(ids.map((id) => [id, []]));
  for (const each of announcements) byLinkback.get(each.linkback_id)?.push(each);
  return rows.map((row) => decodeLinkback(row, inOrder(byLinkback.get(row.id) ?? [])));
}

/** A condition on linkbacks: that a dialect announced them, or that its link rule held, too. */
export function announcedBy(
  protocol: Dialect,
  how: 'announced' | 'held' = 'announced',
): (each: ExpressionBuilder<Tables, 'linkback'>) => Expression<SqlBool> {
  return (each) => {
    const announcements = each
      .selectFrom('announcement')
      .select('announcement.linkback_id')
      .whereRef('announcement.linkback_id', '=', 'linkback.id')
      .where('announcement.dialect', '=', protocol);
    return each.exists(how === 'held' ? announcements.where('announcement.held', '=', 1) : announcements);
  };
}

/** Cuts a list that was read with one row more than asked for into a page and its cursor. */
export async function toPage(db: Db, rows: readonly LinkbackRow[], limit: number): Promise<Page<Linkback>> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? last.id : null;
  return { items: await withAnnouncements(db, shown), next };
}

/** What writing a linkback down needs beside the statements. */
export type Writing = { readonly newId: () => string; readonly note: Note };

export async function saveLinkback(
  db: Db,
  before: Linkback,
  after: Linkback,
  events: readonly LinkbackEvent[],
  { newId, note }: Writing,
  alsoSet?: Pick<LinkbackRow, 'recheck_at'>,
): Promise<void> {
  if (after === before) {
    if (alsoSet !== undefined) await updateLinkback(db, { ...alsoSet, id: after.id });
    return;
  }
  note({ before, after });
  const publicly = publicMoves([{ before, after }]);
  await uncountPublic(db, publicly.gone);
  const decider = events.findLast(({ machine }) => machine === 'moderation')?.by.kind;
  // What is moved otherwise than by a decision cannot be taken back with one.
  const decided =
    decider === undefined || decider === 'look' ? {} : { decided_by: decider, decision_id: null };
  await updateLinkback(db, { ...changingColumns(after), ...decided, ...alsoSet, id: after.id });
  for (const each of after.announcements) await saveHeld(db, before, each);
  for (const event of events) await insertEvent(db, encodeEvent(event, newId(), after.id));
  // Last, for others wait at these rows until the unit ends: pings only at the counts, so these are the very last. The
  // order is the same everywhere, so that no two wait for each other.
  await noteApprovals(db, [{ before, after }]);
  await notePublicity(db, [{ before, after }], after.updatedAt);
  await countPublic(db, publicly.come);
  await recount(db, [{ before, after }]);
}

const updateLinkback = prepared((db, { id, ...columns }: Partial<LinkbackRow> & { readonly id: string }) =>
  db.updateTable('linkback').set(columns).where('id', '=', id),
);

const insertEvent = prepared((db, row: Insertable<EventRow>) => db.insertInto('event').values(row));

/** Forgets a linkback for good, with all that was told of it: who keeps copies learns of it, and it counts no more. */
export async function forget(db: Db, id: string, at: number, note: Note): Promise<boolean> {
  const before = await holdLinkback(db, id);
  if (before === undefined) return false;
  await withdraw(db, [id], at);
  await forgetCalls(db, id);
  if (isPublic(before)) await uncountPublic(db, [id]);
  await db.deleteFrom('linkback').where('id', '=', id).execute();
  await noteApprovals(db, [{ before, after: null }]);
  await count(db, before, -1);
  note({ before, after: null });
  return true;
}

async function saveHeld(db: Db, before: Linkback, after: Announcement): Promise<void> {
  const known = before.announcements.find((each) => each.statusId === after.statusId);
  if (known?.held === after.held) return;
  await updateHeld(db, { statusId: after.statusId, held: after.held ? 1 : 0 });
}

const updateHeld = prepared((db, { statusId, held }: { readonly statusId: string; readonly held: number }) =>
  db.updateTable('announcement').set({ held }).where('status_id', '=', statusId),
);
