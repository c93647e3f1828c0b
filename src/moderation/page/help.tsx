import type { JSX } from 'preact';
import { Dialog } from './parts/dialog.tsx';
import { CheckField } from './parts/form.tsx';
import { useStore } from './state/context.ts';
import { bindings } from './state/keys.ts';

const signs: Readonly<Record<string, string>> = { ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc', '1': '1 … 7' };

/** All keys at a glance. */
export function Help(): JSX.Element {
  const { isHelpOpen, hasKeys } = useStore();
  const close = (): void => void (isHelpOpen.value = false);
  return (
    <Dialog title="Keys" onClose={close}>
      <dl class="keys">
        {bindings
          .filter(({ does }) => does !== '')
          .map(({ keys, does }) => (
            <div key={does}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{signs[key] ?? key}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
      </dl>
      <CheckField isChecked={hasKeys.value} onToggle={() => (hasKeys.value = !hasKeys.peek())}>
        Single keys are commands
      </CheckField>
      <p class="buttons end">
        <button type="button" autofocus onClick={close}>
          Close
        </button>
      </p>
    </Dialog>
  );
}
