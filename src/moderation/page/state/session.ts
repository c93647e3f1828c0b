import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { CallError } from './call.ts';
import type { OwnerApi } from './owner-api.ts';
import type { Scope, Session } from './shapes.ts';

/**
 * Whether somebody is signed in: `asking` until the service has said so, `ended` when a session has run out while the
 * page is open.
 */
export type Sign = 'asking' | 'unreachable' | 'out' | 'in' | 'ended';

export type SessionState = {
  readonly sign: ReadonlySignal<Sign>;
  readonly session: ReadonlySignal<Session | null>;
  readonly may: (scope: Scope) => boolean;
  /** Asks who is signed in, by the cookie that this page cannot read. */
  readonly resume: () => Promise<void>;
  /** Throws {@link CallError} when the token is wrong. */
  readonly signIn: (token: string) => Promise<void>;
  readonly signOut: () => Promise<void>;
  /** Takes note that the service knows this session no more. */
  readonly end: () => void;
};

export function makeSession(
  api: Pick<OwnerApi, 'session' | 'signIn' | 'signOut'>,
  current: SessionCell,
): SessionState {
  const sign = signal<Sign>('asking');
  const scopes = computed(() => current.value?.scopes ?? []);
  const come = (session: Session): void => {
    current.value = session;
    sign.value = 'in';
  };
  return {
    sign,
    session: current,
    may: (scope) =>
      scopes.value.includes('admin') ||
      scopes.value.includes(scope) ||
      (scope === 'read' && scopes.value.includes('moderate')),
    resume: async () => {
      sign.value = 'asking';
      try {
        come(await api.session());
      } catch (error) {
        sign.value = error instanceof CallError && error.status === 401 ? 'out' : 'unreachable';
      }
    },
    signIn: async (token) => come(await api.signIn(token)),
    signOut: async () => {
      try {
        await api.signOut();
      } catch (error) {
        // Whoever is signed out already has what they asked for.
        if (!(error instanceof CallError) || error.status !== 401) throw error;
      }
      current.value = null;
      sign.value = 'out';
    },
    end: () => {
      if (sign.peek() === 'in') sign.value = 'ended';
    },
  };
}

export type SessionCell = ReturnType<typeof makeSessionCell>;

/** The session itself, which calls need before anything else is made. */
export function makeSessionCell() {
  return signal<Session | null>(null);
}
