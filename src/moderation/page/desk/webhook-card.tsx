import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Confirm } from '../parts/dialog.tsx';
import { CheckField } from '../parts/form.tsx';
import { Go } from '../parts/go.tsx';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import type { Webhook } from '../state/desk-shapes.ts';
import { inboxPlace, type Place } from '../state/place.ts';
import { Deliveries } from './deliveries.tsx';

const webhooksPlace: Place = { ...inboxPlace, view: 'webhooks' };

export type WebhookCardProps = {
  readonly webhook: Webhook;
  readonly isLogOpen: boolean;
  readonly onChange: () => Promise<void>;
};

/** A webhook: what it is told of, whether it is on, and what became of its calls. */
export function WebhookCard({ webhook, isLogOpen, onChange }: WebhookCardProps): JSX.Element {
  const { desk, notices } = useStore();
  const isAsking = useSignal(false);
  const tests = useSignal(0);
  const { id, url, events, site, isActive } = webhook;
  const act = async (done: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
      notices.say(done);
    } catch (error) {
      notices.complain(sayError(error));
    }
    await onChange();
  };
  const test = async (): Promise<void> => {
    await act('A test call is on its way; the log tells what becomes of it.', () => desk.testWebhook(id));
    tests.value += 1;
  };
  return (
    <li class="card">
      <h2 class="card-title address">{url}</h2>
      <p class="soft">
        Told of {events.join(', ')}
        {site === null ? ', for all sites' : `, for the site ${site}`}.
      </p>
      <CheckField
        isChecked={isActive}
        onToggle={() =>
          void act(isActive ? 'The webhook is off.' : 'The webhook is on.', () =>
            desk.changeWebhook(id, { isActive: !isActive }),
          )
        }
      >
        {isActive ? 'On' : 'Off: nothing is sent'}
      </CheckField>
      <div class="card-foot buttons">
        <button type="button" class="small" onClick={() => void test()}>
          Send a test
        </button>
        <Go to={{ ...webhooksPlace, more: isLogOpen ? {} : { log: id } }} class="button small">
          {isLogOpen ? 'Hide the log' : 'Log'}
        </Go>
        <Go to={{ ...webhooksPlace, more: { edit: id } }} class="button small">
          Edit
        </Go>
        <button type="button" class="small" onClick={() => (isAsking.value = true)}>
          Delete
        </button>
      </div>
      {isLogOpen ? <Deliveries webhookId={id} tests={tests.value} /> : null}
      {isAsking.value ? (
        <Confirm
          title="Delete this webhook?"
          yes="Delete"
          onYes={() => {
            isAsking.value = false;
            void act('The webhook is deleted.', () => desk.deleteWebhook(id));
          }}
          onNo={() => (isAsking.value = false)}
        >
          <p class="address">{url}</p>
          <p>It is told of nothing any more, and its log and its secret are forgotten.</p>
        </Confirm>
      ) : null}
    </li>
  );
}
