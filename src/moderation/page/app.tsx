import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { RulesView } from './desk/rules-view.tsx';
import { SitesView } from './desk/sites-view.tsx';
import { TokensView } from './desk/tokens-view.tsx';
import { WebhooksView } from './desk/webhooks-view.tsx';
import { Help } from './help.tsx';
import { InboxView } from './inbox/inbox-view.tsx';
import { Dialog } from './parts/dialog.tsx';
import { Toast } from './parts/toast.tsx';
import { LoginForm, LoginView } from './start/login.tsx';
import { StartView } from './start/start-view.tsx';
import { useStore } from './state/context.ts';
import { inboxPlace, type View } from './state/place.ts';
import { TopBar } from './top-bar.tsx';
import { numbers } from './words/states.ts';

/** The whole page: the way in, and then whatever the address names. */
export function App(): JSX.Element {
  const { session } = useStore();
  switch (session.sign.value) {
    case 'asking':
      return <p class="soft loading">Loading…</p>;
    case 'unreachable':
      return <Unreachable />;
    case 'out':
      return <LoginView />;
    case 'in':
    case 'ended':
      return <Desk />;
  }
}

function Unreachable(): JSX.Element {
  const { session } = useStore();
  return (
    <main class="card login-card">
      <h1>The service does not answer</h1>
      <p role="alert">Is it running, and are you online?</p>
      <p class="buttons">
        <button type="button" class="primary" onClick={() => void session.resume()}>
          Try again
        </button>
      </p>
    </main>
  );
}

function Desk(): JSX.Element {
  const { places, isHelpOpen, session, list } = useStore();
  useFirstSite();
  const waiting = list.counts.value?.waiting ?? 0;
  useEffect(() => {
    document.title = waiting === 0 ? 'linkbackd' : `(${numbers.format(waiting)}) linkbackd`;
  }, [waiting]);
  const { view } = places.place.value;
  return (
    <div class={`app ${view}`}>
      <TopBar />
      <Shown view={view} />
      <Toast />
      {isHelpOpen.value ? <Help /> : null}
      {session.sign.value === 'ended' ? <SignInAgain /> : null}
    </div>
  );
}

/** Stands over whatever was being done, which goes on afterwards. */
function SignInAgain(): JSX.Element {
  return (
    <Dialog title="Your session has ended">
      <p>Sign in again to go on where you are. What you have typed is still there.</p>
      <LoginForm />
    </Dialog>
  );
}

function Shown({ view }: { readonly view: View }): JSX.Element {
  const { session } = useStore();
  if (view !== 'inbox' && view !== 'rules' && !session.may('admin')) return <NotForThisToken />;
  switch (view) {
    case 'inbox':
      return <InboxView />;
    case 'rules':
      return <RulesView />;
    case 'sites':
      return <SitesView />;
    case 'tokens':
      return <TokensView />;
    case 'webhooks':
      return <WebhooksView />;
    case 'start':
      return <StartView />;
  }
}

function NotForThisToken(): JSX.Element {
  return (
    <main class="empty">
      <h1>Not with this token</h1>
      <p>Sites, tokens and webhooks want a token that may do everything (admin).</p>
    </main>
  );
}

/** Leads an owner who has no site yet to adding one. */
function useFirstSite(): void {
  const { loadSites, sites, places, notices, session } = useStore();
  const isIn = session.sign.value === 'in';
  useEffect(() => {
    if (!isIn) return;
    loadSites()
      .then(() => {
        const mayAdd = session.may('admin') && session.session.peek()?.site === null;
        const isFirst = mayAdd && sites.peek()?.length === 0 && places.place.peek().view === 'inbox';
        if (isFirst) places.go({ ...inboxPlace, view: 'start' }, 'aside');
      })
      .catch(() => notices.complain('The sites could not be loaded.'));
  }, [isIn]);
}
