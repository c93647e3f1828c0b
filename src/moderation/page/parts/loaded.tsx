import { useSignal, type ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { sayError } from '../state/call.ts';
import { useStore } from '../state/context.ts';

export type Loaded<Value> = {
  readonly value: ReadonlySignal<Value | null>;
  readonly problem: ReadonlySignal<string>;
  readonly reload: () => Promise<void>;
};

/** Asks the service for something once it is shown, and again whenever somebody signs in anew. */
export function useLoaded<Value>(load: () => Promise<Value>): Loaded<Value> {
  const { session } = useStore();
  const value = useSignal<Value | null>(null);
  const problem = useSignal('');
  const reload = async (): Promise<void> => {
    try {
      value.value = await load();
      problem.value = '';
    } catch (error) {
      problem.value = sayError(error);
    }
  };
  const isIn = session.sign.value === 'in';
  useEffect(() => {
    if (isIn) void reload();
  }, [isIn]);
  return { value, problem, reload };
}

export type WhenLoadedProps<Value> = {
  readonly from: Loaded<Value>;
  readonly children: (value: Value) => ComponentChildren;
};

/** Shows what was asked for, that it is on its way, or why it is not. */
export function WhenLoaded<Value>({ from, children }: WhenLoadedProps<Value>): JSX.Element {
  const value = from.value.value;
  if (from.problem.value !== '') {
    return (
      <div class="empty" role="alert">
        <p>{from.problem}</p>
        <button type="button" onClick={() => void from.reload()}>
          Try again
        </button>
      </div>
    );
  }
  if (value === null) return <p class="soft loading">Loading…</p>;
  return <>{children(value)}</>;
}
