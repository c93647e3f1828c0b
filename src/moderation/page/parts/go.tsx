import type { ComponentChildren, JSX, TargetedMouseEvent } from 'preact';
import { useStore } from '../state/context.ts';
import { hrefOf, type Place } from '../state/place.ts';

export type GoProps = {
  readonly to: Place;
  readonly class?: string;
  readonly isCurrent?: boolean;
  readonly children: ComponentChildren;
};

/** A link within the page: a real address, which opens without loading anything anew. */
export function Go({ to, class: name, isCurrent = false, children }: GoProps): JSX.Element {
  const { places } = useStore();
  const follow = (event: TargetedMouseEvent<HTMLAnchorElement>): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    places.go(to);
  };
  return (
    <a href={hrefOf(to)} class={name} aria-current={isCurrent ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}

/** Whether a click means to go there, and not to open another tab or to save. */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}
