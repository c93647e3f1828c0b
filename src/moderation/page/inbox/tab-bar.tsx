import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Go } from '../parts/go.tsx';
import { useStore } from '../state/context.ts';
import { tabs, type Tab } from '../state/place.ts';
import type { Counts } from '../state/shapes.ts';
import { numbers, tabNames } from '../words/states.ts';

/** The inbox's lists, with how much each holds of all sites, or of the one that is filtered by. */
export function TabBar(): JSX.Element {
  const { places, list } = useStore();
  const place = places.place.value;
  const counts = list.counts.value;
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = bar.current?.querySelector('[aria-current]');
    current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [place.tab, counts === null]);
  return (
    <nav ref={bar} class="tabs" aria-label="Lists">
      {tabs.map((tab) => {
        const number = counts === null ? null : countOf(counts, tab);
        return (
          <Go key={tab} to={{ ...place, tab, id: null }} isCurrent={tab === place.tab}>
            {tabNames[tab]}
            {number === null ? null : (
              <span class={`count ${number === 0 ? 'none' : ''}`}>{numbers.format(number)}</span>
            )}
          </Go>
        );
      })}
    </nav>
  );
}

function countOf(counts: Counts, tab: Tab): number | null {
  switch (tab) {
    case 'pending':
      return counts.waiting;
    case 'gone':
      return counts.approvedButGone;
    case 'failed':
      return counts.failed;
    case 'all':
      return null;
    case 'approved':
    case 'spam':
    case 'rejected':
      return counts.moderation[tab];
  }
}
