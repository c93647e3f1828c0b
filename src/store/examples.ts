import type { ExampleStore } from '../linkback/owner-ports.ts';
import type { Engine } from './engine.ts';
import { withAnnouncements } from './linkbacks.ts';

export function exampleStore({ db }: Engine): ExampleStore {
  return {
    examples: async (site, moderation, limit) => {
      const rows = await db
        .selectFrom('linkback')
        .selectAll()
        .where('decided_by', '=', 'person')
        .where('site', '=', site)
        .where('moderation', '=', moderation)
        .orderBy('updated_at', 'desc')
        .limit(limit)
        .execute();
      return withAnnouncements(db, rows);
    },
  };
}
