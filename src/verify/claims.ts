import type { Claims } from '../linkback/claims.ts';
import type { Excerpt, PageFacts } from '../linkback/linkback.ts';
import type { Reading } from '../web/document.ts';
import { rereadClaims } from '../web/claims.ts';

/** What is shown of a source: the page's own words, and a sender's claims only where the page says nothing. */
export type Shown = { readonly facts: PageFacts; readonly excerpt: Excerpt };

export function fillFromClaims(shown: Shown, claims: Claims | null, reading: Reading): Shown {
  if (claims === null) return shown;
  const { facts, excerpt } = shown;
  const { title, excerpt: quoted, blogName } = rereadClaims(claims, reading.encoding);
  const name = facts.author.name ?? (blogName === '' ? null : blogName);
  const isSilent = `${excerpt.before}${excerpt.link}${excerpt.after}`.trim() === '';
  return {
    facts: {
      ...facts,
      title: reading.isTitled || title === '' ? facts.title : title,
      author: { ...facts.author, name },
    },
    excerpt: isSilent && quoted !== '' ? { ...nothing, before: quoted } : excerpt,
  };
}

const nothing: Excerpt = { before: '', link: '', after: '', cutBefore: false, cutAfter: false };
