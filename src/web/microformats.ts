import { mf2 } from 'microformats-parser';
import { rsvps, type Author, type LinkbackType, type Rsvp } from '../linkback/linkback.ts';
import { cutGraphemes, plainText } from './plain-text.ts';
import { instant, maxAuthorLength, webAddress } from './facts.ts';

/** What a page's microformats say of its link to the target. */
export type Microformats = {
  readonly type: LinkbackType;
  readonly author: Author;
  readonly publishedAt: number | null;
  /** The answer of an RSVP. */
  readonly rsvp?: Rsvp;
};

/** Entries looked at; a page that is a feed needs no more. */
const maxItems = 200;

/** Elements of which a tree is built; a page with more goes without. */
export const maxTreeElements = 20_000;

/** Whether a page may have microformats at all, and is small enough for the whole tree that reading them takes. */
export function mayHaveMicroformats(html: string): boolean {
  if (!/\bh-(?:entry|card|feed|cite|event)\b/u.test(html)) return false;
  let elements = 0;
  for (const _ of html.matchAll(/<[a-z]/giu)) {
    elements += 1;
    if (elements > maxTreeElements) return false;
  }
  return true;
}

/** The property of an entry that names the page it answers, and what it makes of the entry. */
const answers = [
  ['in-reply-to', 'reply'],
  ['repost-of', 'repost'],
  ['like-of', 'like'],
  ['bookmark-of', 'bookmark'],
] as const satisfies readonly (readonly [string, LinkbackType])[];

/**
 * Reads what kind of linkback a page is, and whose, from its microformats.
 *
 * Builds a whole tree: only ever run in a thread with limits, on a page in which the link was found before. An author
 * who is only an address stays one; no second page is fetched for a name.
 *
 * Spec: microformats2; Webmention 3.2.2; IndieWeb authorship and post type discovery.
 */
export function readMicroformats(
  html: string,
  url: URL,
  isWanted: (href: URL) => boolean,
): Microformats | undefined {
  const entries = entriesOf(itemsOf(html, url), undefined);
  const answering = entries.find(({ item }) => typeOf(item, isWanted) !== 'mention');
  const entry = answering ?? entries[0];
  if (entry === undefined) return undefined;
  const [published] = entry.item.properties['published'] ?? [];
  const type = typeOf(entry.item, isWanted);
  const rsvp = type === 'rsvp' ? rsvpOf(entry.item) : undefined;
  return {
    type,
    author: authorOf(entry, url),
    publishedAt: published === undefined ? null : instant(valueOf(published)),
    ...(rsvp === undefined ? {} : { rsvp }),
  };
}

type Root = ReturnType<typeof mf2>['items'][number];
type Property = Root['properties'][string][number];
type Entry = { readonly item: Root; readonly feed: Root | undefined };

/** The parser throws on pages that are only odd: a template in an entry, a base that is no address, a class p-constructor. */
function itemsOf(html: string, url: URL): readonly Root[] {
  try {
    return mf2(html, { baseUrl: url.href }).items;
  } catch {
    return [];
  }
}

/** The entries of a page, and those of its feeds, each with the feed it stands in. */
function entriesOf(items: readonly Root[], feed: Root | undefined): Entry[] {
  const entries: Entry[] = [];
  for (const item of items.slice(0, maxItems)) {
    if (item.type?.includes('h-entry') === true || item.type?.includes('h-event') === true)
      entries.push({ item, feed });
    else if (item.type?.includes('h-feed') === true) entries.push(...entriesOf(item.children ?? [], item));
  }
  return entries.slice(0, maxItems);
}

function typeOf(item: Root, isWanted: (href: URL) => boolean): LinkbackType {
  const found = answers.find(([property]) =>
    (item.properties[property] ?? []).some((each) => names(each, isWanted)),
  );
  if (found === undefined) return 'mention';
  return found[1] === 'reply' && item.properties['rsvp'] !== undefined ? 'rsvp' : found[1];
}

function rsvpOf(item: Root): Rsvp | undefined {
  const [answer] = item.properties['rsvp'] ?? [];
  const word = answer === undefined ? '' : valueOf(answer).trim().toLowerCase();
  return rsvps.find((each) => each === word);
}

/** Whether a property is the target's address, or something cited that has it for its own. */
function names(property: Property, isWanted: (href: URL) => boolean): boolean {
  const addresses = isRoot(property)
    ? [...(property.properties['url'] ?? []), valueOf(property)]
    : [property];
  return addresses.some((each) => {
    const href = URL.parse(typeof each === 'string' ? each : valueOf(each));
    return href !== null && isWanted(href);
  });
}

function authorOf({ item, feed }: Entry, url: URL): Author {
  const author = item.properties['author']?.[0] ?? feed?.properties['author']?.[0];
  if (author === undefined) return { name: null, url: null, photo: null };
  if (!isRoot(author)) {
    const text = valueOf(author);
    const isAddress = /^https?:\/\//iu.test(text);
    return {
      name: isAddress ? null : nameOf(text),
      url: isAddress ? webAddress(text, url) : null,
      photo: null,
    };
  }
  const first = (name: string): string => {
    const [property] = author.properties[name] ?? [];
    return property === undefined ? '' : valueOf(property);
  };
  return {
    name: nameOf(first('name')),
    url: webAddress(first('url'), url),
    photo: webAddress(first('photo'), url),
  };
}

function nameOf(text: string): string | null {
  return cutGraphemes(plainText(text).trim(), maxAuthorLength) || null;
}

function isRoot(property: Property): property is Root {
  return typeof property === 'object' && 'properties' in property;
}

function valueOf(property: Property): string {
  if (typeof property === 'string') return property;
  if ('value' in property) return valueOf(property.value ?? '');
  return '';
}
