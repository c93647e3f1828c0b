import type { Linkback } from '../linkback/linkback.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import type { Page } from '../linkback/ports.ts';
import { findSite } from '../linkback/site.ts';
import { commentList } from './comment-list.ts';
import { feedTypes } from './feed-types.ts';
import { html, joined, type Html } from './html.ts';
import { page, stylePath } from './page.ts';
import { addressOf, markOf, type Asked, type ReadOptions } from './public-query.ts';

/** Renders a list, and where it goes on when it does: the piece that stands in other people's pages. */
export function listFragment(asked: Asked, list: Page<Linkback>, options: ReadOptions): Html {
  const shown = commentList(list.items, {
    markOf: (slug) => markOf(options, slug),
    showsTargets: asked.target === undefined,
  });
  return html`${shown}${more(asked, list.next, options)}`;
}

function more(asked: Asked, next: string | null, options: ReadOptions): Html | null {
  if (next === null) return null;
  const address = addressOf('/linkbacks', { ...asked, after: next }, options);
  return html`<p class="linkbacks-more" lang="en"><a rel="next" href="${address}">More linkbacks</a></p>\n`;
}

/** Renders the page of a list, for people without the widget and for a look at what there is. */
export function listPage(asked: Asked, list: Page<Linkback>, options: ReadOptions): string {
  const isEmpty = list.items.length === 0;
  const title = isEmpty ? 'No linkbacks yet' : 'Linkbacks';
  const body = html`<main>
<h1>${title}</h1>
${isEmpty ? emptyList(asked, options) : wholeList(asked, list, options)}
</main>`;
  const { target, site } = asked;
  const feeds = feedTypes.map(({ path, type, name }) => ({
    href: addressOf(path, { target, site }, options),
    type,
    title: `Linkbacks as ${name}`,
  }));
  return page(title, body, { stylesheet: `${options.baseUrl()}${stylePath}`, feeds });
}

function wholeList(asked: Asked, list: Page<Linkback>, options: ReadOptions): Html {
  const { target, site } = asked;
  const [{ path }] = feedTypes;
  const feed = html`<a href="${addressOf(path, { target, site }, options)}">Follow in a feed reader</a>`;
  return html`<p class="about">Pages that link to ${whatOf(asked, options)}</p>
${listFragment(asked, list, options)}<p class="also">${joined([feed, ...invitation(asked, options)], ' · ')}</p>`;
}

function emptyList(asked: Asked, options: ReadOptions): Html {
  const what = whatOf(asked, options);
  if (asked.after !== undefined)
    return html`<p class="about">That was the last page that links to ${what}</p>`;
  const about = html`<p class="about">A page that links to ${what} is shown here once its link is verified and approved.</p>`;
  return html`${about}${invitation(asked, options).map((link) => html`\n<p>${link}</p>`)}`;
}

/** Where those who link to a page of ours tell of it. */
function invitation(asked: Asked, options: ReadOptions): readonly Html[] {
  if (ourAddress(asked, options) === undefined) return [];
  const form = addressOf('/webmention', { target: asked.target }, options);
  return [html`<a href="${form}">Have you written about it? Tell its owner</a>`];
}

/** What the list is of, as a link when it is ours. */
function whatOf(asked: Asked, options: ReadOptions): Html {
  const address = ourAddress(asked, options);
  const name = asked.target ?? address ?? asked.site ?? '';
  return address === undefined ? html`${name}` : html`<a href="${address}">${name}</a>`;
}

/** The address of a page or site of ours; anybody may ask for any address, and we link to none but ours. */
function ourAddress({ target, site }: Asked, { sites }: ReadOptions): string | undefined {
  if (target === undefined) return sites().find(({ slug }) => slug === site)?.addresses[0].href;
  const url = parsePageUrl(target);
  return url === undefined || findSite(sites(), url) === undefined ? undefined : url.href;
}
