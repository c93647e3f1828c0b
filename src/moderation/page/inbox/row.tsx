import type { JSX, TargetedMouseEvent } from 'preact';
import { isPlainClick } from '../parts/go.tsx';
import { langOf, Quote } from '../parts/quote.tsx';
import { When } from '../parts/when.tsx';
import { useStore } from '../state/context.ts';
import { hrefOf } from '../state/place.ts';
import type { Item } from '../state/shapes.ts';
import { bareAddress, dialectNames, linkerOf, pathOf, typeNames } from '../words/states.ts';
import { Chips } from './chips.tsx';

export type RowProps = { readonly item: Item; readonly isCurrent: boolean; readonly isSelected: boolean };

/** One linkback in the list: who, what they say, and where it links to. */
export function Row({ item, isCurrent, isSelected }: RowProps): JSX.Element {
  const { places, cursor, selection } = useStore();
  const who = linkerOf(item);
  const tabIndex = isCurrent ? 0 : -1;
  const open = (event: TargetedMouseEvent<HTMLAnchorElement>): void => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    cursor.open(item.id);
  };
  return (
    <li class={`row ${isSelected ? 'selected' : ''}`} data-id={item.id}>
      <label class="pick">
        <input
          type="checkbox"
          aria-label={`Select the linkback from ${who}`}
          checked={isSelected}
          tabIndex={tabIndex}
          onFocus={() => cursor.stand(item.id)}
          onChange={() => selection.toggle(item.id)}
        />
      </label>
      <a
        class="row-link"
        href={hrefOf({ ...places.place.value, id: item.id })}
        tabIndex={tabIndex}
        aria-current={isCurrent ? 'true' : undefined}
        onFocus={() => cursor.stand(item.id)}
        onClick={open}
      >
        <span class="row-head">
          <bdi class="who">{who}</bdi>
          {who === item.source.host ? null : <span class="host">{item.source.host}</span>}
          <When time={item.receivedAt} />
        </span>
        <span class="row-title" dir="auto" lang={langOf(item.source.language)}>
          {item.source.title || bareAddress(item.source.url)}
        </span>
        <RowWords item={item} />
        <span class="row-foot">
          <span class="row-way">
            {typeNames[item.type]} by {dialectNames[item.protocol]} <span aria-hidden="true">→</span>
            <span class="unseen"> to </span> <bdi>{pathOf(item.target)}</bdi>
          </span>
          <Chips item={item} tab={places.place.value.tab} />
        </span>
      </a>
    </li>
  );
}

/** What it says, or why it says nothing. */
function RowWords({ item }: { readonly item: Item }): JSX.Element | null {
  if (item.refusal !== null) return <span class="row-words bad">{item.refusal.detail}</span>;
  if (item.excerpt === null) return null;
  return (
    <span class="row-words" dir="auto" lang={langOf(item.source.language)}>
      <Quote excerpt={item.excerpt} />
    </span>
  );
}
