/** Characters that are not for showing: controls, noncharacters, bidirectional overrides, invisible breaks. */
const unwanted =
  // eslint-disable-next-line no-control-regex -- naming them is the point
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]|[\u{fffe}\u{ffff}\u{1fffe}\u{1ffff}\u{10fffe}\u{10ffff}]/gu;

/** More marks than this on one letter only serve to cover the neighbours. */
const stackedMarks = /(\p{M}{3})\p{M}+/gu;

/**
 * Makes strangers' text fit to store and show: one line, no controls, no overrides, no lone surrogates.
 *
 * Joiners (U+200C, U+200D) stay, for words and emoji need them.
 */
export function plainText(text: string): string {
  return text.toWellFormed().replace(unwanted, '').replace(stackedMarks, '$1').replace(/\s+/gu, ' ');
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Cuts text to a number of graphemes, and marks the cut. */
export function cutGraphemes(text: string, max: number): string {
  // Few characters cannot be many graphemes, and segmenting a long text costs.
  if (text.length <= max) return text;
  let kept = '';
  let count = 0;
  for (const { segment } of graphemes.segment(text.slice(0, max * 32))) {
    if (count === max) return `${kept.trimEnd()}…`;
    kept += segment;
    count += 1;
  }
  return kept.length < text.length ? `${kept.trimEnd()}…` : kept;
}
