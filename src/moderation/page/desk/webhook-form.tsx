import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckField, ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import type { WebhookEvent } from '../state/desk-shapes.ts';
import { inboxPlace } from '../state/place.ts';
import { eventWords, webhookEvents } from '../words/desk.ts';

/** Adds an address that is told of what happens. */
export function WebhookForm({ onMade }: { readonly onMade: (secret: string) => Promise<void> }): JSX.Element {
  const { desk, sites } = useStore();
  const url = useSignal('');
  const site = useSignal('');
  const chosen = useSignal<readonly WebhookEvent[]>(['published', 'updated', 'withdrawn']);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const { secret } = await desk.addWebhook({
      url: url.peek().trim(),
      events: webhookEvents.filter((event) => chosen.peek().includes(event)),
      ...(site.peek() === '' ? {} : { site: site.peek() }),
    });
    await onMade(secret);
  });
  const toggle = (event: WebhookEvent): void => {
    const others = chosen.peek().filter((each) => each !== event);
    chosen.value = others.length === chosen.peek().length ? [...others, event] : others;
  };
  const names = sites.value?.map(({ slug }) => slug) ?? [];
  return (
    <form class="card form" onSubmit={onSubmit} aria-label="New webhook">
      <TextField
        label="Address"
        type="url"
        value={url}
        isRequired
        isFirst
        placeholder="https://example.org/hook"
        maxLength={2048}
      />
      <fieldset>
        <legend>Tell it of</legend>
        {webhookEvents.map((event) => (
          <CheckField key={event} isChecked={chosen.value.includes(event)} onToggle={() => toggle(event)}>
            <strong>{event}</strong> <span class="soft">{eventWords[event]}</span>
          </CheckField>
        ))}
      </fieldset>
      <ChoiceField
        label="On"
        value={site}
        options={[['', 'All sites'], ...names.map((each) => [each, each] as const)]}
      />
      <Problem text={problem} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value || chosen.value.length === 0}>
          Add the webhook
        </button>
        <Go to={{ ...inboxPlace, view: 'webhooks' }} class="button">
          Cancel
        </Go>
      </p>
    </form>
  );
}
