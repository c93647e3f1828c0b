import type { Linkback } from '../linkback/linkback.ts';
import { iso } from './public-linkback.ts';
import { html, type Html } from './html.ts';

/** Every link to a stranger's page: not to be followed by search engines, and told nothing of ours. */
const rel = 'nofollow ugc noopener';

/**
 * Renders linkbacks as the ordered list that themes know from WordPress's comments.
 *
 * It stands by itself: no style and no script is needed to read it.
 */
export function commentList(linkbacks: readonly Linkback[], mark: (site: string) => string): Html {
  const items = linkbacks.map((each, at) => comment(each, at, mark(each.site)));
  return html`<ol class="comment-list linkbacks">${items}</ol>\n`;
}

function comment(linkback: Linkback, at: number, mark: string): Html {
  const stripe = at % 2 === 0 ? 'even thread-even' : 'odd thread-odd';
  const title = linkback.facts?.title ?? linkback.sourceHost;
  return html`
<li id="linkback-${linkback.id}" class="${linkback.protocol} ${linkback.type} ${stripe} depth-1">
<article class="comment-body">
<footer class="comment-meta" dir="auto">
<div class="comment-author vcard"><cite class="fn"><a class="url" href="${linkback.source}" rel="${rel}"${language(linkback)}>${title}</a></cite></div>
<div class="comment-metadata">${published(linkback)}</div>
</footer>
<div class="comment-content"><p dir="auto"${language(linkback)}>${quotation(linkback, mark)}</p></div>
</article>
</li>`;
}

/** The same characters as the display line, with the link's own words marked. */
function quotation({ excerpt, source }: Linkback, mark: string): Html {
  if (excerpt === null) return html``;
  const { before, link, after, cutBefore, cutAfter } = excerpt;
  const linked = link === '' ? html`` : html`<a href="${source}" rel="${rel}">${link}</a>`;
  return html`${cutBefore ? `${mark} ` : ''}${before}${linked}${after}${cutAfter ? ` ${mark}` : ''}`;
}

function language({ facts }: Linkback): Html {
  const tag = facts?.language ?? null;
  return tag === null ? html`` : html` lang="${tag}"`;
}

const dates = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });

function published({ facts, verifiedAt, receivedAt }: Linkback): Html {
  const at = facts?.publishedAt ?? verifiedAt ?? receivedAt;
  return html`<time datetime="${iso(at)}">${dates.format(at)}</time>`;
}
