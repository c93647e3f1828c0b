import type { JSX } from 'preact';
import { useStore } from '../state/context.ts';
import type { Tab } from '../state/place.ts';
import type { Item } from '../state/shapes.ts';
import { points } from '../words/evidence.ts';
import { moderationNames, verificationNames } from '../words/states.ts';

/** What the list does not say of all that is in it. */
export function Chips({ item, tab }: { readonly item: Item; readonly tab: Tab }): JSX.Element {
  const { sites } = useStore();
  const holdAt = sites.value?.find(({ slug }) => slug === item.site)?.thresholds.holdAt ?? 1;
  const isMixed = tab === 'all' || tab === 'failed' || item.moderation !== decidedIn(tab);
  return (
    <span class="chips">
      {isMixed ? <span class={`chip ${item.moderation}`}>{moderationNames[item.moderation]}</span> : null}
      {item.verification === 'verified' || tab === 'gone' || tab === 'failed' ? null : (
        <span class={`chip ${item.verification}`}>{verificationNames[item.verification]}</span>
      )}
      {item.score >= holdAt ? <span class="chip points">{points(item.score)}</span> : null}
    </span>
  );
}

function decidedIn(tab: Tab): string {
  return tab === 'gone' ? 'approved' : tab;
}
