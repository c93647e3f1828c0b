import type { JSX } from 'preact';
import type { Excerpt } from '../state/shapes.ts';

/** The quoted words with their link marked; it is plain text, whatever it looks like. */
export function Quote({ excerpt }: { readonly excerpt: Excerpt }): JSX.Element {
  const { before, link, after, cutBefore, cutAfter } = excerpt;
  return (
    <>
      {cutBefore ? '… ' : ''}
      {before}
      <mark>{link}</mark>
      {after}
      {cutAfter ? ' …' : ''}
    </>
  );
}

/** A language that browsers understand, for what is read aloud; what pages claim may be anything. */
export function langOf(language: string | null): string | undefined {
  return language !== null && /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/iu.test(language) ? language : undefined;
}
