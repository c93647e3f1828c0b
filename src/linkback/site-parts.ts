import { Mistake } from './mistake.ts';
import { hostOf, lenientForm, parsePageUrl, type Addresses } from './page-url.ts';
import { reservedSlugs, type Site } from './site.ts';

/** A site's choices, without what makes it this site and no other. */
export type SiteChoices = Omit<Site, 'slug' | 'addresses'>;

/** A site as its owner writes it: the choices that they leave out stay as they are. */
export type SiteDraft = Partial<SiteChoices> & {
  /** Else it follows from the first address. */
  readonly slug?: string;
  /** The site's own address first, then its aliases; without a scheme they are https. */
  readonly addresses?: readonly string[];
};

/**
 * Reads the name of a site.
 *
 * Throws: {@link Mistake}, with `example` for what would do.
 */
export function readSlug(text: string, example = '"blog"'): string {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/u.test(text)) {
    throw new Mistake(
      `"${text}" is no name for a site: lower-case letters, digits and hyphens, as in ${example}`,
    );
  }
  if (!reservedSlugs.has(text)) return text;
  throw new Mistake(`"${text}" is a route of linkbackd; name the site otherwise, as in ${example}`);
}

/** The name that a site has unless its owner says otherwise: the first label of its host. */
export function slugFrom(url: URL): string {
  return url.hostname.replace(/^www\./u, '').split('.')[0] ?? '';
}

/** Reads the address of a site or a service. Throws: {@link Mistake}. */
export function readBaseUrl(text: string): URL {
  const url = parsePageUrl(text);
  if (url === undefined) throw new Mistake(`"${text}" is no http or https address`);
  if (url.search === '' && url.hash === '') return url;
  throw new Mistake(`"${text}" has a query or a fragment; leave it out`);
}

/** Reads an address whose scheme may be left out. Throws: {@link Mistake}. */
export function readAlias(text: string): URL {
  return readBaseUrl(text.includes('://') ? text : `https://${text}`);
}

/** Reads the name of a host, which then stands for all hosts below it, too. Throws: {@link Mistake}. */
export function readHostName(text: string): string {
  const url = URL.parse(`http://${text}/`);
  if (url === null || !/^[^/:@?#]+$/u.test(text)) throw new Mistake(`"${text}" is no host name`);
  return hostOf(url);
}

/** Reads a path of a site, which then stands for everything below it, too. Throws: {@link Mistake}. */
export function readPath(text: string): string {
  if (text.startsWith('/') && !/[?#]/u.test(text)) return text;
  throw new Mistake(`"${text}" is no path; it starts with a slash, as in "/about"`);
}

/** Makes a new site of what its owner wrote; what they left out is as usual. Throws: {@link Mistake}. */
export function makeSite(draft: SiteDraft, usual: SiteChoices): Site {
  const addresses = readAddresses(draft.addresses ?? []);
  const slug = readSlug(draft.slug ?? slugFrom(addresses[0]));
  return { ...choicesOf(usual, draft), slug, addresses };
}

/** Changes a site; its name stays. Throws: {@link Mistake}. */
export function changeSite(site: Site, draft: Omit<SiteDraft, 'slug'>): Site {
  const addresses = draft.addresses === undefined ? site.addresses : readAddresses(draft.addresses);
  return { ...choicesOf(site, draft), slug: site.slug, addresses };
}

/**
 * Sees that no page and no name belongs to two sites.
 *
 * Throws: {@link Mistake} with 409, naming the site that is in the way.
 */
export function assertApart(site: Site, others: readonly Site[]): void {
  for (const other of others) {
    if (other.slug === site.slug) throw new Mistake(`There is a site "${other.slug}" already.`, 409);
    const theirs = new Set(other.addresses.map((each) => lenientForm(each)));
    const twice = site.addresses.find((each) => theirs.has(lenientForm(each)));
    if (twice !== undefined) throw new Mistake(`${twice.href} belongs to the site "${other.slug}".`, 409);
  }
}

function readAddresses(texts: readonly string[]): Addresses {
  const [own, ...aliases] = texts.map(readAlias);
  if (own === undefined) throw new Mistake('A site has at least one address.');
  return [own, ...aliases];
}

function choicesOf(before: SiteChoices, draft: Partial<SiteChoices>): SiteChoices {
  const { blockedHosts = before.blockedHosts, closedPaths = before.closedPaths } = draft;
  return {
    policy: draft.policy ?? before.policy,
    quoting: draft.quoting ?? before.quoting,
    blockedHosts: blockedHosts.map(readHostName),
    closedPaths: closedPaths.map(readPath),
    requiresVouch: draft.requiresVouch ?? before.requiresVouch,
    isLenient: draft.isLenient ?? before.isLenient,
    takesOwn: draft.takesOwn ?? before.takesOwn,
    closeAfterDays: draft.closeAfterDays === undefined ? before.closeAfterDays : draft.closeAfterDays,
    thresholds: draft.thresholds ?? before.thresholds,
  };
}
