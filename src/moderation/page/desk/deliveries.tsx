import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { When } from '../parts/when.tsx';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';
import type { Delivery } from '../state/desk-shapes.ts';

/** How often the log is looked at while something is on its way, in milliseconds. */
const lookEveryMs = 2000;

const stateNames: Readonly<Record<Delivery['state'], string>> = {
  waiting: 'Waiting',
  leased: 'On its way',
  delivered: 'Delivered',
  failed: 'Failed',
};

/** What became of a webhook's calls, the newest first; each can be sent once more. */
export function Deliveries({
  webhookId,
  tests,
}: {
  readonly webhookId: string;
  readonly tests: number;
}): JSX.Element {
  const { desk, notices } = useStore();
  const log = useSignal<readonly Delivery[] | null>(null);
  const next = useSignal<string | null>(null);
  const problem = useSignal('');
  const load = async (after?: string): Promise<void> => {
    try {
      const answer = await desk.deliveries(webhookId, {
        limit: '20',
        ...(after === undefined ? {} : { after }),
      });
      log.value = after === undefined ? answer.items : [...(log.peek() ?? []), ...answer.items];
      next.value = answer.next;
      problem.value = '';
    } catch (error) {
      problem.value = sayError(error);
    }
  };
  const replay = async (id: string): Promise<void> => {
    try {
      await desk.replay(webhookId, id);
      notices.say('It is sent once more.');
    } catch (error) {
      notices.complain(sayError(error));
    }
    await load();
  };
  useEffect(() => void load(), [webhookId, tests]);
  const isMoving = log.value?.some(({ state }) => state === 'waiting' || state === 'leased') === true;
  useEffect(() => {
    if (!isMoving) return undefined;
    const timer = setInterval(() => void load(), lookEveryMs);
    return () => clearInterval(timer);
  }, [isMoving]);
  if (problem.value !== '') return <p class="problem">{problem}</p>;
  if (log.value === null) return <p class="soft loading">Loading…</p>;
  if (log.value.length === 0) return <p class="soft">Nothing was sent yet. “Send a test” tries it out.</p>;
  return (
    <>
      <ul class="log" aria-label="Deliveries">
        {log.value.map((delivery) => (
          <li key={delivery.id}>
            <span class={`chip ${delivery.state}`}>{stateNames[delivery.state]}</span>
            <span class="log-what">
              {delivery.event}
              <span class="soft">{outcomeOf(delivery)}</span>
            </span>
            <When time={delivery.createdAt} />
            <button
              type="button"
              class="small"
              aria-label={`Replay ${delivery.event}`}
              onClick={() => void replay(delivery.id)}
            >
              Replay
            </button>
          </li>
        ))}
      </ul>
      {next.value === null ? null : (
        <button type="button" class="more" onClick={() => void load(next.peek() ?? undefined)}>
          Load more
        </button>
      )}
    </>
  );
}

function outcomeOf({ status, detail, attempts }: Delivery): string {
  const tries = attempts > 1 ? `${attempts} tries` : '';
  const came = detail ?? (status === null ? '' : `HTTP status ${status}`);
  return [came, tries].filter((part) => part !== '').join(' · ');
}
