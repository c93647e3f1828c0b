import { createHash } from 'node:crypto';
import { isWithinHost, lenientForm, liesUnder, type Addresses } from './page-url.ts';
import type { Thresholds } from './signal.ts';

/** What happens to a verified linkback on which nobody has decided yet. */
export const policies = ['hold-first', 'hold-all', 'approve-all'] as const;
export type Policy = (typeof policies)[number];

/** `wordpress` drops the paragraph's first and last word and always marks both sides; `complete` keeps its edges. */
export const excerptStyles = ['wordpress', 'complete'] as const;
export type ExcerptStyle = (typeof excerptStyles)[number];

/** How this site quotes: `window` is in code points on each side of the link. */
export type Quoting = {
  readonly style: ExcerptStyle;
  readonly window: number;
  readonly mark: string;
};

/** One owner's set of pages that may be targets. */
export type Site = {
  readonly slug: string;
  readonly addresses: Addresses;
  readonly policy: Policy;
  readonly quoting: Quoting;
  /** Source hosts whose pings are refused, with everything below them. */
  readonly blockedHosts: readonly string[];
  /** Paths, with everything below them, that take no linkbacks. */
  readonly closedPaths: readonly string[];
  /** Whether a webmention from a host that is not approved yet must name a page that vouches for it. */
  readonly requiresVouch: boolean;
  /** Whether a webmention's link may be spelled otherwise than its target, as a pingback's may. */
  readonly isLenient: boolean;
  /** Whether posts of the site may link to each other by linkbacks. */
  readonly takesOwn: boolean;
  /** So many days after its publication a page takes no more linkbacks; null for never. */
  readonly closeAfterDays: number | null;
  readonly thresholds: Thresholds;
};

/** Points from which on a linkback is held, or filed as spam, unless its site says otherwise. */
export const usualThresholds: Thresholds = { holdAt: 3, spamAt: 8 };

/** Finds the site that a target belongs to: the one with the longest address above it. */
export function findSite(sites: readonly Site[], target: URL): Site | undefined {
  let best: { site: Site; length: number } | undefined;
  for (const site of sites) {
    for (const address of site.addresses) {
      const length = address.pathname.length;
      if (liesUnder(target, address) && (best === undefined || length > best.length)) best = { site, length };
    }
  }
  return best?.site;
}

/** The key under which a site files the linkbacks of one of its pages, the same for every lenient spelling. */
export function targetKey(site: Site, target: URL): string {
  return keyOf(lenientForm(target, site.addresses));
}

/** The key of one linkback: the same for every lenient spelling of the two pages. */
export function pairKey(site: Site, source: URL, target: URL): string {
  return keyOf(`${lenientForm(source, site.addresses)} ${lenientForm(target, site.addresses)}`);
}

/** A digest: URLs are longer than what an index entry may hold. */
function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

export function isBlockedHost(site: Site, host: string): boolean {
  return site.blockedHosts.some((blocked) => isWithinHost(host, blocked));
}

export function isClosedPath(site: Site, target: URL): boolean {
  return site.closedPaths.some((path) => liesUnder(target, new URL(path, target)));
}

/** First segments of our own routes: a site of such a name would hide behind them. */
export const reservedSlugs: ReadonlySet<string> = new Set(
  (
    'api badge.svg docs feed.atom feed.json feed.rss healthz linkbacks linkbacks.css linkbacks.html metrics moderate ' +
    'openapi.json pingback readyz setup status trackback webmention widget.js'
  ).split(' '),
);

/** The address of the page at a path on a site's own host; undefined when there is no such site. */
export function pageAt(sites: readonly Site[], slug: string, pathAndQuery: string): string | undefined {
  const site = sites.find((each) => each.slug === slug);
  return site === undefined ? undefined : `${site.addresses[0].origin}${pathAndQuery}`;
}

/** Whether a URL is a route of this service rather than a page: fetching it would have us ping ourselves in circles. */
export function isOwnRoute(url: URL, base: URL, sites: readonly Site[]): boolean {
  if (!liesUnder(url, base)) return false;
  const [first = '', second] = url.pathname.slice(base.pathname.replace(/\/$/u, '').length + 1).split('/');
  const isEndpoint = second === 'xmlrpc' || second === 'webmention';
  return reservedSlugs.has(first) || (isEndpoint && sites.some((site) => site.slug === first));
}
