import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Go } from '../parts/go.tsx';
import { Problem, TextField, useSubmit } from '../parts/form.tsx';
import { useStore } from '../state/context.ts';
import { inboxPlace } from '../state/place.ts';
import { awaitVerdict, sendPing } from './test-ping.ts';

/** What an inbox says that has never had anything in it: how to send a first one, and that it is listening. */
export function FirstLinkback(): JSX.Element {
  const { sites, live, session } = useStore();
  const site = sites.value?.[0];
  const source = useSignal('');
  const target = useSignal('');
  const told = useSignal('');
  const ours = site?.addresses[0];
  useEffect(() => {
    if (ours !== undefined && target.peek() === '') target.value = ours;
  }, [ours]);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    told.value = 'The page is being read…';
    try {
      const status = await sendPing(source.peek().trim(), target.peek().trim());
      told.value = await awaitVerdict(status);
    } catch (error) {
      told.value = '';
      throw error;
    }
  });
  return (
    <div class="first">
      <p class="listening" role="status">
        <span class="pulse" aria-hidden="true" />
        {live.hearing.value === 'live'
          ? 'Listening: the first linkback appears here by itself.'
          : 'The first linkback appears here by itself.'}
      </p>
      <h2>Send yourself a first linkback</h2>
      <p>
        Take any page that links to yours: an old post, a friend’s blog, your own home page. Tell of it here,
        as a blog would.
      </p>
      <form onSubmit={onSubmit}>
        <TextField
          label="The page with the link"
          type="url"
          value={source}
          isRequired
          placeholder="https://…"
          maxLength={2048}
        />
        <TextField
          label="The page of yours it links to"
          type="url"
          value={target}
          isRequired
          maxLength={2048}
          hint="Exactly as the link spells it."
        />
        <Problem text={problem} />
        <p class="buttons">
          <button class="primary" disabled={isBusy.value}>
            {isBusy.value ? 'Sending…' : 'Send it'}
          </button>
        </p>
        <p role="status" class="soft">
          {told}
        </p>
      </form>
      {session.may('admin') ? (
        <p class="soft">
          Blogs send by themselves once your pages say where to.{' '}
          <Go to={{ ...inboxPlace, view: 'start' }}>What to paste</Go>
        </p>
      ) : null}
    </div>
  );
}
