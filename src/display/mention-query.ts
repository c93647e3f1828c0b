import { Type, type TSchema } from 'typebox';
import { linkbackTypes, type LinkbackType } from '../linkback/linkback.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import {
  mentionOrders,
  type MentionQuery,
  type MentionScope,
  type MentionTarget,
} from '../linkback/ports.ts';
import { findSite, targetKey, type Site } from '../linkback/site.ts';
import { relations } from './mention-shapes.ts';

const defaultPerPage = 20;
/** webmention.io's: plugins ask for so many at once, and take a shorter answer for the last one. */
const maxPerPage = 1000;
const maxTargets = 50;
/** Farther than any list goes, and a number that every database takes. */
const maxOffset = 2 ** 31 - 1;

/** Parameters with one value. */
const single = [
  'domain',
  'token',
  'access_token',
  'since',
  'since_id',
  'sort-by',
  'sort-dir',
  'per-page',
  'perPage',
  'page',
] as const;

/** Parameters with several values, spelled `target[]=`, `target[0]=` or `target=`. */
const several = ['target', 'target[]', 'wm-property', 'wm-property[]', 'property', 'property[]'] as const;

export type MentionAsked = Readonly<
  Partial<Record<(typeof single)[number], string> & Record<(typeof several)[number], readonly string[]>>
>;

const Text = Type.Optional(Type.String());
const Texts = Type.Optional(Type.Array(Type.String()));

/**
 * The parameters of webmention.io's API, as it spells them.
 *
 * What makes no sense is read as webmention.io reads it, not refused: widgets send what their templates give them.
 */
export const mentionParameters: TSchema = Type.Object(
  Object.fromEntries([...single.map((name) => [name, Text]), ...several.map((name) => [name, Texts])]),
  { patternProperties: { '^(?:target|(?:wm-)?property)\\[\\d+\\]$': Texts } },
);

export type Paging = { readonly perPage: number; readonly page: number };

/** The values of a parameter that may be given several times, in any spelling of lists. */
export function listOf(asked: MentionAsked, name: string): string[] {
  return Object.entries(asked)
    .filter(([key]) => key.replace(/\[\d*\]$/u, '') === name)
    .flatMap(([, value]) => value)
    .filter((value) => value !== '');
}

/** The name under which a page of ours is filed, by its key, where that is another than it was asked by. */
export type OwnPage = (targetKey: string) => Promise<string | null>;

/** Our pages among the targets asked for; one without scheme is meant with either. Limits: the first 50. */
export async function findTargets(
  names: readonly string[],
  sites: readonly Site[],
  ownPage: OwnPage,
): Promise<MentionTarget[]> {
  const found = names.slice(0, maxTargets).map(async (name) => {
    const url = parsePageUrl(name.startsWith('//') ? `https:${name}` : name);
    const site = url === undefined ? undefined : findSite(sites, url);
    if (url === undefined || site === undefined) return [];
    const key = targetKey(site, url);
    const own = parsePageUrl((await ownPage(key)) ?? '');
    const keys = own === undefined ? [key] : [key, targetKey(site, own)];
    const fragment = url.hash === '' ? null : url.hash.slice(1);
    return keys.map((each) => ({ key: each, fragment }));
  });
  return (await Promise.all(found)).flat();
}

/** The sites at a domain, with or without `www.`; a port counts when it is named. */
export function sitesAt(domain: string, sites: readonly Site[]): string[] {
  const wanted = domain.toLowerCase().replace(/^www\./u, '');
  return sites
    .filter(({ addresses }) =>
      addresses.some((address) =>
        [address.host, address.hostname].some((host) => host.replace(/^www\./u, '') === wanted),
      ),
    )
    .map((site) => site.slug);
}

/** Makes the store's query of what was asked about a scope. */
export function toMentionQuery(asked: MentionAsked, scope: MentionScope): MentionQuery {
  const { perPage, page } = readPaging(asked);
  const since = parseSince(asked.since ?? '');
  const sinceSerial = readInteger(asked.since_id);
  const types = typesAsked(asked);
  return {
    ...scope,
    sortBy: mentionOrders.find((order) => order === asked['sort-by']) ?? 'created',
    isDescending: isDescending(asked),
    limit: perPage,
    offset: Math.min(page * perPage, maxOffset),
    ...(types === undefined ? {} : { types }),
    ...(since === undefined ? {} : { since }),
    ...(sinceSerial === undefined ? {} : { sinceSerial }),
  };
}

export function isDescending(asked: MentionAsked): boolean {
  return (asked['sort-dir'] ?? 'down') === 'down';
}

export function readPaging(asked: MentionAsked): Paging {
  const perPage = readInteger(asked.perPage ?? asked['per-page']) ?? defaultPerPage;
  return {
    perPage: Math.min(Math.max(perPage, 0), maxPerPage),
    page: Math.max(readInteger(asked.page) ?? 0, 0),
  };
}

/** The types that `wm-property` asks for, by their property (`like-of`) or name (`like`); undefined for all. */
export function typesAsked(asked: MentionAsked): LinkbackType[] | undefined {
  const properties = [...listOf(asked, 'wm-property'), ...listOf(asked, 'property')];
  if (properties.length === 0) return undefined;
  return linkbackTypes.filter((type) => properties.includes(relations[type]) || properties.includes(type));
}

function readInteger(text: string | undefined): number | undefined {
  const number = Number.parseInt(text ?? '', 10);
  return Number.isNaN(number) ? undefined : Math.min(number, Number.MAX_SAFE_INTEGER);
}

const isoInstant =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?(?:(Z)|([+\- ])(\d{2}):?(\d{2}))?$/iu;

/**
 * Reads an ISO 8601 instant; without an offset it is UTC.
 *
 * A plus that was not escaped arrives as a blank. What is no instant is undefined: a reader then gets more than it
 * wanted rather than less.
 */
export function parseSince(text: string): number | undefined {
  const [, date, time = '00:00', , sign, hours, minutes] = isoInstant.exec(text.trim()) ?? [];
  if (date === undefined) return undefined;
  const zone = sign === undefined ? 'Z' : `${sign === '-' ? '-' : '+'}${hours ?? ''}:${minutes ?? ''}`;
  const at = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(at) ? undefined : at;
}
