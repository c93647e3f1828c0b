import {
  readAlias,
  readBaseUrl,
  readHostName,
  readPath,
  readSlug,
  slugFrom,
  type SiteChoices,
} from './linkback/site-parts.ts';
import { excerptStyles, policies, type Site } from './linkback/site.ts';
import { daysOrOff, list, mark, oneOf, onOff, wholeNumber } from './setting-values.ts';

/** Reads one of the settings that sites are made of. */
type Read = <Value>(name: SiteSetting, parse: (text: string) => Value) => Value;

export type SiteSetting =
  | 'SITES'
  | 'POLICY'
  | 'EXCERPT_STYLE'
  | 'EXCERPT_WINDOW'
  | 'EXCERPT_MARK'
  | 'OWN_LINKBACKS'
  | 'CLOSE_AFTER_DAYS'
  | 'HOLD_AT_SCORE'
  | 'SPAM_AT_SCORE'
  | 'BLOCKED_HOSTS'
  | 'CLOSED_PATHS'
  | 'VOUCH_REQUIRED'
  | 'LENIENT_WEBMENTIONS';

export type SiteSettings = {
  readonly sites: readonly Site[];
  /** What is chosen for sites that do not choose otherwise. */
  readonly usualChoices: SiteChoices;
};

/** Makes the sites of the settings, each with what is chosen for it. */
export function readSites(read: Read): SiteSettings {
  const policy = read('POLICY', oneOf(policies));
  const quoting = {
    style: read('EXCERPT_STYLE', oneOf(excerptStyles)),
    window: read('EXCERPT_WINDOW', wholeNumber(20, 500)),
    mark: read('EXCERPT_MARK', mark),
  };
  const takesOwn = read('OWN_LINKBACKS', onOff);
  const closeAfterDays = read('CLOSE_AFTER_DAYS', daysOrOff);
  const thresholds = {
    holdAt: read('HOLD_AT_SCORE', wholeNumber(1, 1000)),
    spamAt: read('SPAM_AT_SCORE', wholeNumber(1, 1000)),
  };
  const named = read('SITES', (text) => distinct(list(text).map(site)));
  const slug = slugOf(named);
  const blocked = read('BLOCKED_HOSTS', (text) => list(text).map(forSite(slug, readHostName)));
  const closed = read('CLOSED_PATHS', (text) => list(text).map(forSite(slug, readPath)));
  const vouching = read('VOUCH_REQUIRED', (text) => list(text).map(slug));
  const lenient = read('LENIENT_WEBMENTIONS', (text) => list(text).map(slug));
  const of = (entries: readonly ForSite[], slug?: string): string[] =>
    entries.filter((each) => each.slug === undefined || each.slug === slug).map((each) => each.value);
  const choices = (slug?: string): SiteChoices => ({
    policy,
    quoting,
    blockedHosts: of(blocked, slug),
    closedPaths: of(closed, slug),
    requiresVouch: slug !== undefined && vouching.includes(slug),
    isLenient: slug !== undefined && lenient.includes(slug),
    takesOwn,
    closeAfterDays,
    thresholds,
  });
  return {
    sites: named.map((each) => ({ ...each, ...choices(each.slug) })),
    usualChoices: choices(),
  };
}

/** `slug=URL|ALIAS|…`, or without the slug, which then is the first label of the host. */
function site(text: string): Pick<Site, 'slug' | 'addresses'> {
  const [, named, addresses = ''] = /^(?:([^=:/|]*)=)?(.*)$/su.exec(text) ?? [];
  const [own, ...aliases] = addresses.split('|').map((address) => address.trim());
  const url = readBaseUrl(own ?? '');
  const slug = readSlug(named?.trim() ?? slugFrom(url), `"blog=${url.href}"`);
  return { slug, addresses: [url, ...aliases.map(readAlias)] };
}

function distinct(
  sites: readonly Pick<Site, 'slug' | 'addresses'>[],
): readonly Pick<Site, 'slug' | 'addresses'>[] {
  const slugs = sites.map((each) => each.slug);
  const twice = slugs.find((slug, at) => slugs.indexOf(slug) !== at);
  if (twice === undefined) return sites;
  throw new Error(`two sites are named "${twice}"; name them yourself, as in "one=https://…,two=https://…"`);
}

type ForSite = { readonly slug: string | undefined; readonly value: string };

/** `value` for every site, or `slug:value` for one. */
function forSite(
  parseSlug: (text: string) => string,
  parse: (text: string) => string,
): (text: string) => ForSite {
  return (text) => {
    const [, slug, value = ''] = /^(?:([a-z0-9-]+):(?!\/\/))?(.*)$/su.exec(text) ?? [];
    return { slug: slug === undefined ? undefined : parseSlug(slug), value: parse(value) };
  };
}

/** Takes the name of a site; where SITES itself is wrong, any name. */
function slugOf(sites: readonly Pick<Site, 'slug'>[]): (text: string) => string {
  return (text) => {
    if (sites.length === 0 || sites.some(({ slug }) => slug === text)) return text;
    throw new Error(`"${text}" is no site; SITES has ${sites.map(({ slug }) => slug).join(', ')}`);
  };
}
