import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useStore } from '../state/context.ts';
import { sayError } from '../state/call.ts';
import { inboxPlace } from '../state/place.ts';
import type { Item, Moderation } from '../state/shapes.ts';
import { decisionVerbs } from '../words/states.ts';
import { Go } from '../parts/go.tsx';
import { EraseDialog } from './erase-dialog.tsx';

const keys: Readonly<Record<Moderation, string>> = { approved: 'a', rejected: 'r', spam: 's', pending: 'p' };
const order = ['approved', 'rejected', 'spam', 'pending'] as const;

/** The owner's word, and what else can be done with a linkback. */
export function Actions({ item }: { readonly item: Item }): JSX.Element {
  const { session, notes } = useStore();
  const isErasing = useSignal(false);
  const note = useSignal(notes.get(item.id) ?? '');
  const isNoting = useSignal(note.peek() !== '');
  if (!session.may('moderate')) return <p class="hint">Your token may look, but not decide.</p>;
  return (
    <div class="actions">
      <div class="decide" role="group" aria-label="Decide">
        {order
          .filter((to) => to !== item.moderation)
          .map((to) => (
            <DecideButton key={to} item={item} to={to} note={note.value} />
          ))}
      </div>
      {isNoting.value ? (
        <input
          class="note"
          aria-label="Why, for your own history"
          placeholder="Why, for your own history"
          maxLength={1000}
          autofocus
          value={note}
          onInput={(event) => {
            note.value = event.currentTarget.value;
            notes.set(item.id, note.value);
          }}
        />
      ) : null}
      <div class="asides">
        {isNoting.value ? null : (
          <button type="button" class="plain link" onClick={() => (isNoting.value = true)}>
            Add a note
          </button>
        )}
        <CheckAgain item={item} />
        <RuleLinks item={item} />
        <button type="button" class="plain link bad" onClick={() => (isErasing.value = true)}>
          Erase
        </button>
      </div>
      {isErasing.value ? <EraseDialog item={item} onEnd={() => (isErasing.value = false)} /> : null}
    </div>
  );
}

type DecideButtonProps = { readonly item: Item; readonly to: Moderation; readonly note: string };

function DecideButton({ item, to, note }: DecideButtonProps): JSX.Element {
  const { decideOn } = useStore();
  // What is not there cannot be shown: approving it is no matter of course.
  const isUsual = to === 'approved' && item.verification === 'verified';
  return (
    <button type="button" class={isUsual ? 'primary' : to} onClick={() => decideOn([item], to, note.trim())}>
      {decisionVerbs[to]} <kbd>{keys[to]}</kbd>
    </button>
  );
}

function CheckAgain({ item }: { readonly item: Item }): JSX.Element {
  const { api, notices, detail } = useStore();
  const check = async (): Promise<void> => {
    try {
      await api.verify(item.id);
      notices.say('The page is being checked again.');
      detail.refresh([item.id]);
    } catch (error) {
      notices.complain(`It could not be checked. ${sayError(error)}`);
    }
  };
  return (
    <button type="button" class="plain link" onClick={() => void check()}>
      Check again <kbd>c</kbd>
    </button>
  );
}

/** Ways to a rule that begins with what is known of this linkback. */
function RuleLinks({ item }: { readonly item: Item }): JSX.Element {
  const rule = { ...inboxPlace, view: 'rules' as const };
  const { host, author } = item.source;
  const wanted = author?.url ?? author?.name ?? null;
  return (
    <>
      <Go to={{ ...rule, more: { add: 'rule', sourceHost: host } }} class="link">
        Rule for this host
      </Go>
      {wanted === null ? null : (
        <Go to={{ ...rule, more: { add: 'rule', author: wanted } }} class="link">
          Rule for this author
        </Go>
      )}
    </>
  );
}
