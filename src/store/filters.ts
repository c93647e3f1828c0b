import {
  sql,
  type ExpressionBuilder,
  type ExpressionWrapper,
  type SelectQueryBuilder,
  type SqlBool,
} from 'kysely';
import type { Attention, ModerationFilter } from '../linkback/owner-ports.ts';
import { hostRange } from './host-key.ts';
import { announcedBy } from './linkbacks.ts';
import type { Tables } from './tables.ts';

/** One end of a run of ids. */
export type Bound = readonly ['<' | '<=' | '>' | '>=', string];

/** Which linkbacks are meant, and between which ids they are looked for. */
export type Reach = ModerationFilter & {
  readonly attention?: Attention;
  readonly within?: readonly Bound[];
};

type Query<Row> = SelectQueryBuilder<Tables, 'linkback', Row>;

/** Keeps what a filter lets through. */
export function filtered<Row>(rows: Query<Row>, reach: Reach): Query<Row> {
  const { site, moderation, verification, protocol, type, host, q, since, attention, within = [] } = reach;
  rows = bounded(rows, within);
  if (site !== undefined) rows = rows.where('site', '=', site);
  if (moderation !== undefined) rows = rows.where('moderation', '=', moderation);
  if (verification !== undefined) rows = rows.where('verification', '=', verification);
  if (type !== undefined) rows = rows.where('type', '=', type);
  if (since !== undefined) rows = rows.where('received_at', '>=', since);
  if (protocol !== undefined) rows = rows.where(announcedBy(protocol));
  if (host !== undefined) rows = rows.where((each) => each('id', 'in', ofHost(each, host, within)));
  if (q !== undefined) rows = rows.where((each) => each('id', 'in', saying(each, q, within)));
  if (attention === 'gone')
    rows = rows.where('moderation', '=', 'approved').where('verification', '=', 'gone');
  if (attention === 'failed') {
    rows = rows.where((each) =>
      each.or([each('verification', '=', 'refused'), each.exists(troubledJob(each))]),
    );
  }
  return rows;
}

function bounded<Row>(rows: Query<Row>, bounds: readonly Bound[]): Query<Row> {
  for (const [operator, id] of bounds) rows = rows.where('id', operator, id);
  return rows;
}

type Each = ExpressionBuilder<Tables, 'linkback'>;

// Each of these is read from an index of its own; as conditions on rows they would have the rows read first.

function ofHost(each: Each, host: string, bounds: readonly Bound[]) {
  const [first, end] = hostRange(host);
  let hosted = each
    .selectFrom('linkback as hosted')
    .select('hosted.id')
    .where('hosted.host_key', '>=', first)
    .where('hosted.host_key', '<', end);
  for (const [operator, id] of bounds) hosted = hosted.where('hosted.id', operator, id);
  return hosted;
}

function saying(each: Each, q: string, bounds: readonly Bound[]) {
  const pattern = `%${q.toLowerCase().replace(/[\\%_]/gu, (special) => `\\${special}`)}%`;
  let saying = each
    .selectFrom('linkback as written')
    .select('written.id')
    .where(sql<boolean>`written.search_text LIKE ${pattern} ESCAPE '\\'`);
  for (const [operator, id] of bounds) saying = saying.where('written.id', operator, id);
  return saying;
}

function troubledJob(each: Each) {
  return each
    .selectFrom('job')
    .select('job.id')
    .whereRef('job.linkback_id', '=', 'linkback.id')
    .where(isTroubled);
}

/** Whether a job is tried again after trouble, or was given up. */
export function isTroubled(
  job: Pick<ExpressionBuilder<Tables, 'job'>, 'or' | 'eb'>,
): ExpressionWrapper<Tables, 'job', SqlBool> {
  // As literals, for the index of these jobs says so, too.
  return job.or([job.eb('job.state', '=', sql.lit('dead')), job.eb('job.setbacks', '>', sql.lit(0))]);
}
