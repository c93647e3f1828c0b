import type { JSX } from 'preact';
import { Go } from './parts/go.tsx';
import { sayError } from './state/call.ts';
import { useStore } from './state/context.ts';
import type { Hearing } from './state/live.ts';
import { inboxPlace, type View } from './state/place.ts';

const names: Readonly<Record<Exclude<View, 'start'>, string>> = {
  inbox: 'Inbox',
  rules: 'Rules',
  sites: 'Sites',
  tokens: 'Tokens',
  webhooks: 'Webhooks',
};

const hearingWords: Readonly<Record<Hearing, readonly [string, string]>> = {
  connecting: ['…', 'Connecting'],
  live: ['Live', 'What happens is shown at once'],
  asking: ['Every 15 s', 'The live connection is not there; the service is asked every 15 seconds'],
  lost: ['Offline', 'The service does not answer; it is tried again by itself'],
  off: ['', ''],
};

/** The name, the views, whether it is live, and the way out. On a phone the views stand at the bottom. */
export function TopBar(): JSX.Element {
  const { places, session, isHelpOpen, live, notices } = useStore();
  const { view } = places.place.value;
  const views = (['inbox', 'rules', 'sites', 'tokens', 'webhooks'] as const).filter(
    (each) => each === 'inbox' || each === 'rules' || session.may('admin'),
  );
  const [word, sentence] = hearingWords[live.hearing.value];
  const leave = (): void => {
    session.signOut().catch((error: unknown) => notices.complain(sayError(error)));
  };
  return (
    <header class="top">
      <a class="name" href="moderate">
        linkbackd
      </a>
      <nav class="views" aria-label="Views">
        {views.map((each) => (
          <Go key={each} to={{ ...inboxPlace, view: each }} isCurrent={each === view}>
            {names[each]}
          </Go>
        ))}
      </nav>
      <span class={`hearing ${live.hearing.value}`} title={sentence}>
        {word}
      </span>
      <button
        type="button"
        class="plain keys-button"
        aria-label="Keys"
        onClick={() => (isHelpOpen.value = true)}
      >
        <kbd>?</kbd>
      </button>
      <button
        type="button"
        class="plain"
        title={`Signed in as ${session.session.value?.name ?? 'nobody'}`}
        onClick={leave}
      >
        Sign out
      </button>
    </header>
  );
}
