import { rsvps, type Linkback, type LinkbackType, type Rsvp } from '../linkback/linkback.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import { html, joined, type Html } from './html.ts';
import { iso } from './public-linkback.ts';

/** Every link to a stranger's page: not to be followed by search engines, and told nothing of ours. */
const rel = 'nofollow ugc noopener';

/** What is read as a comment; everything else is a name in a row. */
const comments: ReadonlySet<LinkbackType> = new Set(['mention', 'reply']);

export type ListOptions = {
  /** What stands where a site's quotations were cut. */
  readonly markOf: (site: string) => string;
  /** Whether each comment names the page of ours that it is about, for a list of several. */
  readonly showsTargets?: boolean;
};

/**
 * Renders linkbacks as the ordered list that themes know from WordPress's comments.
 *
 * Replies and mentions are comments. Likes, reposts, bookmarks and answers to an invitation are names in compact rows
 * above them. It stands by itself: no style and no script is needed to read it. Inside of a post's `h-entry` each
 * linkback is a property of it, else an item of its own.
 *
 * Spec: microformats2 h-cite, h-card, h-entry.
 */
export function commentList(linkbacks: readonly Linkback[], options: ListOptions): Html {
  const said = linkbacks.filter((each) => comments.has(each.type));
  const items = said.map((each, at) => comment(each, at, options));
  return html`<ol class="comment-list linkbacks">${rows(linkbacks)}${items}</ol>\n`;
}

function comment(linkback: Linkback, at: number, { markOf, showsTargets = false }: ListOptions): Html {
  const stripe = at % 2 === 0 ? 'even thread-even' : 'odd thread-odd';
  return html`
<li id="linkback-${linkback.id}" class="${linkback.protocol} ${linkback.type} ${stripe} depth-1 ${properties[linkback.type]} h-cite">
<article class="comment-body">
<footer class="comment-meta" dir="auto">
<div class="p-name"><div class="comment-author vcard"><cite class="fn"><a class="url" href="${linkback.source}" rel="${rel}"${language(linkback)}>${title(linkback)}</a></cite></div></div>
<div class="comment-metadata">${byline(linkback)}${date(linkback)}${showsTargets ? about(linkback) : null}</div>
</footer>
<div class="comment-content">${quotation(linkback, markOf(linkback.site))}</div>
</article>
</li>`;
}

/** What a linkback is headed by. */
export function title({ facts, sourceHost }: Linkback): string {
  return facts?.title || sourceHost;
}

/** Who says it, and where; the place is not named twice. */
function byline(linkback: Linkback): Html {
  const { facts, sourceHost } = linkback;
  const name = facts?.author.name ?? null;
  const author = name === null ? [] : [html`${authorCard(name, facts?.author.url ?? null)} · `];
  const place =
    title(linkback) === sourceHost ? [] : [html`<span class="linkback-host">${sourceHost}</span> · `];
  return html`${author}${place}`;
}

function authorCard(name: string, address: string | null): Html {
  const url = parsePageUrl(address ?? '');
  return url === undefined
    ? html`<span class="p-author h-card" dir="auto">${name}</span>`
    : html`<a class="p-author h-card" href="${url.href}" rel="${rel}" dir="auto">${name}</a>`;
}

/** A paragraph of the same characters as the display line, with the link's own words marked. */
export function quotation(linkback: Linkback, mark: string): Html {
  const { excerpt, source } = linkback;
  if (excerpt === null) return html``;
  const { before, link, after, cutBefore, cutAfter } = excerpt;
  const linked = link === '' ? html`` : html`<a href="${source}" rel="${rel}">${link}</a>`;
  return html`<p dir="auto"${language(linkback)} class="e-content">${cutBefore ? `${mark} ` : ''}${before}${linked}${after}${cutAfter ? ` ${mark}` : ''}</p>`;
}

function language({ facts }: Linkback): Html {
  const tag = facts?.language ?? null;
  return tag === null ? html`` : html` lang="${tag}"`;
}

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

/** When the page says that it was published, else when we saw that it links here. */
function date({ source, facts, verifiedAt, receivedAt }: Linkback): Html {
  const published = facts?.publishedAt ?? null;
  const at = published ?? verifiedAt ?? receivedAt;
  const property = published === null ? 'dt-accessed' : 'dt-published';
  return html`<a class="u-url" href="${source}" rel="${rel}"><data class="${property}" value="${iso(at)}"><time datetime="${iso(at)}">${dates.format(at)}</time></data></a>`;
}

/** What an entry calls the linkbacks of each type. */
const properties: Readonly<Record<LinkbackType, string>> = {
  mention: 'u-comment',
  reply: 'u-comment',
  like: 'u-like',
  repost: 'u-repost',
  bookmark: 'u-bookmark',
  rsvp: 'u-comment',
};

const answers: Readonly<Record<Rsvp, string>> = {
  yes: 'Going',
  maybe: 'Maybe',
  interested: 'Interested',
  no: 'Not going',
};

/** The page of ours that is meant, in a list of several. */
function about({ target }: Linkback): Html {
  const { pathname, search, hash } = new URL(target);
  return html` · <a class="linkback-target" href="${target}">${pathname}${search}${hash}</a>`;
}

type Row = { readonly type: LinkbackType; readonly rsvp?: Rsvp; readonly label: string };

/** The rows in their order; who answers an invitation without a known answer is in the last one. */
const rowsInOrder: readonly Row[] = [
  { type: 'like', label: 'Likes' },
  { type: 'repost', label: 'Reposts' },
  { type: 'bookmark', label: 'Bookmarks' },
  ...rsvps.toReversed().map((rsvp) => ({ type: 'rsvp' as const, rsvp, label: answers[rsvp] })),
  { type: 'rsvp', label: 'Answers' },
];

function rows(linkbacks: readonly Linkback[]): readonly Html[] {
  return rowsInOrder.flatMap(({ type, rsvp, label }) => {
    const those = linkbacks.filter((each) => each.type === type && each.facts?.rsvp === rsvp);
    if (those.length === 0) return [];
    const kind = rsvp === undefined ? type : `${type} ${type}-${rsvp}`;
    return html`
<li class="linkback-row ${kind} depth-1"><span class="linkback-row-label" lang="en">${label}:</span>
${joined(those.map(reaction), ',\n')}</li>`;
  });
}

/** Somebody's like as their name, linked to where they say it. */
function reaction(linkback: Linkback): Html {
  const { id, protocol, type, source, facts } = linkback;
  const { name = null, url = null } = facts?.author ?? {};
  const home = parsePageUrl(url ?? '');
  const card = html`<span class="p-author h-card" dir="auto">${name ?? title(linkback)}${home === undefined ? null : html`<data class="u-url" value="${home.href}"></data>`}</span>`;
  const answer = facts?.rsvp === undefined ? null : html`<data class="p-rsvp" value="${facts.rsvp}"></data>`;
  const published = facts?.publishedAt ?? null;
  const at = published === null ? null : html`<data class="dt-published" value="${iso(published)}"></data>`;
  return html`<span id="linkback-${id}" class="${protocol} ${type} ${properties[type]} h-cite"${language(linkback)}><a class="u-url" href="${source}" rel="${rel}">${card}</a>${answer}${at}</span>`;
}
