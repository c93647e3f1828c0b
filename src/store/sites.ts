import type { SiteStore } from '../linkback/owner-ports.ts';
import type { Site } from '../linkback/site.ts';
import type { Engine } from './engine.ts';

/** A site as it is written down: addresses are text there. */
type Description = Omit<Site, 'slug' | 'addresses'> & { readonly addresses: readonly string[] };

export function siteStore({ db, write }: Engine, { now }: { readonly now: () => number }): SiteStore {
  return {
    storedSites: async () => {
      const rows = await db.selectFrom('site').selectAll().orderBy('slug').execute();
      return rows.flatMap(({ slug, description }) => decodeSite(slug, description));
    },
    saveSite: (site) =>
      write(async (db) => {
        const description = encodeSite(site);
        await db
          .insertInto('site')
          .values({ slug: site.slug, description, created_at: now() })
          .onConflict((conflict) => conflict.column('slug').doUpdateSet({ description }))
          .execute();
      }),
    deleteSite: (slug) =>
      write(async (db) => {
        const result = await db.deleteFrom('site').where('slug', '=', slug).executeTakeFirst();
        return result.numDeletedRows > 0n;
      }),
  };
}

function encodeSite({ slug: _slug, addresses, ...rest }: Site): string {
  const description: Description = { ...rest, addresses: addresses.map(({ href }) => href) };
  return JSON.stringify(description);
}

/** What was written here was a site then. */
function decodeSite(slug: string, text: string): Site[] {
  const { addresses, ...rest } = JSON.parse(text) as Description;
  const [first, ...others] = addresses.map((address) => new URL(address));
  return first === undefined ? [] : [{ ...rest, slug, addresses: [first, ...others] }];
}
