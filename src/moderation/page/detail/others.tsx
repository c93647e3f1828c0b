import type { JSX } from 'preact';
import { Go } from '../parts/go.tsx';
import { When } from '../parts/when.tsx';
import { useStore } from '../state/context.ts';
import { inboxPlace } from '../state/place.ts';
import type { Detail } from '../state/shapes.ts';
import { bareAddress, count, moderationNames } from '../words/states.ts';
import { Part } from './part.tsx';

/** What else comes from the same host: it tells a lot about this one. */
export function Others({ detail }: { readonly detail: Detail }): JSX.Element {
  const { places } = useStore();
  const { count: number, items } = detail.others;
  const { host } = detail.source;
  if (number === 0) {
    return (
      <Part title="Others from this host">
        <p class="soft">This is the first linkback from {host}.</p>
      </Part>
    );
  }
  return (
    <Part title="Others from this host">
      <ul class="others">
        {items.map((each) => (
          <li key={each.id}>
            <Go to={{ ...places.place.value, id: each.id }}>
              <span class={`chip ${each.moderation}`}>{moderationNames[each.moderation]}</span>
              <span class="others-title" dir="auto">
                {each.source.title || bareAddress(each.source.url)}
              </span>
              <When time={each.receivedAt} />
            </Go>
          </li>
        ))}
      </ul>
      <p>
        <Go to={{ ...inboxPlace, tab: 'all', filter: { host } }}>
          {number > items.length ? `All ${count(number, 'other')} and this one` : 'Show them all in the list'}
        </Go>
      </p>
    </Part>
  );
}
