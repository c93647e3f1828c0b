import { sql } from 'kysely';
import type { ExampleStore } from '../linkback/owner-ports.ts';
import type { Engine } from './engine.ts';
import { withAnnouncements } from './linkbacks.ts';

export function exampleStore({ db }: Engine): ExampleStore {
  return {
    examples: async (site, moderation, limit) => {
      const rows = await db
        .selectFrom('linkback')
        .selectAll()
        // Written out, for the index of what persons decided is for those that say so.
        .where('decided_by', '=', sql.lit('person'))
        .where('site', '=', site)
        .where('moderation', '=', moderation)
        .orderBy('updated_at', 'desc')
        .limit(limit)
        .execute();
      return withAnnouncements(db, rows);
    },
  };
}
