import { batch, signal, type ReadonlySignal } from '@preact/signals';
import { isAborted, sayError } from './call.ts';
import { isInPlace } from './in-place.ts';
import type { OwnerApi } from './owner-api.ts';
import { listQuery, type Place } from './place.ts';
import type { Counts, Item } from './shapes.ts';

/** How many linkbacks one look at the list brings. */
const pageSize = 50;

export type ListState = 'loading' | 'ready' | 'failed';

/** The linkbacks of a place: loaded piece by piece, kept up to date, and changed before the service has said yes. */
export type ItemList = {
  readonly items: ReadonlySignal<readonly Item[]>;
  /** What has come in since, and waits until somebody wants to see it: a list must not jump under a finger. */
  readonly fresh: ReadonlySignal<readonly Item[]>;
  readonly counts: ReadonlySignal<Counts | null>;
  readonly state: ReadonlySignal<ListState>;
  readonly problem: ReadonlySignal<string>;
  readonly hasMore: ReadonlySignal<boolean>;
  readonly isLoadingMore: ReadonlySignal<boolean>;
  readonly load: () => Promise<void>;
  readonly loadMore: () => Promise<void>;
  /** Catches up quietly with what was not told of; false when the service does not answer. */
  readonly refresh: () => Promise<boolean>;
  readonly showFresh: () => void;
  /** Takes in what is known of a linkback now. */
  readonly note: (item: Item) => void;
  readonly noteCounts: (counts: Counts) => void;
  /** Has these linkbacks stand as they are said to: in the list when they belong there, else not. */
  readonly place: (items: readonly Item[]) => void;
  readonly remove: (ids: ReadonlySet<string>) => void;
};

export function makeItemList(api: Pick<OwnerApi, 'list'>, where: () => Place): ItemList {
  const items = signal<readonly Item[]>([]);
  const fresh = signal<readonly Item[]>([]);
  const counts = signal<Counts | null>(null);
  const state = signal<ListState>('loading');
  const problem = signal('');
  const next = signal<string | null>(null);
  const hasMore = signal(false);
  const isLoadingMore = signal(false);
  let loading = new AbortController();

  const inOrder = (all: readonly Item[]): readonly Item[] => {
    const sign = where().order === 'newest' ? -1 : 1;
    return [...all].sort((one, other) => (one.id < other.id ? -sign : sign));
  };
  const setNext = (cursor: string | null): void => {
    next.value = cursor;
    hasMore.value = cursor !== null;
  };
  const ask = (after?: string) =>
    api.list(
      { ...listQuery(where()), limit: String(pageSize), ...(after === undefined ? {} : { after }) },
      loading.signal,
    );

  const load = async (): Promise<void> => {
    loading.abort();
    loading = new AbortController();
    state.value = 'loading';
    try {
      const answer = await ask();
      batch(() => {
        items.value = answer.items;
        fresh.value = [];
        counts.value = answer.counts;
        setNext(answer.next);
        state.value = 'ready';
      });
    } catch (error) {
      if (isAborted(error)) return;
      problem.value = sayError(error);
      state.value = 'failed';
    }
  };

  const loadMore = async (): Promise<void> => {
    const after = next.peek();
    if (after === null || isLoadingMore.peek() || state.peek() !== 'ready') return;
    isLoadingMore.value = true;
    try {
      const answer = await ask(after);
      const had = new Set(items.peek().map(({ id }) => id));
      items.value = [...items.peek(), ...answer.items.filter(({ id }) => !had.has(id))];
      setNext(answer.next);
    } catch (error) {
      if (!isAborted(error)) throw error;
    } finally {
      isLoadingMore.value = false;
    }
  };

  const remove = (ids: ReadonlySet<string>): void => {
    items.value = items.peek().filter(({ id }) => !ids.has(id));
    fresh.value = fresh.peek().filter(({ id }) => !ids.has(id));
  };

  const merge = (into: readonly Item[], more: readonly Item[]): readonly Item[] => {
    const ids = new Set(more.map(({ id }) => id));
    return inOrder([...into.filter(({ id }) => !ids.has(id)), ...more]);
  };

  const note = (item: Item): void => {
    const isListed = items.peek().some(({ id }) => id === item.id);
    const belongs = isInPlace(item, where());
    // What somebody looks at stays, even when another has decided on it.
    if (!belongs && where().id !== item.id) remove(new Set([item.id]));
    else if (isListed) items.value = items.peek().map((each) => (each.id === item.id ? item : each));
    else if (!belongs) return;
    else if (items.peek().length === 0 && state.peek() === 'ready') items.value = [item];
    else fresh.value = merge(fresh.peek(), [item]);
  };

  const refresh = async (): Promise<boolean> => {
    if (state.peek() === 'loading') return true;
    try {
      const answer = await ask();
      const told = new Set(answer.items.map(({ id }) => id));
      const end = answer.next === null ? undefined : answer.items.at(-1)?.id;
      const isBeyond = (id: string): boolean =>
        end !== undefined && (where().order === 'newest' ? id < end : id > end);
      batch(() => {
        counts.value = answer.counts;
        const left = [...items.peek(), ...fresh.peek()].filter(({ id }) => !told.has(id) && !isBeyond(id));
        remove(new Set(left.map(({ id }) => id).filter((id) => id !== where().id)));
        answer.items.forEach(note);
        if (state.peek() === 'failed') state.value = 'ready';
      });
      return true;
    } catch (error) {
      return isAborted(error);
    }
  };

  return {
    items,
    fresh,
    counts,
    state,
    problem,
    hasMore,
    isLoadingMore,
    load,
    loadMore,
    refresh,
    remove,
    note,
    showFresh: () => {
      items.value = merge(items.peek(), fresh.peek());
      fresh.value = [];
    },
    noteCounts: (told) => (counts.value = told),
    place: (changed) => {
      remove(new Set(changed.map(({ id }) => id)));
      const belonging = changed.filter((item) => isInPlace(item, where()));
      items.value = merge(items.peek(), belonging);
    },
  };
}
