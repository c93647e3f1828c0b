import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useStore } from '../state/context.ts';

/** How long a notice stays, in milliseconds; `z` takes back what it told of all the same. */
const staysMs = 8000;

/** What just happened, said aloud, with the way back. */
export function Toast(): JSX.Element {
  const { notices } = useStore();
  const notice = notices.notice.value;
  useEffect(() => {
    if (notice === null || notice.tone === 'wrong') return undefined;
    const timer = setTimeout(notices.dismiss, staysMs);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div class="toasts" role="status">
      {notice === null ? null : (
        <div class={`toast ${notice.tone}`} key={notice.serial}>
          <span>{notice.text}</span>
          {notice.undo === undefined ? null : (
            <button type="button" onClick={notice.undo}>
              Undo <kbd>z</kbd>
            </button>
          )}
          <button type="button" class="plain" aria-label="Dismiss" onClick={notices.dismiss}>
            <span aria-hidden="true">×</span>
          </button>
        </div>
      )}
    </div>
  );
}
