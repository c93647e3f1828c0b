import type { JSX } from 'preact';
import { DetailPane } from '../detail/detail-pane.tsx';
import { useStore } from '../state/context.ts';
import { BulkBar } from './bulk-bar.tsx';
import { isUntouched } from './empty-list.tsx';
import { FilterBar } from './filter-bar.tsx';
import { List } from './list.tsx';
import { TabBar } from './tab-bar.tsx';

/** The inbox: lists, and beside or over them the one that is open. */
export function InboxView(): JSX.Element {
  const { cursor, isNarrow, list, places } = useStore();
  const isAlone = isUntouched(list.counts.value, places.place.value) && cursor.shown.value === null;
  const isCovered = isNarrow.value && cursor.shown.value !== null;
  return (
    <main class="inbox-main">
      <div class="inbox-head" inert={isCovered}>
        <h1 class="unseen">Inbox</h1>
        <TabBar />
        {isAlone ? null : <FilterBar />}
      </div>
      <div class={`panes ${isAlone ? 'alone' : ''}`}>
        <section class="list-pane" aria-label="List" inert={isCovered}>
          <List />
          <BulkBar />
        </section>
        {isAlone ? null : <DetailPane />}
      </div>
    </main>
  );
}
