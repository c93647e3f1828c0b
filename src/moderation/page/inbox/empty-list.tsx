import type { JSX } from 'preact';
import { FirstLinkback } from '../start/first-linkback.tsx';
import { useStore } from '../state/context.ts';
import type { Place } from '../state/place.ts';
import type { Counts } from '../state/shapes.ts';
import { emptyWords } from '../words/states.ts';

/** What a list without anything in it says: that all is done, or how to begin. */
export function EmptyList(): JSX.Element {
  const { places, list } = useStore();
  const place = places.place.value;
  const isFiltered = Object.keys(place.filter).length > 0;
  if (isUntouched(list.counts.value, place)) return <FirstLinkback />;
  const [title, words] = isFiltered
    ? ['Nothing matches', 'No linkback in this list matches your filters.']
    : emptyWords[place.tab];
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{words}</p>
      {isFiltered ? (
        <button type="button" onClick={() => places.go({ ...place, filter: {} })}>
          Clear the filters
        </button>
      ) : null}
    </div>
  );
}

/** Whether nothing has ever come in. */
export function isUntouched(counts: Counts | null, { tab, filter }: Place): boolean {
  if (counts === null || tab !== 'pending' || Object.keys(filter).length > 0) return false;
  return Object.values(counts.moderation).every((number) => number === 0);
}
