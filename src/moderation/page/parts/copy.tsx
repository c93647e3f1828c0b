import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

export type CopyProps = {
  readonly text: string;
  /** What it is, for the button's name. */
  readonly what: string;
};

/** Something to paste elsewhere, and the button that copies it. */
export function Copy({ text, what }: CopyProps): JSX.Element {
  const shown = useRef<HTMLPreElement>(null);
  const said = useSignal('Copy');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = 'Copied';
    } catch {
      // Without https a page may not write to the clipboard; people may.
      if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
      said.value = 'Selected: press Ctrl+C';
    }
  };
  return (
    <div class="copy">
      <pre ref={shown} tabIndex={0} role="region" aria-label={what}>
        {text}
      </pre>
      <button type="button" class="small" aria-label={`${said.value}: ${what}`} onClick={() => void copy()}>
        {said}
      </button>
    </div>
  );
}
