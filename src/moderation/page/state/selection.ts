import { signal, type ReadonlySignal } from '@preact/signals';

/** What is chosen to be decided on at once: some of what is loaded, or everything that the filter lets through. */
export type Selection = {
  readonly ids: ReadonlySignal<ReadonlySet<string>>;
  readonly isEverything: ReadonlySignal<boolean>;
  readonly toggle: (id: string) => void;
  /** Selects all of these, or none when all of them are. */
  readonly toggleAll: (ids: readonly string[]) => void;
  readonly selectEverything: () => void;
  readonly clear: () => void;
};

export function makeSelection(): Selection {
  const ids = signal<ReadonlySet<string>>(new Set());
  const isEverything = signal(false);
  const set = (chosen: ReadonlySet<string>): void => {
    isEverything.value = false;
    ids.value = chosen;
  };
  return {
    ids,
    isEverything,
    toggle: (id) => {
      const chosen = new Set(ids.peek());
      if (!chosen.delete(id)) chosen.add(id);
      set(chosen);
    },
    toggleAll: (all) => {
      const isAll = all.length > 0 && all.every((id) => ids.peek().has(id));
      set(new Set(isAll ? [] : all));
    },
    selectEverything: () => (isEverything.value = true),
    clear: () => set(new Set()),
  };
}
