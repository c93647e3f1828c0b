/** Characters that are not for showing: controls, noncharacters, bidirectional overrides, invisible breaks. */
const unwanted =
  // eslint-disable-next-line no-control-regex -- naming them is the point
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\p{NChar}]/gu;

/**
 * More marks than these on one letter only serve to cover the neighbours: three of those that any script may use,
 * eight of a script's own (Burmese writes up to six).
 */
const stackedMarks =
  /((?:(?=[\p{sc=Inherited}\u0483-\u0489])\p{M}){3})(?:(?=[\p{sc=Inherited}\u0483-\u0489])\p{M})+/gu;
const stackedLetters = /(\p{M}{8})\p{M}+/gu;

/**
 * Makes strangers' text fit to store and show: one line, no controls, no overrides, no lone surrogates.
 *
 * Joiners (U+200C, U+200D) stay, for words and emoji need them.
 */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replace(unwanted, '')
    .replace(stackedMarks, '$1')
    .replace(stackedLetters, '$1')
    .replace(/\s+/gu, ' ');
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** How far is looked for each grapheme, in UTF-16 units; the longest family of emoji has 11. */
const mostUnits = 32;

/** Cuts text to a number of graphemes, and marks the cut. */
export function cutGraphemes(text: string, max: number): string {
  // Few characters cannot be many graphemes, and segmenting a long text costs.
  if (text.length <= max) return text;
  const start = text.slice(0, max * mostUnits);
  let kept = '';
  let count = 0;
  for (const { segment } of graphemes.segment(start)) {
    // Where the look ends, a character may end too soon.
    const isTorn = kept.length + segment.length === start.length && start.length < text.length;
    if (count === max || isTorn) return `${kept.trimEnd()}…`;
    kept += segment;
    count += 1;
  }
  return kept;
}
