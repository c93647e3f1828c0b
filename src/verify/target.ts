import { ownName } from '../linkback/filing.ts';
import { lenientForm, withoutFragment } from '../linkback/page-url.ts';
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
 * Only 404 and 410 mean gone, under each of the page's spellings, for not all that mean the same need be served; a page
 * of ours that cannot be reached now is not held against the sender. Its redirects and its `rel=canonical` name the page it is filed under, as long as that is on the same site.
 */
export function makeLookAtTarget(options: TargetOptions): LookAtTarget {
  const { store, now } = options;
  const underWay = new Map<string, Promise<TargetLook>>();

  const look = async (key: string, site: Site, target: URL, signal: AbortSignal): Promise<TargetLook> => {
    const { asked, fetched } = await fetchAny(spellings(site, target), options.fetchPage, signal);
    const isGone = isMissing(fetched);
    const told = isGone ? silent : await read(fetched, site, asked, options);
    const found = { isGone, ...told, expiresAt: now() + trustIn(fetched) };
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

/** As announced, and at the site's own address without a trailing slash and with one: each once. */
function spellings(site: Site, target: URL): readonly [URL, ...URL[]] {
  const bare = new URL(lenientForm(target, site.addresses), site.addresses[0]);
  const slashed = new URL(bare);
  slashed.pathname = `${bare.pathname.replace(/\/$/u, '')}/`;
  const others = [bare, slashed].filter((url, at, all) => isNone(url, [target, ...all.slice(0, at)]));
  return [target, ...others];
}

function isNone(url: URL, all: readonly URL[]): boolean {
  return all.every((each) => withoutFragment(each).href !== url.href);
}

type Asked = { readonly asked: URL; readonly fetched: Fetched };

/** The first page that is not missing, else the last one. */
async function fetchAny(
  [first, ...rest]: readonly [URL, ...URL[]],
  fetchPage: FetchPage,
  signal: AbortSignal,
): Promise<Asked> {
  let found: Asked = { asked: first, fetched: await fetchPage(first, signal) };
  for (const asked of rest) {
    if (!isMissing(found.fetched)) break;
    found = { asked, fetched: await fetchPage(asked, signal) };
  }
  return found;
}

/** A server that is busy or broken says nothing of the page, nor of the name it should be filed under. */
function trustIn(fetched: Fetched): number {
  if (isMissing(fetched)) return believed.gone;
  const isTold = fetched.kind === 'answer' && fetched.status < 500 && fetched.status !== 429;
  return isTold ? believed.there : believed.unknown;
}

function isMissing(fetched: Fetched): boolean {
  return fetched.kind === 'answer' && (fetched.status === 404 || fetched.status === 410);
}

type Told = Pick<TargetLook, 'page' | 'publishedAt'>;

const silent: Told = { page: null, publishedAt: null };

/** The page's own name, when it is another page of the same site, and when it says it was published. */
async function read(fetched: Fetched, site: Site, target: URL, { reader }: TargetOptions): Promise<Told> {
  if (fetched.kind !== 'answer' || fetched.body === null) return silent;
  const { url, body, contentType } = fetched;
  const addresses = site.addresses.map((address) => address.href);
  const reading = await reader.read({ ...body, contentType, url: url.href, target: target.href, addresses });
  const { canonical, publishedAt } =
    reading === 'too-complex'
      ? { canonical: null, publishedAt: null }
      : {
          canonical: reading.canonical,
          publishedAt: reading.microformats?.publishedAt ?? reading.facts.publishedAt,
        };
  const name = ownName(target, { url, canonical });
  const isOther = findSite([site], name) !== undefined && targetKey(site, name) !== targetKey(site, target);
  return { page: isOther ? name.href : null, publishedAt };
}
