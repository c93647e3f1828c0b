import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../state/context.ts';
import { count, tabNames } from '../words/states.ts';
import { EmptyList } from './empty-list.tsx';
import { Row } from './row.tsx';

/** The list itself: it grows at its end, and tells what has come in rather than jumping. */
export function List(): JSX.Element {
  const store = useStore();
  const { list, cursor, selection, places } = store;
  const rows = useRef<HTMLUListElement>(null);
  const items = list.items.value;
  const current = cursor.current.value ?? items[0]?.id;
  const moves = cursor.moves.value;
  useEffect(() => {
    if (moves > 0) focusRow(rows.current, cursor.current.peek());
  }, [moves]);
  if (list.state.value === 'failed') {
    return (
      <div class="empty" role="alert">
        <p>{list.problem}</p>
        <button type="button" onClick={() => void list.load()}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <div class="list" aria-busy={list.state.value === 'loading'}>
      <Fresh />
      {items.length === 0 && list.state.value === 'ready' ? <EmptyList /> : null}
      <ul ref={rows} class="rows" aria-label={`Linkbacks: ${tabNames[places.place.value.tab]}`}>
        {items.map((item) => (
          <Row
            key={item.id}
            item={item}
            isCurrent={item.id === current}
            isSelected={selection.isEverything.value || selection.ids.value.has(item.id)}
          />
        ))}
      </ul>
      <More />
    </div>
  );
}

/** What has come in, as a button: the list must not move under a finger. */
function Fresh(): JSX.Element {
  const { list } = useStore();
  const number = list.fresh.value.length;
  return (
    <div role="status" class="fresh">
      {number === 0 ? null : (
        <button type="button" class="pill" onClick={list.showFresh}>
          {count(number, 'new linkback')} <kbd>n</kbd>
        </button>
      )}
    </div>
  );
}

/** The end of what is loaded: coming near it loads more, and a button does for who does not scroll. */
function More(): JSX.Element | null {
  const { list, notices } = useStore();
  const end = useRef<HTMLButtonElement>(null);
  const hasMore = list.hasMore.value;
  const load = (): void => {
    list.loadMore().catch(() => notices.complain('More could not be loaded. Try again.'));
  };
  useEffect(() => {
    if (end.current === null) return undefined;
    const watch = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) load();
    });
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [hasMore, list.items.value.length]);
  if (!hasMore) return null;
  return (
    <button ref={end} type="button" class="more" onClick={load}>
      {list.isLoadingMore.value ? 'Loading…' : 'Load more'}
    </button>
  );
}

/** Takes the focus to a row, unless somebody is in the middle of something else. */
function focusRow(rows: HTMLElement | null, id: string | null): void {
  const active = document.activeElement;
  if (rows === null || id === null || active?.closest('.detail, dialog')) return;
  const link = rows.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] .row-link`);
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: 'nearest' });
}
