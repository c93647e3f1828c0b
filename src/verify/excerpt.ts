import type { Excerpt } from '../linkback/linkback.ts';
import type { Quoting } from '../linkback/site.ts';

/** Longest link text in an excerpt, in code points. */
export const maxLinkText = 100;

/** A link's text and the rest of its paragraph, as one line of plain text. */
export type Paragraph = { readonly before: string; readonly link: string; readonly after: string };

/**
 * Cuts the quotation around a link: up to `window` code points on each side, between white spaces.
 *
 * In style `wordpress` an edge stands inside the paragraph, so its first and last word always go; in style `complete`
 * the paragraph's own edges count as places to stop. Where no white space serves, the cut is at a word of the
 * script, else at a grapheme: never the whole side, never half a character.
 */
export function cutExcerpt(paragraph: Paragraph, { style, window }: Omit<Quoting, 'mark'>): Excerpt {
  const { before, link, after } = tidy(paragraph);
  const keepsEnds = style === 'complete';
  // The right side is the left side in a mirror.
  let left = keptLength(before, window, keepsEnds, leftMirror);
  let right = keptLength(after, window, keepsEnds, rightMirror);
  if (left === 0 && right === 0 && !(hasSpace(before) && hasSpace(after))) {
    // There was no white space to cut at, but there is text to show.
    left = lengthAtWord(before, window, leftMirror);
    right = lengthAtWord(after, window, rightMirror);
  }
  return {
    before: before.slice(before.length - left),
    link: cutLinkText(link),
    after: after.slice(0, right),
    cutBefore: !keepsEnds || left < before.length,
    cutAfter: !keepsEnds || right < after.length,
  };
}

/** White space at the link's own ends belongs to the text around it. */
function tidy({ before, link, after }: Paragraph): Paragraph {
  const text = link.trim();
  const left = /^\s/u.test(link) && !/\s$/u.test(before) ? `${before} ` : before;
  const right = /\s$/u.test(link) && !/^\s/u.test(after) ? ` ${after}` : after;
  return { before: left.trimStart(), link: text, after: right.trimEnd() };
}

/** One side of a link, seen from the link: how much of it is kept is a length, whichever side it is. */
type Mirror = {
  /** The lengths, in UTF-16 units and ascending, at which a cut would fall between the two parts of a segment list. */
  readonly cuts: (text: string, segmenter: Intl.Segmenter) => number[];
  /** The piece of the given length next to the link. */
  readonly near: (text: string, length: number) => string;
  /** The character on the far side of a cut at this length; '' when it is one with what follows. */
  readonly beyond: (text: string, length: number) => string;
};

const leftMirror: Mirror = {
  cuts: (text, segmenter) => [...segmenter.segment(text)].map((each) => text.length - each.index).reverse(),
  near: (text, length) => text.slice(text.length - length),
  beyond: (text, length) => {
    const at = text.length - length;
    return joiner.test(text.slice(at, at + 2)) ? '' : text.charAt(at - 1);
  },
};

const rightMirror: Mirror = {
  cuts: (text, segmenter) => [...segmenter.segment(text)].map((each) => each.index + each.segment.length),
  near: (text, length) => text.slice(0, length),
  beyond: (text, length) => text.charAt(length),
};

/** What makes one character with the one before it, be that a white space. */
const joiner = /^[\p{M}\p{Gr_Ext}\p{Emoji_Modifier}\u200d]/u;

function keptLength(text: string, window: number, keepsEnds: boolean, mirror: Mirror): number {
  if (keepsEnds && codePoints(text) <= window) return text.length;
  const spaced = lengthAtSpace(text, window, mirror);
  if (spaced !== undefined && mirror.near(text, spaced).trim() !== '') return spaced;
  // Nothing is left of this side. That the paragraph's first or last word goes is as it should be, and so is a word
  // too long for the window; a line of a script that writes no spaces is neither.
  const near = mirror.near(text, reach(text, window, mirror));
  const isOneLine = spaced === undefined && near.length < text.length;
  return isOneLine || hasSeveralWords(nearestToken(near, mirror)) ? lengthAtWord(text, window, mirror) : 0;
}

function hasSpace(text: string): boolean {
  return /\s/u.test(text);
}

/** The longest piece within the window whose far edge touches a white space; undefined when there is none. */
function lengthAtSpace(text: string, window: number, mirror: Mirror): number | undefined {
  for (let length = reach(text, window, mirror); length >= 0; length -= 1) {
    if (/\s/u.test(mirror.beyond(text, length))) return length;
  }
  return undefined;
}

/** The longest piece within the window, but never the whole side, that ends at a word, else at a grapheme. */
function lengthAtWord(text: string, window: number, mirror: Mirror): number {
  const most = reach(text, window, mirror);
  const fits = (length: number): boolean => length <= most && length < text.length && length > 0;
  for (const segmenter of [words, graphemes]) {
    const lengths = mirror.cuts(text, segmenter).filter(fits);
    const best = lengths.findLast((length) => mirror.near(text, length).trim() !== '');
    if (best !== undefined) return best;
  }
  return 0;
}

const words = new Intl.Segmenter('und', { granularity: 'word' });
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** How many UTF-16 units next to the link make up a window of code points. */
function reach(text: string, window: number, mirror: Mirror): number {
  const all = Array.from(mirror.near(text, Math.min(text.length, window * 2)));
  const near = mirror === leftMirror ? all.slice(-window) : all.slice(0, window);
  return near.join('').length;
}

/** The token of a side that touches the link, white space between them aside. */
function nearestToken(near: string, mirror: Mirror): string {
  const tokens = near.trim().split(/\s+/u);
  return (mirror === leftMirror ? tokens.at(-1) : tokens[0]) ?? '';
}

function hasSeveralWords(token: string): boolean {
  return [...words.segment(token)].filter((each) => each.isWordLike === true).length > 1;
}

function cutLinkText(text: string): string {
  if (codePoints(text) <= maxLinkText) return text;
  const most = Array.from(text).slice(0, maxLinkText).join('').length;
  const cut = rightMirror.cuts(text, graphemes).findLast((length) => length <= most) ?? 0;
  return `${text.slice(0, cut).trimEnd()}…`;
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
