import type { ComponentChildren, JSX } from 'preact';

export type PartProps = { readonly title: string; readonly children: ComponentChildren };

/** One part of what is known, under its name. */
export function Part({ title, children }: PartProps): JSX.Element {
  return (
    <section class="part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
