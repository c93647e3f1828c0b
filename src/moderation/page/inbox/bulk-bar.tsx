import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Confirm } from '../parts/dialog.tsx';
import { useStore } from '../state/context.ts';
import { tabQuery, type Place } from '../state/place.ts';
import type { Counts, Moderation } from '../state/shapes.ts';
import {
  count,
  decisionTitles,
  decisionVerbs,
  dialectNames,
  numbers,
  tabNames,
  typeNames,
} from '../words/states.ts';

/** What can be done with what is selected: some rows, or all that the filter lets through. */
export function BulkBar(): JSX.Element {
  const store = useStore();
  const { selection, list, places, decide } = store;
  const asked = useSignal<Moderation | null>(null);
  const place = places.place.value;
  const ids = selection.ids.value;
  const items = list.items.value;
  const isAll = items.length > 0 && items.every(({ id }) => ids.has(id));
  const isEverything = selection.isEverything.value;
  const act = (to: Moderation): void => {
    if (isEverything) asked.value = to;
    else decide(to);
  };
  if (ids.size === 0) return <></>;
  return (
    <div class="bulk" role="region" aria-label="Selected linkbacks">
      <label class="pick">
        <input
          type="checkbox"
          aria-label="Select all that are loaded"
          checked={isAll}
          onChange={() => selection.toggleAll(items.map(({ id }) => id))}
        />
      </label>
      <span class="bulk-count" role="status">
        {isEverything
          ? `Selected: ${everythingWords(list.counts.value, place)}`
          : `${numbers.format(ids.size)} selected`}
      </span>
      {isAll && list.hasMore.value && !isEverything && canBeFilter(place) ? (
        <button type="button" class="plain link" onClick={selection.selectEverything}>
          Select all that match
        </button>
      ) : null}
      <span class="buttons">
        {(['approved', 'rejected', 'spam', 'pending'] as const)
          .filter((to) => to !== place.tab)
          .map((to) => (
            <button key={to} type="button" class={`small ${to}`} onClick={() => act(to)}>
              {decisionVerbs[to]}
            </button>
          ))}
        <button type="button" class="plain" onClick={selection.clear}>
          Clear
        </button>
      </span>
      {asked.value === null ? null : (
        <ConfirmEverything to={asked.value} onEnd={() => (asked.value = null)} />
      )}
    </div>
  );
}

function ConfirmEverything({
  to,
  onEnd,
}: {
  readonly to: Moderation;
  readonly onEnd: () => void;
}): JSX.Element {
  const { selection, list, places, decisions } = useStore();
  const place = places.place.value;
  const yes = (): void => {
    onEnd();
    selection.clear();
    void decisions.decideAll(filterOf(place), to);
  };
  return (
    <Confirm
      title={`${decisionTitles[to]} ${everythingWords(list.counts.value, place)}?`}
      yes={decisionVerbs[to]}
      isHarmless
      onYes={yes}
      onNo={onEnd}
    >
      <p>This decides also on what is not loaded here. You can undo it as a whole.</p>
      <ul class="facts">
        {filterWords(place).map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </Confirm>
  );
}

/** What the API decides on: lists of troubles are no filter of its own. */
function canBeFilter({ tab }: Place): boolean {
  return tab !== 'failed';
}

function filterOf({ tab, filter }: Place): Readonly<Record<string, string>> {
  const own = tab === 'gone' ? { moderation: 'approved', verification: 'gone' } : tabQuery(tab);
  return { ...own, ...filter };
}

/** How many that is, when the counts tell: they know of sites, and of no other filter. */
function everythingWords(counts: Counts | null, { tab, filter }: Place): string {
  const isNarrowed = Object.keys(filter).some((name) => name !== 'site');
  if (counts === null || isNarrowed || tab === 'failed') return 'everything that matches the filter';
  const number = {
    pending: counts.waiting,
    approved: counts.moderation.approved,
    spam: counts.moderation.spam,
    rejected: counts.moderation.rejected,
    gone: counts.approvedButGone,
    all: Object.values(counts.moderation).reduce((sum, each) => sum + each, 0),
  }[tab];
  return `all ${count(number, 'linkback')} that match`;
}

function filterWords({ tab, filter }: Place): readonly string[] {
  const { site, protocol, type, host, q } = filter;
  const name = (names: Readonly<Record<string, string>>, of: string): string => names[of] ?? of;
  return [
    `List: ${tabNames[tab]}`,
    ...(site === undefined ? [] : [`Site: ${site}`]),
    ...(protocol === undefined ? [] : [`Dialect: ${name(dialectNames, protocol)}`]),
    ...(type === undefined ? [] : [`Type: ${name(typeNames, type)}`]),
    ...(host === undefined ? [] : [`Source host: ${host} and hosts below it`]),
    ...(q === undefined ? [] : [`Text: “${q}”`]),
  ];
}
