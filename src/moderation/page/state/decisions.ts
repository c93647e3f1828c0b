import { batch } from '@preact/signals';
import { decidedWords, undoneWords } from '../words/states.ts';
import { CallError, sayError } from './call.ts';
import { isInTab } from './in-place.ts';
import type { ItemList } from './item-list.ts';
import type { Notices } from './notices.ts';
import type { OwnerApi, Query } from './owner-api.ts';
import type { BulkDecided, Item, Moderation } from './shapes.ts';

export type DecisionNeeds = {
  readonly api: Pick<OwnerApi, 'decide' | 'decideAll' | 'undo'>;
  readonly list: ItemList;
  readonly notices: Notices;
  /** Shows a linkback again after it was put back. */
  readonly show: (id: string) => void;
  /** Hears of a linkback that stands otherwise now, on the page. */
  readonly onChange: (item: Item) => void;
  /** Hears which linkbacks the service has moved. */
  readonly onDone: (ids: readonly string[]) => void;
};

/** The owner's word, at once on the page and then at the service; all of it can be taken back. */
export type Decisions = {
  readonly decide: (items: readonly Item[], to: Moderation, note?: string) => Promise<void>;
  /** Decides on everything that a filter lets through, loaded or not. */
  readonly decideAll: (filter: Query, to: Moderation) => Promise<void>;
  readonly undo: () => Promise<void>;
};

/** A word that was given: the service's id of it, once it has answered, and what stood there before. */
type Word = { readonly id: Promise<string | null>; readonly before: readonly Item[] };

export function makeDecisions({ api, list, notices, show, onChange, onDone }: DecisionNeeds): Decisions {
  const words: Word[] = [];

  const put = (items: readonly Item[]): void =>
    batch(() => {
      list.place(items);
      items.forEach(onChange);
    });

  const undo = async (): Promise<void> => {
    const word = words.pop();
    if (word === undefined) {
      notices.say('There is nothing to undo.');
      return;
    }
    // A word that failed was taken back already.
    const id = await word.id.catch(() => null);
    if (id === null) return;
    try {
      const undone = await api.undo(id);
      notices.say(undoneWords(undone));
      put(word.before);
      onDone(word.before.map((item) => item.id));
      const [first] = word.before;
      if (first !== undefined) show(first.id);
      if (word.before.length !== undone.count) await list.load();
    } catch (error) {
      if (!(error instanceof CallError) || error.status !== 409) words.push(word);
      notices.complain(`It could not be undone. ${sayError(error)}`);
    }
  };

  /** Notes a word as the last one that was given; a failed one never was. */
  const remember = (id: Promise<string | null>, before: readonly Item[]): void => {
    const word = { id, before };
    words.push(word);
    id.catch(() => words.splice(words.indexOf(word), 1));
  };

  /** Says what a decision has done that was stopped half-way, and has the list tell where all stands. */
  const sayHalf = async ({ id }: BulkDecided, error: unknown): Promise<void> => {
    remember(Promise.resolve(id), []);
    notices.complain(sayError(error), () => void undo());
    await list.load();
  };

  return {
    undo,
    decide: async (items, to, note = '') => {
      const before = items.filter(({ moderation }) => moderation !== to);
      const [first] = before;
      if (first === undefined) return undefined;
      const asked =
        before.length === 1
          ? api.decide(first.id, to, note).then(({ decision }) => decision)
          : api.decideAll({ ids: before.map(({ id }) => id) }, to).then(({ id }) => id);
      const after = before.map((item) => decided(item, to));
      put(after);
      recount(list, before, after);
      remember(asked, before);
      notices.say(decidedWords(before.length, to), () => void undo());
      try {
        await asked;
        onDone(before.map(({ id }) => id));
      } catch (error) {
        put(before);
        recount(list, after, before);
        show(first.id);
        if (error instanceof CallError && error.half !== undefined) return sayHalf(error.half, error);
        notices.complain(`Nothing was changed. ${sayError(error)}`);
      }
      return undefined;
    },
    decideAll: async (filter, to) => {
      const asked = api.decideAll({ filter }, to);
      remember(
        asked.then(({ id }) => id),
        [],
      );
      try {
        const { count } = await asked;
        notices.say(decidedWords(count, to), () => void undo());
        await list.load();
      } catch (error) {
        if (error instanceof CallError && error.half !== undefined) return sayHalf(error.half, error);
        notices.complain(`Nothing was changed. ${sayError(error)}`);
      }
      return undefined;
    },
  };
}

function decided(item: Item, moderation: Moderation): Item {
  return { ...item, moderation, public: moderation === 'approved' && item.verification === 'verified' };
}

/** Counts as the service will, so that the numbers change with the list and not after it. */
function recount(list: ItemList, before: readonly Item[], after: readonly Item[]): void {
  const counts = list.counts.peek();
  if (counts === null) return;
  const moderation = { ...counts.moderation };
  for (const item of before) moderation[item.moderation] -= 1;
  for (const item of after) moderation[item.moderation] += 1;
  const gained = (is: (item: Item) => boolean): number => after.filter(is).length - before.filter(is).length;
  list.noteCounts({
    ...counts,
    moderation,
    waiting: counts.waiting + gained((item) => isInTab(item, 'pending')),
    approvedButGone: counts.approvedButGone + gained((item) => isInTab(item, 'gone')),
  });
}
