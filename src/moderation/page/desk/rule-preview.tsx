import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { When } from '../parts/when.tsx';
import { isAborted, sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import type { RuleDraft, RulePreview } from '../state/shapes.ts';
import { hasCriteria, previewWords } from '../words/rules.ts';
import { bareAddress, linkerOf, moderationNames } from '../words/states.ts';

/** How long typing may pause before the preview follows, in milliseconds. */
const pauseMs = 300;

/** What the rule would have done to what is stored, while it is being written. */
export function RulePreviewPart({ draft }: { readonly draft: ReadonlySignal<RuleDraft> }): JSX.Element {
  const { api } = useStore();
  const preview = useSignal<RulePreview | null>(null);
  const said = useSignal('');
  // A note changes nothing of what the rule does.
  const asked = JSON.stringify({ ...draft.value, note: '' });
  useEffect(() => {
    if (!hasCriteria(draft.peek())) {
      preview.value = null;
      said.value = 'What this rule would have done appears here as you write it.';
      return undefined;
    }
    const asking = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        preview.value = await api.previewRule(draft.peek(), asking.signal);
        said.value = previewWords(preview.value);
      } catch (error) {
        if (isAborted(error)) return;
        preview.value = null;
        said.value = sayError(error);
      }
    };
    const timer = setTimeout(() => void ask(), pauseMs);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [asked]);
  return (
    <section class="preview" aria-label="Preview">
      <p role="status">{said}</p>
      {preview.value === null || preview.value.examples.length === 0 ? null : (
        <ul class="examples">
          {preview.value.examples.map((item) => (
            <li key={item.id}>
              <span class={`chip ${item.moderation}`}>{moderationNames[item.moderation]}</span>
              <span class="others-title">
                <bdi>{linkerOf(item)}</bdi>: <bdi>{item.source.title || bareAddress(item.source.url)}</bdi>
              </span>
              <When time={item.receivedAt} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
