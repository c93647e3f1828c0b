import { decide } from '../linkback/decide.ts';
import type { LinkbackEvent } from '../linkback/event.ts';
import type { Linkback, Moderation } from '../linkback/linkback.ts';
import { noteApprovals } from './approved-hosts.ts';
import type { Db } from './engine.ts';
import type { Writing } from './linkbacks.ts';
import { notePublicity } from './publications.ts';
import { countPublic, publicMoves, uncountPublic } from './public-tallies.ts';
import { encodeEvent } from './rows.ts';
import type { LinkbackRow } from './tables.ts';
import { recount } from './tallies.ts';

/** Somebody's word on linkbacks, and what is kept of it beside the events. */
export type Word = {
  readonly to: Moderation;
  readonly by: string;
  readonly why: string;
  readonly now: number;
  /** Who counts as having decided from now on. */
  readonly decider: LinkbackRow['decided_by'];
  /** The decision with which this can be taken back. */
  readonly decisionId: string | null;
};

/** Moves linkbacks that stand elsewhere, with all that hangs on it: a statement for all of them, not for each. */
export async function moveAll(
  db: Db,
  linkbacks: readonly Linkback[],
  word: Word,
  { newId, note }: Writing,
): Promise<void> {
  if (linkbacks.length === 0) return;
  const { to, now, why } = word;
  const by = { kind: 'person', name: word.by } as const;
  const moves = linkbacks.map((before) => {
    const { linkback: after, events } = decide(before, to, by, why, now);
    return { before, after, events };
  });
  const publicly = publicMoves(moves);
  await uncountPublic(db, publicly.gone);
  await saveStates(
    db,
    moves.map(({ after }) => after),
    word,
  );
  await saveEvents(db, moves, newId());
  // As in saveLinkback: all units come to these rows in the same order.
  await noteApprovals(db, moves);
  await notePublicity(db, moves, now);
  await countPublic(db, publicly.come);
  await recount(db, moves);
  for (const { before, after } of moves) note({ before, after });
}

async function saveStates(db: Db, linkbacks: readonly Linkback[], word: Word): Promise<void> {
  const { to, now, decider, decisionId } = word;
  await db
    .updateTable('linkback')
    .set((each) => ({
      moderation: to,
      is_public:
        to === 'approved' ? each.case().when('verification', '=', 'verified').then(1).else(0).end() : 0,
      updated_at: now,
      decided_by: decider,
      decision_id: decisionId,
    }))
    .where(
      'id',
      'in',
      linkbacks.map(({ id }) => id),
    )
    .execute();
}

type Told = { readonly after: Linkback; readonly events: readonly LinkbackEvent[] };

/** Each linkback has one event of its own here: a number after the id of all of them tells these apart. */
async function saveEvents(db: Db, moves: readonly Told[], batch: string): Promise<void> {
  const rows = moves.flatMap(({ after, events }, at) =>
    events.map((event) => encodeEvent(event, `${batch}-${at}`, after.id)),
  );
  if (rows.length > 0) await db.insertInto('event').values(rows).execute();
}
