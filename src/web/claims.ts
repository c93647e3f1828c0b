import type { Claims } from '../linkback/claims.ts';
import { decodeField, textOfHtml } from './form.ts';
import { cutGraphemes } from './plain-text.ts';

/** Longest claims that are kept, in graphemes; the excerpt's is what receivers have always cropped it to. */
export const maxClaimedTitle = 200;
export const maxClaimedExcerpt = 252;
/** A blog's name stands where an author's does, and is as long. */
export const maxClaimedName = 100;

/** The three texts of a TrackBack, each as what they are now: bytes, base64, or text. */
type Texts<Text> = { readonly title: Text; readonly excerpt: Text; readonly blogName: Text };

/**
 * Makes claims of what a sender wrote: the first label that is known, else UTF-8, else a guess, which keeps the bytes.
 *
 * Most software sends its texts as HTML; they become plain text. The three are in one charset: when one of them is no
 * UTF-8, none is.
 *
 * Limits: {@link maxClaimedTitle}, {@link maxClaimedExcerpt} and {@link maxClaimedName} graphemes.
 */
export function readClaims(texts: Texts<Uint8Array>, labels: readonly (string | undefined)[]): Claims {
  const isGuess = Object.values(texts).some((each) => decodeField(each, labels).isGuess);
  const bytes = isGuess ? mapTexts(texts, (each) => Buffer.from(each).toString('base64')) : null;
  return { ...decoded(texts, isGuess ? [guess] : labels), bytes };
}

const guess = 'windows-1252';

/**
 * Reads claims whose charset was a guess once more, in the one that their page is in.
 *
 * Where that makes no sense of them, as UTF-8 does not of a few curly quotes, the guess stays.
 */
export function rereadClaims(claims: Claims, encoding: string): Claims {
  if (claims.bytes === null) return claims;
  const texts = mapTexts(claims.bytes, (each) => new Uint8Array(Buffer.from(each, 'base64')));
  const reread = decoded(texts, [encoding]);
  return makesSense(Object.values(reread).join('')) ? { ...reread, bytes: claims.bytes } : claims;
}

/** Text in which damage outweighs what there is to read beyond ASCII was never in this charset. */
function makesSense(text: string): boolean {
  const beyondAscii = text.match(/\P{ASCII}/gu) ?? [];
  const damaged = beyondAscii.filter((character) => character === '\ufffd');
  return damaged.length * 2 <= beyondAscii.length;
}

function decoded(texts: Texts<Uint8Array>, labels: readonly (string | undefined)[]): Texts<string> {
  const { title, excerpt, blogName } = mapTexts(texts, (bytes) =>
    textOfHtml(decodeField(bytes, labels).text),
  );
  return {
    title: cutGraphemes(title, maxClaimedTitle),
    excerpt: cutGraphemes(excerpt, maxClaimedExcerpt),
    blogName: cutGraphemes(blogName, maxClaimedName),
  };
}

function mapTexts<From, To>(
  { title, excerpt, blogName }: Texts<From>,
  change: (from: From) => To,
): Texts<To> {
  return { title: change(title), excerpt: change(excerpt), blogName: change(blogName) };
}
