import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../state/context.ts';
import type { Store } from '../state/store.ts';
import type { Detail, Item } from '../state/shapes.ts';
import { Actions } from './actions.tsx';
import { Announcements } from './announcements.tsx';
import { EvidencePart } from './evidence-part.tsx';
import { Head } from './head.tsx';
import { History } from './history.tsx';
import { Others } from './others.tsx';
import { SignalsPart } from './signals-part.tsx';
import { Trouble } from './trouble.tsx';

/** The linkback that is shown: beside the list where there is room, else over it. */
export function DetailPane(): JSX.Element {
  const store = useStore();
  const { cursor, detail, isNarrow, places } = store;
  const pane = useRef<HTMLElement>(null);
  const id = cursor.shown.value;
  useEffect(() => {
    pane.current?.scrollTo(0, 0);
    if (id !== null && isNarrow.peek()) pane.current?.focus();
  }, [id]);
  const shown = detail.detail.value;
  const known = shown?.id === id ? shown : null;
  const item = known ?? listed(store, id);
  return (
    <article
      ref={pane}
      class={`detail ${id === null ? 'closed' : ''}`}
      aria-label="Linkback"
      tabIndex={-1}
      aria-busy={id !== null && known === null && detail.problem.value === ''}
    >
      {isNarrow.value && id !== null ? (
        <div class="detail-bar">
          <button type="button" class="plain" onClick={places.close}>
            <span aria-hidden="true">‹</span> Back
          </button>
          <span class="buttons">
            <button type="button" class="plain" aria-label="Previous" onClick={() => cursor.step(-1)}>
              <span aria-hidden="true">↑</span>
            </button>
            <button type="button" class="plain" aria-label="Next" onClick={() => cursor.step(1)}>
              <span aria-hidden="true">↓</span>
            </button>
          </span>
        </div>
      ) : null}
      {id !== null && item === null ? <Missing /> : null}
      {item === null ? null : <Shown item={item} detail={known} />}
    </article>
  );
}

function listed({ list }: Store, id: string | null): Item | null {
  return list.items.value.find((each) => each.id === id) ?? null;
}

function Shown({ item, detail }: { readonly item: Item; readonly detail: Detail | null }): JSX.Element {
  return (
    <>
      <Head item={item} />
      <Actions key={item.id} item={item} />
      {detail === null ? (
        <Missing />
      ) : (
        <>
          <Trouble detail={detail} />
          <SignalsPart detail={detail} />
          <EvidencePart detail={detail} />
          <Announcements detail={detail} />
          <History detail={detail} />
          <Others detail={detail} />
        </>
      )}
    </>
  );
}

/** Why there is nothing to show, yet or at all. */
function Missing(): JSX.Element {
  const { detail, cursor } = useStore();
  if (detail.isMissing.value) return <p class="empty">There is no such linkback, or not any more.</p>;
  if (detail.problem.value === '') return <p class="soft loading">Loading…</p>;
  return (
    <div class="empty" role="alert">
      <p>{detail.problem}</p>
      <button type="button" onClick={() => void detail.show(cursor.shown.peek())}>
        Try again
      </button>
    </div>
  );
}
