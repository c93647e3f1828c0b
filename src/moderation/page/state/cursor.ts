import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { ItemList } from './item-list.ts';
import type { Places } from './places.ts';

/** Which linkback keys act on, and which one is shown. */
export type Cursor = {
  /** The one that is open, or else the one that the keyboard stands on. */
  readonly current: ReadonlySignal<string | null>;
  /** The one whose detail is shown; beside a wide list there always is one. */
  readonly shown: ReadonlySignal<string | null>;
  /** Counts up when the keyboard has moved, so that the focus may follow. */
  readonly moves: ReadonlySignal<number>;
  readonly open: (id: string) => void;
  /** Stands on a row without opening it. */
  readonly stand: (id: string) => void;
  /** Goes up or down the list; what is open goes along. */
  readonly step: (by: 1 | -1) => void;
  /** Goes on to what comes next, before these leave the list. */
  readonly leave: (ids: ReadonlySet<string>) => void;
};

export function makeCursor(list: ItemList, places: Places, isNarrow: ReadonlySignal<boolean>): Cursor {
  const stood = signal<string | null>(null);
  const moves = signal(0);
  const { place } = places;
  const current = computed(() => {
    if (place.value.id !== null) return place.value.id;
    const isThere = list.items.value.some(({ id }) => id === stood.value);
    if (isThere) return stood.value;
    return isNarrow.value ? null : (list.items.value[0]?.id ?? null);
  });

  const moveTo = (id: string | null): void => {
    stood.value = id;
    moves.value += 1;
    if (place.peek().id === null) return;
    if (id === null) places.close();
    else places.go({ ...place.peek(), id }, 'aside');
  };

  const step = (by: 1 | -1): void => {
    const items = list.items.peek();
    const at = items.findIndex(({ id }) => id === current.peek());
    const to = items[at === -1 ? 0 : at + by];
    if (to !== undefined) moveTo(to.id);
    if (at + by >= items.length - 3) void list.loadMore();
  };

  return {
    current,
    shown: computed(() => place.value.id ?? (isNarrow.value ? null : current.value)),
    moves,
    step,
    open: (id) => {
      stood.value = id;
      places.go({ ...place.peek(), id });
    },
    stand: (id) => (stood.value = id),
    leave: (ids) => {
      const at = current.peek();
      if (at === null || !ids.has(at)) return;
      const items = list.items.peek();
      const index = items.findIndex(({ id }) => id === at);
      const stays = ({ id }: { readonly id: string }): boolean => !ids.has(id);
      const next = items.slice(index + 1).find(stays) ?? items.slice(0, Math.max(index, 0)).findLast(stays);
      moveTo(next?.id ?? null);
    },
  };
}
