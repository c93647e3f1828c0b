import type { PublicQuery, PublicStore, StatusStore } from '../linkback/ports.ts';
import type { Db, Engine } from './engine.ts';
import { announcedBy, loadLinkback, toPage } from './linkbacks.ts';
import type { LinkbackRow } from './tables.ts';

export function publicStore({ db }: Engine): PublicStore {
  return { publicList: async (query) => toPage(db, await publicRows(db, query), query.limit) };
}

async function publicRows(db: Db, query: PublicQuery): Promise<LinkbackRow[]> {
  const { targetKey, site, protocol, type, since, after } = query;
  const isNewestFirst = query.order === 'newest';
  let rows = db.selectFrom('linkback').selectAll().where('is_public', '=', 1);
  if (targetKey !== undefined) rows = rows.where('target_key', '=', targetKey);
  if (site !== undefined) rows = rows.where('site', '=', site);
  if (type !== undefined) rows = rows.where('type', '=', type);
  if (since !== undefined) rows = rows.where('verified_at', '>=', since);
  if (after !== undefined) rows = rows.where('id', isNewestFirst ? '<' : '>', after);
  if (protocol !== undefined) rows = rows.where(announcedBy(protocol, 'held'));
  return rows
    .orderBy('id', isNewestFirst ? 'desc' : 'asc')
    .limit(query.limit + 1)
    .execute();
}

export function statusStore({ db }: Engine): StatusStore {
  return {
    byStatusId: async (statusId, since) => {
      const row = await db
        .selectFrom('announcement')
        .select('linkback_id')
        .where('status_id', '=', statusId)
        .where('last_at', '>=', since)
        .executeTakeFirst();
      return row === undefined ? undefined : loadLinkback(db, row.linkback_id);
    },
  };
}
