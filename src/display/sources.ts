import type { PublicStore } from '../linkback/ports.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import { findSite, isClosedPath, type Site } from '../linkback/site.ts';
import { keyOfPage, type PageLooks } from './page-key.ts';
import { displayLine } from './public-linkback.ts';

/** Most sources told of one page. */
const maxSources = 500;

/** What the dialects' own lists tell of a linkback. */
export type ListedSource = { readonly url: string; readonly title: string; readonly excerpt: string };

export type PublicSources = (
  target: string,
  siteSlug: string | undefined,
) => Promise<readonly ListedSource[] | undefined>;

/** Makes the list of a page's approved sources, oldest first; undefined for a page that takes no linkbacks. */
export function makePublicSources(
  store: PublicStore & PageLooks,
  sites: () => readonly Site[],
): PublicSources {
  return async (text, siteSlug) => {
    const target = parsePageUrl(text);
    const site = target === undefined ? undefined : findSite(sites(), target);
    if (target === undefined || site === undefined || isClosedPath(site, target)) return undefined;
    if (siteSlug !== undefined && siteSlug !== site.slug) return undefined;
    const key = await keyOfPage(store, site, target);
    const query = { targetKey: key, order: 'oldest', limit: maxSources } as const;
    const { items } = await store.publicList(query);
    return items.map(({ source, facts, excerpt }) => ({
      url: source,
      title: facts?.title ?? '',
      excerpt: excerpt === null ? '' : displayLine(excerpt, site.quoting.mark),
    }));
  };
}
