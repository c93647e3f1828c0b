import type { Claims } from '../linkback/claims.ts';
import { decodeField, textOfHtml } from './form.ts';
import { cutGraphemes } from './plain-text.ts';

/** Longest claims that are kept, in graphemes; the excerpt's is what receivers have always cropped it to. */
export const maxClaimedTitle = 200;
export const maxClaimedExcerpt = 252;

/** The three texts of a TrackBack, each as what they are now: bytes, base64, or text. */
type Texts<Text> = { readonly title: Text; readonly excerpt: Text; readonly blogName: Text };

/**
 * Makes claims of what a sender wrote: the first label that is known, else UTF-8, else a guess, which keeps the bytes.
 *
 * Most software sends its texts as HTML; they become plain text.
 *
 * Limits: {@link maxClaimedTitle} and {@link maxClaimedExcerpt} graphemes.
 */
export function readClaims(texts: Texts<Uint8Array>, labels: readonly (string | undefined)[]): Claims {
  const isGuess = Object.values(texts).some((each) => decodeField(each, labels).isGuess);
  const bytes = isGuess ? mapTexts(texts, (each) => Buffer.from(each).toString('base64')) : null;
  return { ...decoded(texts, labels), bytes };
}

/** Reads claims whose charset was a guess once more, in the one that their page is in. */
export function rereadClaims(claims: Claims, encoding: string): Claims {
  if (claims.bytes === null) return claims;
  const texts = mapTexts(claims.bytes, (each) => new Uint8Array(Buffer.from(each, 'base64')));
  return { ...decoded(texts, [encoding]), bytes: claims.bytes };
}

function decoded(texts: Texts<Uint8Array>, labels: readonly (string | undefined)[]): Texts<string> {
  const { title, excerpt, blogName } = mapTexts(texts, (bytes) =>
    textOfHtml(decodeField(bytes, labels).text),
  );
  return {
    title: cutGraphemes(title, maxClaimedTitle),
    excerpt: cutGraphemes(excerpt, maxClaimedExcerpt),
    blogName: cutGraphemes(blogName, maxClaimedTitle),
  };
}

function mapTexts<From, To>(
  { title, excerpt, blogName }: Texts<From>,
  change: (from: From) => To,
): Texts<To> {
  return { title: change(title), excerpt: change(excerpt), blogName: change(blogName) };
}
