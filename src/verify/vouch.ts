import type { Linkback, Vouch } from '../linkback/linkback.ts';
import { hostOf, parsePageUrl } from '../linkback/page-url.ts';
import type { TrustStore } from '../linkback/ports.ts';
import { findSite, type Site } from '../linkback/site.ts';
import type { FetchPage, Later } from '../web/fetch.ts';
import type { Reader } from '../web/reader.ts';

export type VouchOptions = {
  readonly store: TrustStore;
  readonly fetchPage: FetchPage;
  readonly reader: Pick<Reader, 'read'>;
};

/** Looks at the page that vouches for a source; null when nobody named one. */
export type CheckVouch = (
  site: Site,
  linkback: Linkback,
  signal: AbortSignal,
) => Promise<Vouch | Later | null>;

/**
 * Makes the check of a vouch: a page on a host that the owner trusts, which links to the source's host and means it.
 *
 * A host is trusted when the owner has approved a linkback from it, or when it is the site's own.
 *
 * Spec: Vouch extension to Webmention.
 */
export function makeCheckVouch({ store, fetchPage, reader }: VouchOptions): CheckVouch {
  return async (site, linkback, signal) => {
    const named = linkback.announcements.find((each) => each.vouch !== null)?.vouch ?? null;
    if (named === null) return null;
    const no = (detail: string): Vouch => ({ url: named, holds: false, detail });
    const url = parsePageUrl(named);
    if (url === undefined) return no('not a web address');
    const isOwn = findSite([site], url) !== undefined;
    if (!isOwn && !(await store.isApprovedHost(site.slug, hostOf(url))))
      return no('not on a host you approved before');
    const fetched = await fetchPage(url, signal);
    if (fetched.kind === 'later') return fetched;
    if (fetched.kind !== 'answer' || fetched.body === null) return no('could not be read');
    const { body, contentType } = fetched;
    const addresses = site.addresses.map((address) => address.href);
    const host = { target: linkback.source, targetHost: linkback.sourceHost, addresses };
    const reading = await reader.read({ ...body, contentType, url: fetched.url.href, ...host });
    const links = reading === 'too-complex' ? [] : reading.links;
    const isMeant = links.some((link) => !link.rel.includes('nofollow'));
    return isMeant
      ? { url: named, holds: true, detail: 'links to the source’s host' }
      : no('does not link to the source’s host');
  };
}
