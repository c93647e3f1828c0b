import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Problem, TextField, useSubmit } from '../parts/form.tsx';
import { CallError } from '../state/call.ts';
import { useStore } from '../state/context.ts';

/** Where a token is given for a session. The token itself is kept nowhere in the page. */
export function LoginForm({ onIn }: { readonly onIn?: () => void }): JSX.Element {
  const { session } = useStore();
  const token = useSignal('');
  const waitSeconds = useSignal(0);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    try {
      await session.signIn(token.peek().trim());
      onIn?.();
    } catch (error) {
      if (!(error instanceof CallError) || error.status !== 429) throw wrongToken(error);
      waitSeconds.value = error.retryAfterSeconds ?? 60;
    }
  });
  useEffect(() => {
    if (waitSeconds.value === 0) return undefined;
    const timer = setTimeout(() => (waitSeconds.value -= 1), 1000);
    return () => clearTimeout(timer);
  }, [waitSeconds.value]);
  const isWaiting = waitSeconds.value > 0;
  const said = useComputed(() =>
    waitSeconds.value > 0 ? `Too many wrong tokens. Try again in ${waitSeconds.value} s.` : problem.value,
  );
  return (
    <form class="login" onSubmit={onSubmit}>
      <TextField
        label="Token"
        type="password"
        autocomplete="current-password"
        value={token}
        isRequired
        isFirst
        hint="The first start of the service printed it. It begins with lkbd_, unless you chose your own."
      />
      <Problem text={said} />
      <p class="buttons">
        <button class="primary" disabled={isBusy.value || isWaiting}>
          {isBusy.value ? 'Signing in…' : 'Sign in'}
        </button>
      </p>
    </form>
  );
}

function wrongToken(error: unknown): unknown {
  if (!(error instanceof CallError) || error.status !== 401) return error;
  return new CallError(401, 'This token is not known here. It may be cut short, revoked or expired.');
}

/** The page before somebody is signed in. */
export function LoginView(): JSX.Element {
  return (
    <main class="card login-card">
      <h1>linkbackd</h1>
      <p class="soft">Sign in to see who links to your pages, and to decide what is shown.</p>
      <LoginForm />
      <details>
        <summary>Is the token lost?</summary>
        <p>Have a new one made where the service runs:</p>
        <pre>
          <code>npm run -s linkbackd -- token add me --scope admin</code>
        </pre>
        <p>
          Or set <code>ADMIN_TOKEN</code> to a text of at least 16 characters, start the service again, and
          sign in with that.
        </p>
      </details>
    </main>
  );
}
