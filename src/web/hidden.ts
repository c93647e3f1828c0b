/** More of a style than this is not looked at, in characters. */
const maxStyleLength = 1000;

/** What a style says that keeps an element from being seen: not shown, of no size, or far outside of the window. */
const unseen =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:opacity|font-size|max-height)\s*:\s*0(?![.\d]*[1-9])|(?:left|right|top|text-indent)\s*:\s*-\d{3,})/iu;

/**
 * Whether an element says of itself that nobody is to see it.
 *
 * Style sheets are not read: whoever hides links by them is found out by other signals.
 */
export function hides(attributes: Readonly<Record<string, string>>): boolean {
  const { hidden, style } = attributes;
  return hidden !== undefined || (style !== undefined && unseen.test(style.slice(0, maxStyleLength)));
}
