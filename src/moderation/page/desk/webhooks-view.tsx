import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Go } from '../parts/go.tsx';
import { useLoaded, WhenLoaded } from '../parts/loaded.tsx';
import { useStore } from '../state/context.ts';
import { inboxPlace, type Place } from '../state/place.ts';
import { DeskView, Nothing } from './desk-view.tsx';
import { Once } from './once.tsx';
import { WebhookCard } from './webhook-card.tsx';
import { WebhookForm } from './webhook-form.tsx';

const webhooksPlace: Place = { ...inboxPlace, view: 'webhooks' };

/** Which programs are told of what happens. */
export function WebhooksView(): JSX.Element {
  const { desk, places } = useStore();
  const webhooks = useLoaded(async () => (await desk.webhooks()).items);
  const secret = useSignal<string | null>(null);
  const { more } = places.place.value;
  const isAdding = more['add'] !== undefined;
  const onDone = async (made?: string): Promise<void> => {
    if (made !== undefined) secret.value = made;
    places.go(webhooksPlace, 'aside');
    await webhooks.reload();
  };
  return (
    <DeskView
      title="Webhooks"
      about="An address that is told, by a signed POST request, of what happens: to rebuild a static site, or to post into a chat."
      action={
        isAdding ? null : (
          <Go to={{ ...webhooksPlace, more: { add: 'webhook' } }} class="button primary">
            Add a webhook
          </Go>
        )
      }
    >
      {secret.value === null ? null : (
        <Once
          title="The secret of the new webhook"
          what="The secret"
          secret={secret.value}
          hint="Its calls are signed with this. Give it to the program that receives them: it is shown this once."
          onDone={() => (secret.value = null)}
        />
      )}
      {isAdding ? <WebhookForm onDone={onDone} /> : null}
      <WhenLoaded from={webhooks}>
        {(all) =>
          all.length === 0 && !isAdding ? (
            <Nothing>
              <h2>No webhooks yet</h2>
              <p>Most owners need none: this page and the list under your posts are live by themselves.</p>
            </Nothing>
          ) : (
            <ul class="cards">
              {all.map((webhook) =>
                more['edit'] === webhook.id ? (
                  <li key={webhook.id} class="card">
                    <WebhookForm webhook={webhook} onDone={onDone} />
                  </li>
                ) : (
                  <WebhookCard
                    key={webhook.id}
                    webhook={webhook}
                    isLogOpen={more['log'] === webhook.id}
                    onChange={webhooks.reload}
                  />
                ),
              )}
            </ul>
          )
        }
      </WhenLoaded>
    </DeskView>
  );
}
