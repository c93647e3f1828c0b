import type { Dialect, Evidence } from '../linkback/linkback.ts';
import { isExactly } from '../linkback/page-url.ts';
import type { FoundLink } from '../web/page-links.ts';

/** What an announcing dialect asks for: its name and the target in its sender's spelling. */
export type Asked = { readonly dialect: Dialect; readonly target: string };

export type ChosenLink = {
  readonly link: FoundLink;
  readonly rule: Evidence['rule'];
  /** The dialects whose own rule some link on the page satisfies. */
  readonly held: readonly Dialect[];
};

/** Elements that lead a reader to a page; Webmention also counts what embeds it. */
const hyperlinks: ReadonlySet<string> = new Set(['a', 'area']);

/**
 * Chooses the link to quote among a page's links to the target, or finds that no dialect's rule holds.
 *
 * Pingback and TrackBack are lenient about the spelling and want a hyperlink; Webmention wants the very URL, in any
 * element that names one, unless the site is lenient about it, too. `rel` never decides.
 *
 * Spec: Pingback 1.0 section 3; Webmention 3.2.2.
 */
export function chooseLink(
  links: readonly FoundLink[],
  asked: readonly Asked[],
  isLenient = false,
): ChosenLink | undefined {
  const held = asked
    .filter((each) => links.some((link) => satisfies(link, each, isLenient)))
    .map((each) => each.dialect);
  const believed = links.filter((link) => asked.some((each) => satisfies(link, each, isLenient)));
  const link =
    believed.find((each) => each.inContent && !each.isHidden) ??
    believed.find((each) => each.inContent) ??
    believed[0];
  if (link === undefined) return undefined;
  const isExact = asked.some((each) => isExactly(new URL(link.href), new URL(each.target)));
  return { link, rule: isExact ? 'exact' : 'lenient', held };
}

function satisfies(link: FoundLink, { dialect, target }: Asked, isLenient: boolean): boolean {
  switch (dialect) {
    case 'pingback':
    case 'trackback':
      // The scan has found these by the lenient rule; all that is left is that a reader can follow them.
      return hyperlinks.has(link.element);
    case 'webmention':
      return isLenient || isExactly(new URL(link.href), new URL(target));
    default:
      return dialect satisfies never;
  }
}
