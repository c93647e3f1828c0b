import type { LinkbackType } from '../linkback/linkback.ts';
import type { Mention, MentionCount, Withdrawal } from '../linkback/ports.ts';
import { html, type Html } from './html.ts';
import { displayLine, toPublic } from './public-linkback.ts';

/** The microformats property by which a page of each type names its target. */
export const relations: Readonly<Record<LinkbackType, string>> = {
  mention: 'mention-of',
  reply: 'in-reply-to',
  like: 'like-of',
  repost: 'repost-of',
  bookmark: 'bookmark-of',
  rsvp: 'rsvp',
};

type Shaped = Readonly<Record<string, unknown>>;

/**
 * Gives a mention as an entry of webmention.io's JF2 feed, its fields in the same order.
 *
 * What webmention.io quotes is the whole entry; here it is the excerpt around the link.
 *
 * Spec: JF2; the entry of https://webmention.io/api.
 */
export function toEntry({ serial, publicAt, linkback }: Mention, mark: string): Shaped {
  const { source, protocol, fragment } = toPublic(linkback, mark);
  const { facts, type } = linkback;
  const target = pageOf(linkback.target);
  const content = quote(linkback, mark);
  const about = type === 'rsvp' ? 'in-reply-to' : relations[type];
  return {
    type: 'entry',
    author: {
      type: 'card',
      name: source.author.name ?? '',
      photo: source.author.photo ?? '',
      url: source.author.url ?? '',
    },
    url: source.url,
    published: stampOrNull(facts?.publishedAt ?? null),
    published_ts: secondsOrNull(facts?.publishedAt ?? null),
    'wm-received': stamp(publicAt, 'Z'),
    'wm-id': serial,
    'wm-source': source.url,
    'wm-target': target,
    'wm-protocol': protocol,
    ...(fragment === null || fragment === '' ? {} : { 'wm-fragment': fragment }),
    ...(source.title === null || source.title === '' ? {} : { name: source.title }),
    ...(content === undefined ? {} : { content: { html: content.html.html, text: content.text } }),
    ...(facts?.rsvp === undefined ? {} : { rsvp: facts.rsvp }),
    [about]: target,
    'wm-property': relations[type],
    'wm-private': false,
  };
}

/** Gives a mention as webmention.io's older JSON has it. */
export function toLink({ serial, linkback }: Mention, mark: string): Shaped {
  const { source } = toPublic(linkback, mark);
  const { facts, type } = linkback;
  const { name, url, photo } = source.author;
  const hasAuthor = name !== null || url !== null || photo !== null;
  return {
    source: source.url,
    verified: true,
    verified_date: stamp(linkback.updatedAt),
    id: serial,
    private: false,
    data: {
      ...(hasAuthor ? { author: { ...(name === null ? {} : { name }), url, photo } } : {}),
      url: source.url,
      name: source.title,
      content: quote(linkback, mark)?.html.html ?? null,
      published: stampOrNull(facts?.publishedAt ?? null),
      published_ts: secondsOrNull(facts?.publishedAt ?? null),
      ...(facts?.rsvp === undefined ? {} : { rsvp: facts.rsvp }),
    },
    activity: { type: type === 'mention' ? 'link' : type, ...sentences(linkback, mark) },
    target: pageOf(linkback.target),
  };
}

/** Gives what `/api/count` answers: the sum, and the sum of each type; each answer to an invitation is one. */
export function toCounts(counts: readonly MentionCount[]): Shaped {
  const byType = counts.map(
    ({ type, rsvp, count }) => [rsvp === null ? type : `rsvp-${rsvp}`, count] as const,
  );
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    type: Object.fromEntries(byType.toSorted(([one], [other]) => (one < other ? -1 : 1))),
  };
}

export function toDeleted({ serial, source, target, withdrawnAt }: Withdrawal): Shaped {
  return {
    'wm-id': serial,
    'wm-source': source,
    'wm-target': pageOf(target),
    'wm-deleted': stamp(withdrawnAt, 'Z'),
  };
}

/** The page of a target: what part of it was meant stands beside it. */
function pageOf(target: string): string {
  return target.replace(/#.*$/su, '');
}

type Quoted = Mention['linkback'];

/** The quotation twice: as HTML with its link, and as text. Absent where the page has no words around the link. */
function quote({ excerpt, target }: Quoted, mark: string): { html: Html; text: string } | undefined {
  if (excerpt === null) return undefined;
  const { before, link, after, cutBefore, cutAfter } = excerpt;
  if (`${before}${link}${after}`.trim() === '') return undefined;
  const linked = link === '' ? html`` : html`<a href="${target}">${link}</a>`;
  return {
    html: html`${cutBefore ? `${mark} ` : ''}${before}${linked}${after}${cutAfter ? ` ${mark}` : ''}`,
    text: displayLine(excerpt, mark),
  };
}

/** The mention as a sentence, the way widgets of old show it. */
function sentences(linkback: Quoted, mark: string): Shaped {
  const { name = null, url = null } = linkback.facts?.author ?? {};
  const does = deed(linkback, mark);
  const target = pageOf(linkback.target);
  const { html: sentence } =
    html`<a href="${url ?? linkback.source}">${name ?? 'someone'}</a> ${does} <a href="${target}">${target}</a>`;
  return { sentence: `${name ?? linkback.source} ${does} ${target}`, sentence_html: sentence };
}

function deed(linkback: Quoted, mark: string): string {
  const { type, facts } = linkback;
  switch (type) {
    case 'mention':
      return `posted '${facts?.title ?? ''}' linking to`;
    case 'reply':
      return `commented '${quote(linkback, mark)?.text ?? ''}' on a post`;
    case 'like':
      return 'liked a post';
    case 'repost':
      return 'reposted a post';
    case 'bookmark':
      return 'bookmarked a post';
    case 'rsvp':
      return `RSVPed ${facts?.rsvp ?? ''} to`.replace('  ', ' ');
    default:
      return type satisfies never;
  }
}

/** An instant to the second: in UTC, as all our instants are. */
function stamp(at: number, zone: 'Z' | '+00:00' = '+00:00'): string {
  return `${new Date(at).toISOString().slice(0, 19)}${zone}`;
}

function stampOrNull(at: number | null): string | null {
  return at === null ? null : stamp(at);
}

function secondsOrNull(at: number | null): number | null {
  return at === null ? null : Math.floor(at / 1000);
}
