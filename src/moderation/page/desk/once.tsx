import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Copy } from '../parts/copy.tsx';

export type OnceProps = {
  readonly title: string;
  readonly what: string;
  readonly secret: string;
  readonly hint: string;
  readonly onDone: () => void;
};

/** A secret that is shown this once. */
export function Once({ title, what, secret, hint, onDone }: OnceProps): JSX.Element {
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.focus(), []);
  return (
    <section ref={section} class="card once" aria-label={title} tabIndex={-1}>
      <h2>{title}</h2>
      <p>{hint}</p>
      <Copy text={secret} what={what} />
      <p class="buttons">
        <button type="button" class="primary" onClick={onDone}>
          I have kept it
        </button>
      </p>
    </section>
  );
}
