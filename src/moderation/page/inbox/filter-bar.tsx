import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useStore } from '../state/context.ts';
import { filterNames, type Filter, type FilterName } from '../state/place.ts';
import { dialectNames, typeNames } from '../words/states.ts';
import { FilterChoice } from './filter-choice.tsx';

/** How long typing may pause before the list follows, in milliseconds. */
const pauseMs = 250;

/** Search and filters; all of it stands in the address. */
export function FilterBar(): JSX.Element {
  const store = useStore();
  const { places } = store;
  const place = places.place.value;
  const isOpen = useSignal(false);
  const set = (name: FilterName, value: string): void => {
    places.go({
      ...places.place.peek(),
      filter: withFilter(places.place.peek().filter, name, value),
      id: null,
    });
  };
  const names = siteNames(store);
  const inUse = filterNames.filter((name) => name !== 'q' && place.filter[name] !== undefined).length;
  return (
    <search class={`filters ${isOpen.value ? 'open' : ''}`}>
      <TypedFilter name="q" label="Search" placeholder="Search" set={set} />
      <button
        type="button"
        class="filters-toggle"
        aria-expanded={isOpen}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        Filters{inUse === 0 ? '' : ` (${inUse})`}
      </button>
      <div class="filters-more">
        {names.length > 1 ? (
          <FilterChoice
            name="site"
            label="Site"
            every="All sites"
            options={names.map((each) => [each, each])}
            set={set}
          />
        ) : null}
        <FilterChoice
          name="protocol"
          label="Dialect"
          every="All dialects"
          options={Object.entries(dialectNames)}
          set={set}
        />
        <FilterChoice
          name="type"
          label="Type"
          every="All types"
          options={Object.entries(typeNames)}
          set={set}
        />
        <TypedFilter name="host" label="Source host" placeholder="Host" set={set} />
        <select
          aria-label="Order"
          value={place.order}
          onChange={(event) =>
            places.go({ ...place, order: event.currentTarget.value === 'oldest' ? 'oldest' : 'newest' })
          }
        >
          <option value="newest">Newest first</option>
          <option value="oldest">Oldest first</option>
        </select>
        {Object.keys(place.filter).length === 0 ? null : (
          <button type="button" class="plain" onClick={() => places.go({ ...place, filter: {}, id: null })}>
            Clear
          </button>
        )}
      </div>
    </search>
  );
}

type TypedFilterProps = {
  readonly name: 'q' | 'host';
  readonly label: string;
  readonly placeholder: string;
  readonly set: (name: FilterName, value: string) => void;
};

/** A filter that is typed: the list follows when the typing pauses, or at Enter. */
function TypedFilter({ name, label, placeholder, set }: TypedFilterProps): JSX.Element {
  const { places } = useStore();
  const asked = places.place.value.filter[name] ?? '';
  const typed = useSignal(asked);
  useEffect(() => {
    typed.value = asked;
  }, [asked]);
  const text = typed.value.trim();
  useEffect(() => {
    if (text === asked) return undefined;
    const timer = setTimeout(() => set(name, text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      id={`filter-${name}`}
      class={`filter-${name}`}
      aria-label={label}
      placeholder={placeholder}
      autocomplete="off"
      spellcheck={false}
      maxLength={200}
      value={typed}
      onInput={(event) => (typed.value = event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') set(name, text);
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}

function withFilter(filter: Filter, name: FilterName, value: string): Filter {
  const { [name]: _before, ...rest } = filter;
  return value === '' ? rest : { ...rest, [name]: value };
}

/** The sites that there are, or as far as they are known from what is listed. */
function siteNames({ sites, list, session }: ReturnType<typeof useStore>): readonly string[] {
  if (session.session.value?.site) return [];
  const known = sites.value?.map(({ slug }) => slug) ?? list.items.value.map(({ site }) => site);
  return [...new Set(known)].sort();
}
