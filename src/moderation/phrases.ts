import type { Linkback } from '../linkback/linkback.ts';

/**
 * Sayings that programs send to every blog: praise that fits any page, and wares that nobody quotes in passing.
 *
 * Only what an honest page hardly says around a link; a phrase alone never files anything as spam.
 */
const phrases: readonly RegExp[] = [
  /\b(?:nice|great|awesome|excellent|wonderful|amazing) (?:post|article|blog|site|weblog|write-?up)[!.]/u,
  /\bi (?:really )?(?:love|like|enjoy) (?:reading )?your (?:blog|site|posts|articles)\b/u,
  /\bthanks for sharing (?:your thoughts|this (?:great|nice|useful))/u,
  /\bkeep up the (?:good|great) work\b/u,
  /\b(?:very|really) (?:informative|useful) (?:post|article|blog)\b/u,
  /\bi(?:'|’)?ll (?:definitely )?bookmark your (?:blog|site)\b/u,
  /\byou(?:'|’)?ll find (?:\d+ )?more info(?:rmation)? (?:on|here|there|to) (?:that|this) (?:topic|subject)\b/u,
  /\b(?:here|there) you (?:will|can) find \d+ (?:more|additional) info/u,
  /\bmore information on to that topic\b/u,
  /\bread more (?:on|about|here on) (?:that|this) topic\b/u,
  /\b(?:buy|order|cheap|generic|discount) (?:viagra|cialis|levitra|tramadol|xanax|phentermine|replica watches)\b/u,
  /\b(?:online casino|casino online|payday loans?|essay writing service|escort service|slot gacor|judi online)\b/u,
  /\b(?:seo services|buy backlinks|guest post service|increase your (?:traffic|ranking))\b/u,
];

/** The first template's saying in what a linkback quotes, or in its title. */
export function templatePhrase({ excerpt, facts }: Linkback): string | undefined {
  const words = excerpt === null ? '' : excerpt.before + excerpt.link + excerpt.after;
  const text = `${facts?.title ?? ''}\n${words}`.toLowerCase();
  for (const phrase of phrases) {
    const said = phrase.exec(text)?.[0];
    if (said !== undefined) return said;
  }
  return undefined;
}
