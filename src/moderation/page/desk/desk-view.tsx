import type { ComponentChildren, JSX } from 'preact';

export type DeskViewProps = {
  readonly title: string;
  /** What this is for, in a sentence or two. */
  readonly about: ComponentChildren;
  readonly action?: ComponentChildren;
  readonly children: ComponentChildren;
};

/** A view of settings: what it is, what it is for, and what one does there most. */
export function DeskView({ title, about, action, children }: DeskViewProps): JSX.Element {
  return (
    <main class="desk">
      <header class="desk-head">
        <div>
          <h1>{title}</h1>
          <p class="soft">{about}</p>
        </div>
        {action}
      </header>
      {children}
    </main>
  );
}

/** What a list of settings says that has nothing in it yet. */
export function Nothing({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <div class="empty">{children}</div>;
}
