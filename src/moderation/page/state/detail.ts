import { signal, type ReadonlySignal } from '@preact/signals';
import { CallError, isAborted, sayError } from './call.ts';
import type { OwnerApi } from './owner-api.ts';
import type { Detail, Item } from './shapes.ts';

/** So many details are kept, so that going back and forth is instant. */
const maxKept = 50;

export type DetailState = {
  /** All that is known of the linkback that is shown; null until it is there. */
  readonly detail: ReadonlySignal<Detail | null>;
  readonly problem: ReadonlySignal<string>;
  readonly isMissing: ReadonlySignal<boolean>;
  /** Shows this one: what is kept of it at once, and what the service knows as soon as it says. */
  readonly show: (id: string | null) => Promise<void>;
  /** Takes in what has changed. */
  readonly note: (item: Item) => void;
  /** Asks again for the one that is shown, when it is among these. */
  readonly refresh: (ids: readonly string[]) => void;
  readonly forget: (id: string) => void;
};

export function makeDetail(api: Pick<OwnerApi, 'detail'>): DetailState {
  const detail = signal<Detail | null>(null);
  const problem = signal('');
  const isMissing = signal(false);
  const kept = new Map<string, Detail>();
  let asking = new AbortController();
  let shown: string | null = null;

  const keep = (known: Detail): void => {
    kept.delete(known.id);
    kept.set(known.id, known);
    const [oldest] = kept.size > maxKept ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
  };

  const ask = async (id: string): Promise<void> => {
    asking.abort();
    asking = new AbortController();
    try {
      const known = await api.detail(id, asking.signal);
      keep(known);
      if (shown === id) detail.value = known;
    } catch (error) {
      if (isAborted(error) || shown !== id) return;
      isMissing.value = error instanceof CallError && error.status === 404;
      problem.value = sayError(error);
    }
  };

  return {
    detail,
    problem,
    isMissing,
    show: async (id) => {
      shown = id;
      detail.value = id === null ? null : (kept.get(id) ?? null);
      problem.value = '';
      isMissing.value = false;
      if (id !== null) await ask(id);
    },
    note: (item) => {
      const known = kept.get(item.id);
      if (known !== undefined) keep({ ...known, ...item });
      if (shown === item.id) detail.value = kept.get(item.id) ?? null;
    },
    refresh: (ids) => {
      if (shown !== null && ids.includes(shown)) void ask(shown);
    },
    forget: (id) => {
      kept.delete(id);
      if (shown === id) isMissing.value = true;
    },
  };
}
