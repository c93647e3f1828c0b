import { load, type CheerioAPI } from 'cheerio/slim';
import { parsePageUrl } from '../linkback/page-url.ts';
import type { PageFacts } from '../linkback/linkback.ts';
import { cutGraphemes, plainText } from './plain-text.ts';
import type { Scan } from './scan.ts';

/** Longest title and author's name, in graphemes. */
export const maxTitleLength = 200;
export const maxAuthorLength = 100;

/**
 * Gathers what a page says about itself: its own title and links first, then what its head declares.
 *
 * A tree is built of the head only, which the scan has walked within its limits.
 */
export function gatherFacts(scan: Scan, url: URL, head: Head = readHead(scan.head)): PageFacts {
  const title = scan.title || head.openGraphTitle || scan.heading || url.hostname;
  return {
    title: cutGraphemes(plainText(title).trim(), maxTitleLength),
    author: {
      name: nameOrNull(head.author || scan.relAuthor?.name || head.linkedAuthor.name),
      url: webAddress(scan.relAuthor?.href || head.linkedAuthor.url, url),
      photo: webAddress(head.linkedAuthor.photo, url),
    },
    publishedAt: instant(scan.published || head.published),
    language: languageTag(scan.language || head.language),
  };
}

/** What a page's head declares; empty where it is silent. */
export type Head = {
  readonly canonical: string;
  readonly openGraphTitle: string;
  readonly author: string;
  readonly linkedAuthor: LinkedAuthor;
  readonly published: string;
  readonly language: string;
};

/** Reads a head by a tree of it. */
export function readHead(html: string): Head {
  const $ = load(html);
  const linked = readLinkedData($);
  return {
    canonical: $('link[rel~="canonical" i]').first().attr('href') ?? '',
    openGraphTitle: meta($, 'property', 'og:title'),
    author: meta($, 'name', 'author'),
    linkedAuthor: linked.author,
    published:
      meta($, 'property', 'article:published_time') || linked.published || meta($, 'name', 'dc.date'),
    language: meta($, 'http-equiv', 'content-language'),
  };
}

function meta($: CheerioAPI, attribute: string, name: string): string {
  return (
    $('meta')
      .filter((_, element) => $(element).attr(attribute)?.toLowerCase() === name)
      .toArray()
      .map((element) => $(element).attr('content') ?? '')
      .find((content) => content.trim() !== '')
      ?.trim() ?? ''
  );
}

type LinkedAuthor = { readonly name: string; readonly url: string; readonly photo: string };
type LinkedData = { readonly author: LinkedAuthor; readonly published: string };

const nobody: LinkedAuthor = { name: '', url: '', photo: '' };

/** JSON-LD as blogs write it: an article, alone or in a graph, with an author that may be a reference into it. */
function readLinkedData($: CheerioAPI): LinkedData {
  const nodes = $('script[type="application/ld+json"]')
    .toArray()
    .flatMap((script) => graphOf(parseJson($(script).text())));
  const article = nodes.find((node) => 'author' in node || 'datePublished' in node) ?? {};
  return { author: readAuthor(article['author'], nodes), published: textOf(article['datePublished']) };
}

type Node = Readonly<Record<string, unknown>>;

function graphOf(data: unknown): Node[] {
  if (Array.isArray(data)) return data.filter(isNode);
  if (!isNode(data)) return [];
  const graph = data['@graph'];
  return Array.isArray(graph) ? graph.filter(isNode) : [data];
}

function readAuthor(author: unknown, nodes: readonly Node[]): LinkedAuthor {
  const first: unknown = Array.isArray(author) ? author[0] : author;
  if (typeof first === 'string') return { ...nobody, name: first };
  if (!isNode(first)) return nobody;
  const whole = nodes.find((node) => node['@id'] !== undefined && node['@id'] === first['@id']) ?? first;
  const image = whole['image'];
  return {
    name: textOf(whole['name']) || textOf(first['name']),
    url: textOf(whole['url']),
    photo: textOf(isNode(image) ? image['url'] : image),
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOrNull(name: string): string | null {
  return cutGraphemes(plainText(name).trim(), maxAuthorLength) || null;
}

/** An address fit to be a link on the owner's page: http or https, or none. */
export function webAddress(text: string, base: URL): string | null {
  const url = text === '' ? null : URL.parse(text, base.href);
  return url === null ? null : (parsePageUrl(url.href)?.href ?? null);
}

const earliest = Date.UTC(1990, 0);
const latest = Date.UTC(2100, 0);

/** An instant that a page names, when it can be; `Date.parse` alone takes "12" for a December. */
export function instant(text: string): number | null {
  const at = /\d{4}/u.test(text) ? Date.parse(text) : NaN;
  return at > earliest && at < latest ? at : null;
}

/** A BCP 47 tag in its usual spelling, or nothing. */
function languageTag(text: string): string | null {
  try {
    return Intl.getCanonicalLocales(text.split(/[,;\s]/u)[0]?.replace(/_/gu, '-'))[0] ?? null;
  } catch {
    return null;
  }
}
