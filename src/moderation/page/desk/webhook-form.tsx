import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CheckField, ChoiceField, Problem, TextField, useSubmit } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import type { Webhook, WebhookEvent } from '../state/desk-shapes.ts';
import { inboxPlace } from '../state/place.ts';
import { eventWords, webhookEvents } from '../words/desk.ts';

export type WebhookFormProps = {
  /** The one that is changed; without it, one is added. */
  readonly webhook?: Webhook;
  /** Hears the secret of a new one. */
  readonly onDone: (secret?: string) => Promise<void>;
};

/** Adds an address that is told of what happens, or changes it. */
export function WebhookForm({ webhook, onDone }: WebhookFormProps): JSX.Element {
  const { desk, sites, notices } = useStore();
  const url = useSignal(webhook?.url ?? '');
  const site = useSignal('');
  const chosen = useSignal<readonly WebhookEvent[]>(webhook?.events ?? ['published', 'updated', 'withdrawn']);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    const draft = {
      url: url.peek().trim(),
      events: webhookEvents.filter((event) => chosen.peek().includes(event)),
    };
    if (webhook === undefined) {
      const own = site.peek() === '' ? {} : { site: site.peek() };
      return onDone((await desk.addWebhook({ ...draft, ...own })).secret);
    }
    await desk.changeWebhook(webhook.id, draft);
    notices.say('The webhook is changed. It keeps its secret.');
    return onDone();
  });
  const toggle = (event: WebhookEvent): void => {
    const others = chosen.peek().filter((each) => each !== event);
    chosen.value = others.length === chosen.peek().length ? [...others, event] : others;
  };
  const names = sites.value?.map(({ slug }) => slug) ?? [];
  return (
    <form
      class={webhook === undefined ? 'card form' : ''}
      onSubmit={onSubmit}
      aria-label={webhook === undefined ? 'New webhook' : `Edit ${webhook.url}`}
    >
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
      {webhook === undefined ? (
        <ChoiceField
          label="On"
          value={site}
          options={[['', 'All sites'], ...names.map((each) => [each, each] as const)]}
        />
      ) : null}
      <Problem text={problem} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value || chosen.value.length === 0}>
          {webhook === undefined ? 'Add the webhook' : 'Save'}
        </button>
        <Go to={{ ...inboxPlace, view: 'webhooks' }} class="button">
          Cancel
        </Go>
      </p>
    </form>
  );
}
