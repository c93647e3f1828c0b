import { hostOf, lenientForm } from './page-url.ts';
import { pairKey, targetKey, type Site } from './site.ts';
import type { Filing } from './verdict.ts';

/** A page as it was found: where redirects led, and the address it gives itself. */
export type FoundPage = { readonly url: URL; readonly canonical: string | null };

/**
 * The page's own name for itself: `rel=canonical` when it stays on the page's host, else where redirects led on the
 * host that was asked; else the address that was asked for.
 *
 * Another host's word is not taken, or anybody could file their page under somebody else's name; and a page that names
 * its host's root is mistaken, as some themes are.
 */
export function ownName(asked: URL, { url, canonical }: FoundPage): URL {
  const named = canonical === null ? null : URL.parse(canonical);
  const isRoot = named?.pathname === '/' && named.search === '' && url.pathname !== '/';
  if (named !== null && hostOf(named) === hostOf(url) && hostOf(url) === hostOf(asked) && !isRoot)
    return named;
  return hostOf(url) === hostOf(asked) ? url : asked;
}

/** Where a linkback belongs when its pages have other names than it was filed under; null when they have not. */
export function refiling(
  site: Site,
  filed: { readonly source: URL; readonly target: URL },
  found: { readonly source: URL; readonly target: URL },
): Filing | null {
  const isSame = (one: URL, other: URL): boolean =>
    lenientForm(one, site.addresses) === lenientForm(other, site.addresses);
  const source = isSame(filed.source, found.source) ? filed.source : found.source;
  const target = isSame(filed.target, found.target) ? filed.target : found.target;
  if (source === filed.source && target === filed.target) return null;
  if (isSame(source, target)) return null;
  return {
    source: source.href,
    target: target.href,
    targetKey: targetKey(site, target),
    pairKey: pairKey(site, source, target),
  };
}
