import { ownName } from '../linkback/filing.ts';
import type { TargetLook, TargetStore } from '../linkback/ports.ts';
import { findSite, targetKey, type Site } from '../linkback/site.ts';
import type { Fetched, FetchPage } from '../web/fetch.ts';
import type { Reader } from '../web/reader.ts';

const minute = 60_000;

/** How long a look at one of our own pages is believed: a page that is missing may be published any minute. */
const believed = { there: 24 * 60 * minute, gone: 10 * minute, unknown: 5 * minute } as const;

export type TargetOptions = {
  readonly store: TargetStore;
  readonly fetchPage: FetchPage;
  readonly reader: Pick<Reader, 'read'>;
  readonly now: () => number;
};

/** Tells whether one of our own pages is definitely not there, and under which page its linkbacks are filed. */
export type LookAtTarget = (
  site: Site,
  target: URL,
  signal: AbortSignal,
) => Promise<Omit<TargetLook, 'expiresAt'>>;

/**
 * Makes the cached look at our own pages.
 *
 * Only 404 and 410 mean gone: a page of ours that cannot be reached now is not held against the sender. Its redirects
 * and its `rel=canonical` name the page it is filed under, as long as that is on the same site.
 */
export function makeLookAtTarget(options: TargetOptions): LookAtTarget {
  const { store, now } = options;
  const underWay = new Map<string, Promise<TargetLook>>();

  const look = async (key: string, site: Site, target: URL, signal: AbortSignal): Promise<TargetLook> => {
    const fetched = await options.fetchPage(target, signal);
    const status = fetched.kind === 'answer' ? fetched.status : undefined;
    const isGone = status === 404 || status === 410;
    const page = isGone ? null : await pageOf(fetched, site, target, options);
    const trust = isGone ? believed.gone : status === undefined ? believed.unknown : believed.there;
    const found = { isGone, page, expiresAt: now() + trust };
    await store.saveTargetLook(key, found);
    return found;
  };

  return async (site, target, signal) => {
    const key = targetKey(site, target);
    const known = await store.targetLook(key);
    if (known !== undefined && known.expiresAt > now()) return known;
    const looking = underWay.get(key) ?? look(key, site, target, signal).finally(() => underWay.delete(key));
    underWay.set(key, looking);
    return looking;
  };
}

/** The page's own name, when it is another page of the same site. */
async function pageOf(
  fetched: Fetched,
  site: Site,
  target: URL,
  { reader }: TargetOptions,
): Promise<string | null> {
  if (fetched.kind !== 'answer' || fetched.body === null) return null;
  const { url, body, contentType } = fetched;
  const addresses = site.addresses.map((address) => address.href);
  const reading = await reader.read({ ...body, contentType, url: url.href, target: target.href, addresses });
  const canonical = reading === 'too-complex' ? null : reading.canonical;
  const name = ownName(target, { url, canonical });
  if (findSite([site], name) === undefined || targetKey(site, name) === targetKey(site, target)) return null;
  return name.href;
}
