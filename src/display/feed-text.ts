import { Feed, type Item } from 'feed';
import type { Linkback, LinkbackType } from '../linkback/linkback.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import { safeInScript } from '../linkback/safe-json.ts';
import { quotation, title } from './comment-list.ts';
import { escapeHtml, html } from './html.ts';

export type FeedFormat = 'atom' | 'rss' | 'json';

/** A feed's own words and addresses. */
export type FeedFrame = {
  readonly title: string;
  /** The page that the feed is of. */
  readonly link: string;
  readonly self: string;
  /** What it holds, where that is not what is public. */
  readonly description?: string;
};

export type FeedWriting = {
  readonly markOf: (site: string) => string;
  readonly sayable: (text: string) => string;
  /** Where an entry leads, when not to the page that links. */
  readonly linkOf?: (linkback: Linkback) => string;
};

type Spelling = { readonly text: (text: string) => string; readonly title: (text: string) => string };

/** The library undoes one escape of an ampersand in text, wherever it comes from. */
const escapeAmpersands = (text: string): string => text.replaceAll('&', '&amp;');

/**
 * How each format wants plain text: the titles of Atom are HTML, those of the others plain.
 *
 * The library lets through a second end of a CDATA section.
 */
const spellings: Readonly<Record<FeedFormat, Spelling>> = {
  atom: { text: escapeAmpersands, title: escapeHtml },
  rss: { text: escapeAmpersands, title: (text) => text.replaceAll(']]>', ']] >') },
  json: { text: (text) => text, title: (text) => text },
};

/** What a linkback that is not a comment is called before its author's name. */
const deeds: Readonly<Record<LinkbackType, string>> = {
  mention: '',
  reply: '',
  like: 'Like: ',
  repost: 'Repost: ',
  bookmark: 'Bookmark: ',
  rsvp: 'Answer: ',
};

/**
 * Writes a feed of linkbacks, the newest first, in one of three formats.
 *
 * It is the same text for the same linkbacks, whenever it is written. What XML cannot say is left out by `sayable`.
 *
 * Spec: RFC 4287; RSS 2.0; JSON Feed 1.
 */
export function feedText(
  format: FeedFormat,
  frame: FeedFrame,
  linkbacks: readonly Linkback[],
  writing: FeedWriting,
): string {
  const { sayable } = writing;
  const { text } = spellings[format];
  const feed = new Feed({
    id: text(frame.self),
    title: text(sayable(frame.title)),
    description: text(frame.description ?? 'Pages that link there, verified and approved.'),
    link: frame.link,
    updated: new Date(Math.max(0, ...linkbacks.map((each) => each.updatedAt))),
    feedLinks: { [format]: frame.self },
    generator: 'linkbackd',
  });
  for (const each of linkbacks) feed.addItem(itemOf(format, each, writing));
  if (format === 'json') return safeInScript(feed.json1());
  return format === 'atom' ? feed.atom1() : feed.rss2();
}

function itemOf(
  format: FeedFormat,
  linkback: Linkback,
  { markOf, sayable, linkOf = ({ source }) => source }: FeedWriting,
): Item {
  const { id, site, type, sourceHost, facts, receivedAt, verifiedAt, updatedAt } = linkback;
  const spelling = spellings[format];
  const name = sayable(facts?.author.name ?? sourceHost);
  const heading = sayable(
    deeds[type] === '' ? title(linkback) : `${deeds[type]}${facts?.author.name ?? title(linkback)}`,
  );
  const address = parsePageUrl(facts?.author.url ?? '')?.href;
  return {
    id: `urn:uuid:${id}`,
    title: spelling.title(heading),
    link: linkOf(linkback),
    date: new Date(updatedAt),
    published: new Date(verifiedAt ?? receivedAt),
    content: sayable(contentOf(linkback, markOf(site))),
    ...(format === 'rss'
      ? // RSS wants an e-mail address of its authors; a name alone is told as Dublin Core does.
        { extensions: [{ name: 'dc:creator', objects: { _text: spelling.text(name) } }] }
      : { author: [{ name: spelling.text(name), ...(address === undefined ? {} : { link: address }) }] }),
  };
}

/** The quotation, and the page of ours that it is about. */
function contentOf(linkback: Linkback, mark: string): string {
  const { target } = linkback;
  return html`${quotation(linkback, mark)}<p>On <a href="${target}">${target}</a></p>`.html;
}
