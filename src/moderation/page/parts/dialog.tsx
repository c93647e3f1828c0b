import type { ComponentChildren, JSX } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

export type DialogProps = {
  readonly title: string;
  /** Hears that it was closed; without it the dialog cannot be closed. */
  readonly onClose?: () => void;
  readonly children: ComponentChildren;
};

/** A dialog over the page, which gives the focus back to where it was. */
export function Dialog({ title, onClose, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // Browsers close a dialog at the second Esc, whatever it says.
        if (onClose === undefined) dialog.current?.showModal();
        else onClose();
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}

export type ConfirmProps = {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly yes: string;
  /** Whether it can be taken back. */
  readonly isHarmless?: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
};

/** Asks before something that cannot be taken back, or that is larger than it looks. */
export function Confirm({
  title,
  children,
  yes,
  isHarmless = false,
  onYes,
  onNo,
}: ConfirmProps): JSX.Element {
  return (
    <Dialog title={title} onClose={onNo}>
      {children}
      <p class="buttons end">
        <button type="button" onClick={onNo}>
          Cancel
        </button>
        <button type="button" class={isHarmless ? 'primary' : 'danger'} onClick={onYes}>
          {yes}
        </button>
      </p>
    </Dialog>
  );
}
