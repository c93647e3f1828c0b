import { sql, type ExpressionBuilder, type ExpressionWrapper, type SqlBool } from 'kysely';
import { rsvps } from '../linkback/linkback.ts';
import type {
  Mention,
  MentionCount,
  MentionQuery,
  MentionScope,
  MentionStore,
  Withdrawal,
} from '../linkback/ports.ts';
import type { Db, Engine } from './engine.ts';
import { withAnnouncements } from './linkbacks.ts';
import { isCounted, publicCounts } from './public-tallies.ts';
import type { Tables } from './tables.ts';

export function mentionStore({ db }: Engine): MentionStore {
  return {
    mentions: async (query) => {
      const [items, total] = [await readMentions(db, query), await countMentions(db, query)];
      return { items, total };
    },
    mentionCounts: (scope) => countTypes(db, scope),
    withdrawals: (query) => readWithdrawals(db, query),
  };
}

/** The public linkbacks that a query is about, each beside its publication. */
function matching(db: Db, query: MentionScope & Partial<MentionQuery>) {
  const { targets, sites, types, since, sinceSerial } = query;
  let rows = db
    .selectFrom('linkback')
    .innerJoin('publication', 'publication.linkback_id', 'linkback.id')
    .where('linkback.is_public', '=', 1);
  if (targets !== undefined)
    rows = rows.where((each) => each.or(targets.map((target) => isOf(each, target))));
  if (sites !== undefined) rows = rows.where('linkback.site', 'in', sites);
  if (types !== undefined) rows = rows.where('linkback.type', 'in', types);
  if (since !== undefined) rows = rows.where('publication.public_at', '>=', since);
  if (sinceSerial !== undefined) rows = rows.where('publication.serial', '>', sinceSerial);
  return rows;
}

function isOf(
  each: ExpressionBuilder<Tables, 'linkback'>,
  { key, fragment }: NonNullable<MentionScope['targets']>[number],
): ExpressionWrapper<Tables, 'linkback', SqlBool> {
  const isOfPage = each('linkback.target_key', '=', key);
  return fragment === null ? isOfPage : each.and([isOfPage, each('linkback.fragment', '=', fragment)]);
}

async function readMentions(db: Db, query: MentionQuery): Promise<Mention[]> {
  const direction = query.isDescending ? 'desc' : 'asc';
  const rows = await matching(db, query)
    .selectAll('linkback')
    .select(['publication.serial', 'publication.public_at'])
    .orderBy(sortKey(query), direction)
    .orderBy('publication.serial', direction)
    .limit(query.limit)
    .offset(query.offset)
    .execute();
  const linkbacks = await withAnnouncements(db, rows);
  return rows.flatMap(({ serial, public_at: publicAt }, at) => {
    const linkback = linkbacks[at];
    return linkback === undefined ? [] : [{ serial, publicAt, linkback }];
  });
}

function sortKey({ sortBy }: MentionQuery) {
  switch (sortBy) {
    case 'created':
      return sql<number>`publication.serial`;
    case 'updated':
      return sql<number>`linkback.updated_at`;
    case 'published':
      return sql<number>`coalesce(linkback.published_at, publication.public_at)`;
    case 'rsvp': {
      const ranks = rsvps.map((rsvp, at) => sql`WHEN ${sql.lit(rsvp)} THEN ${sql.lit(at + 1)}`);
      return sql<number>`CASE linkback.rsvp ${sql.join(ranks, sql` `)} ELSE 0 END`;
    }
    default:
      return sortBy satisfies never;
  }
}

async function countMentions(db: Db, query: MentionQuery): Promise<number> {
  if (isCounted(query)) {
    const counts = await publicCounts(db, query);
    return counts.reduce((sum, { count }) => sum + count, 0);
  }
  const row = await matching(db, query)
    .select((each) => each.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

async function countTypes(db: Db, scope: MentionScope): Promise<MentionCount[]> {
  if (isCounted(scope)) return publicCounts(db, scope);
  return matching(db, scope)
    .select((each) => ['linkback.type', 'linkback.rsvp', each.fn.countAll<number>().as('count')])
    .groupBy(['linkback.type', 'linkback.rsvp'])
    .orderBy('linkback.type')
    .orderBy('linkback.rsvp')
    .execute();
}

async function readWithdrawals(db: Db, query: MentionQuery): Promise<Withdrawal[]> {
  const { targets, sites, since, sinceSerial } = query;
  let rows = db
    .selectFrom('publication')
    .leftJoin('linkback', 'linkback.id', 'publication.linkback_id')
    .select(['publication.serial', 'publication.target', 'publication.withdrawn_at', 'linkback.source'])
    .where('publication.withdrawn_at', 'is not', null);
  if (targets !== undefined) {
    const keys = targets.map((target) => target.key);
    rows = rows.where('publication.target_key', 'in', keys);
  }
  if (sites !== undefined) rows = rows.where('publication.site', 'in', sites);
  if (since !== undefined) rows = rows.where('publication.withdrawn_at', '>=', since);
  if (sinceSerial !== undefined) rows = rows.where('publication.serial', '>', sinceSerial);
  const found = await rows
    .orderBy('publication.withdrawn_at', 'desc')
    .orderBy('publication.serial', 'desc')
    .limit(query.limit)
    .offset(query.offset)
    .execute();
  // The table's checks let neither be missing in what was withdrawn.
  return found.map((row) => ({
    serial: row.serial,
    source: row.source,
    target: row.target ?? '',
    withdrawnAt: row.withdrawn_at ?? 0,
  }));
}
