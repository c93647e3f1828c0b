import { sql } from 'kysely';
import { HalfDecided } from '../linkback/half-decided.ts';
import type { Linkback } from '../linkback/linkback.ts';
import type {
  DecisionMade,
  DecisionScope,
  DecisionStore,
  DecisionUndone,
  DecisionWord,
} from '../linkback/owner-ports.ts';
import type { Db } from './engine.ts';
import { filtered, type Reach } from './filters.ts';
import type { JobStoreOptions } from './jobs.ts';
import { withAnnouncements } from './linkbacks.ts';
import { matchingIds } from './matching.ts';
import { moveAll } from './moves.ts';
import type { Note, NotingEngine } from './noting.ts';
import type { DecisionMemberRow, DecisionRow, LinkbackRow } from './tables.ts';

/** How many linkbacks a transaction moves: more would hold the event loop too long. */
const movedPerCommit = 400;
/** How many ids are read at a time, before the first is moved. */
const idsPerPiece = 5000;

/** How decisions are written down beside the statements. */
type Pen = JobStoreOptions & { readonly note: Note };

export function decisionStore(engine: NotingEngine, options: JobStoreOptions): DecisionStore {
  const inHand = new Set<string>();
  return {
    decideAll: (scope, word) => decideAll(engine, scope, word, options),
    undo: async (id, by, site) => {
      // Whoever asks twice at once is told so, instead of sharing the work.
      if (inHand.has(id)) return 'undone';
      inHand.add(id);
      try {
        return await undo(engine, { id, by, site }, options);
      } finally {
        inHand.delete(id);
      }
    },
  };
}

async function decideAll(
  engine: NotingEngine,
  scope: DecisionScope,
  word: DecisionWord,
  options: JobStoreOptions,
): Promise<DecisionMade> {
  const ids = await idsInScope(engine.db, scope);
  const made: Made = { id: options.newId(), word, scope, isOfMany: ids.length > 1 };
  let count = 0;
  try {
    for (let at = 0; at < ids.length; at += movedPerCommit) {
      const some = ids.slice(at, at + movedPerCommit);
      count += await engine.write((db, note) => decideSome(db, some, made, { ...options, note }));
    }
  } catch (error) {
    throw count === 0 ? error : new HalfDecided({ id: made.id, count }, error);
  }
  return { id: count === 0 ? null : made.id, count };
}

type Made = {
  readonly id: string;
  readonly word: DecisionWord;
  readonly scope: DecisionScope;
  readonly isOfMany: boolean;
};

/** The ids in scope as they are now, in order. */
async function idsInScope(db: Db, scope: DecisionScope): Promise<string[]> {
  if ('ids' in scope) return [...new Set(scope.ids)].sort();
  const reach = reachOf(scope);
  if (reach === undefined) return [];
  const ids: string[] = [];
  for await (const piece of matchingIds(db, reach, { order: 'oldest', perPiece: idsPerPiece }))
    ids.push(...piece);
  return ids;
}

/** What is in scope beside ids; undefined when nothing can be. */
function reachOf(scope: DecisionScope): Reach | undefined {
  const { site } = scope;
  const filter: Reach = 'filter' in scope ? scope.filter : {};
  if (site === undefined) return filter;
  return filter.site === undefined || filter.site === site ? { ...filter, site } : undefined;
}

/** Moves those of the ids that are in scope still and stand elsewhere. */
async function decideSome(db: Db, ids: readonly string[], made: Made, pen: Pen): Promise<number> {
  const [first = '', last = ''] = [ids[0], ids.at(-1)];
  const reach: Reach = {
    ...reachOf(made.scope),
    within: [
      ['>=', first],
      ['<=', last],
    ],
  };
  const { moderation: to, note: why, by } = made.word;
  const rows = await filtered(db.selectFrom('linkback').selectAll(), reach)
    .where('id', 'in', ids)
    .where('moderation', '<>', to)
    .orderBy('id')
    .forUpdate()
    .execute();
  if (rows.length === 0) return 0;
  const now = pen.now();
  await noteDecision(db, made, rows.length, now);
  await noteMembers(db, made.id, rows);
  const linkbacks = await withAnnouncements(db, rows);
  const word = { to, by, why, now, decider: 'person', decisionId: made.id } as const;
  await moveAll(db, linkbacks, word, writingOf(made.id, made.isOfMany, pen));
  return rows.length;
}

async function noteDecision(db: Db, { id, word, scope }: Made, moved: number, at: number): Promise<void> {
  const { moderation, note, by: by_name } = word;
  await db
    .insertInto('decision')
    .values({ id, at, by_name, site: scope.site ?? null, moderation, note, moved, undone_at: null })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ moved: sql<number>`decision.moved + ${moved}` }),
    )
    .execute();
}

/** Where the linkbacks stand that a decision is about to move. */
async function noteMembers(db: Db, decisionId: string, rows: readonly LinkbackRow[]): Promise<void> {
  await db
    .insertInto('decision_member')
    .columns(['linkback_id', 'from_state', 'from_decider', 'decision_id'])
    .expression((each) =>
      each
        .selectFrom('linkback')
        .select(['id', 'moderation', 'decided_by'])
        .select((each) => each.val(decisionId).as('decision_id'))
        .where(
          'id',
          'in',
          rows.map(({ id }) => id),
        ),
    )
    .execute();
}

/** Whoever hears of a change learns with which many it was made. */
function writingOf(decision: string, isOfMany: boolean, { newId, note }: Pen): Parameters<typeof moveAll>[3] {
  return {
    newId,
    note: (change) => {
      note(isOfMany ? { ...change, decision } : change);
    },
  };
}

type Undoing = { readonly id: string; readonly by: string; readonly site: string | undefined };

async function undo(
  engine: NotingEngine,
  { id, by, site }: Undoing,
  options: JobStoreOptions,
): Promise<DecisionUndone | 'unknown' | 'undone'> {
  const decision = await engine.db.selectFrom('decision').selectAll().where('id', '=', id).executeTakeFirst();
  if (decision === undefined || (site !== undefined && decision.site !== site)) return 'unknown';
  if (decision.undone_at !== null) return 'undone';
  let [count, after]: [number, string | undefined] = [0, ''];
  while (after !== undefined) {
    const from: string = after;
    const done: Undone = await engine.write((db, note) =>
      undoSome(db, decision, { by, from }, { ...options, note }),
    );
    count += done.count;
    after = done.next;
  }
  return { count, kept: decision.moved - count };
}

type Undone = { readonly count: number; readonly next: string | undefined };

/** Takes the next members back that nothing else has moved since; with the last of them, the decision is undone. */
async function undoSome(
  db: Db,
  decision: DecisionRow,
  { by, from }: { readonly by: string; readonly from: string },
  pen: Pen,
): Promise<Undone> {
  const members = await db
    .selectFrom('decision_member')
    .selectAll()
    .where('decision_id', '=', decision.id)
    .where('linkback_id', '>', from)
    .orderBy('linkback_id')
    .limit(movedPerCommit)
    .execute();
  const now = pen.now();
  const standing = await standingMembers(db, decision.id, members);
  const writing = writingOf(decision.id, decision.moved > 1, pen);
  const why = undoneWhy(decision);
  for (const { to, decider, linkbacks } of byOrigin(members, standing))
    await moveAll(db, linkbacks, { to, by, why, now, decider, decisionId: null }, writing);
  const isLast = members.length < movedPerCommit;
  if (isLast)
    await db.updateTable('decision').set({ undone_at: now }).where('id', '=', decision.id).execute();
  return { count: standing.length, next: isLast ? undefined : members.at(-1)?.linkback_id };
}

async function standingMembers(
  db: Db,
  decisionId: string,
  members: readonly DecisionMemberRow[],
): Promise<readonly Linkback[]> {
  if (members.length === 0) return [];
  const rows = await db
    .selectFrom('linkback')
    .selectAll()
    .where(
      'id',
      'in',
      members.map((each) => each.linkback_id),
    )
    .where('decision_id', '=', decisionId)
    .orderBy('id')
    .forUpdate()
    .execute();
  return withAnnouncements(db, rows);
}

type Origin = {
  readonly to: DecisionMemberRow['from_state'];
  readonly decider: DecisionMemberRow['from_decider'];
  readonly linkbacks: readonly Linkback[];
};

/** Linkbacks that go back to the same place, by the same word that put them there. */
function byOrigin(members: readonly DecisionMemberRow[], linkbacks: readonly Linkback[]): Origin[] {
  const memberOf = new Map(members.map((each) => [each.linkback_id, each]));
  const origins = new Map<string, Origin & { readonly linkbacks: Linkback[] }>();
  for (const linkback of linkbacks) {
    const member = memberOf.get(linkback.id);
    if (member === undefined) continue;
    const { from_state: to, from_decider: decider } = member;
    const key = `${to} ${decider}`;
    const origin = origins.get(key) ?? { to, decider, linkbacks: [] };
    origin.linkbacks.push(linkback);
    origins.set(key, origin);
  }
  return [...origins.values()];
}

function undoneWhy({ moderation, note }: DecisionRow): string {
  return note === '' ? `Undone: “${moderation}”.` : `Undone: “${moderation}”, ${note}`;
}
