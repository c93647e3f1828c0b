import type { ComponentChildren, JSX } from 'preact';
import { bareAddress } from '../words/states.ts';

export type OutsideProps = {
  readonly href: string;
  readonly class?: string;
  /** What is shown; without it, the address itself. */
  readonly children?: ComponentChildren;
};

/** A link to a stranger's page: it opens elsewhere, learns nothing of us, and is a link only when it is http or https. */
export function Outside({ href, class: name, children }: OutsideProps): JSX.Element {
  const shown = children ?? bareAddress(href);
  if (!/^https?:\/\//iu.test(href)) return <span class={name}>{shown}</span>;
  return (
    <a href={href} class={name} target="_blank" rel="nofollow ugc noopener noreferrer" dir="auto">
      {shown}
    </a>
  );
}
