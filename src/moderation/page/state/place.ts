import type { Query } from './owner-api.ts';

/** What the page can show. */
export const views = ['inbox', 'rules', 'sites', 'tokens', 'webhooks', 'start'] as const;
export type View = (typeof views)[number];

/** The inbox's lists, in the order in which they stand. */
export const tabs = ['pending', 'approved', 'spam', 'rejected', 'gone', 'failed', 'all'] as const;
export type Tab = (typeof tabs)[number];

/** What narrows a list down, by the names that the API has for it. */
export const filterNames = ['site', 'protocol', 'type', 'host', 'q'] as const;
export type FilterName = (typeof filterNames)[number];
export type Filter = Readonly<Partial<Record<FilterName, string>>>;

/** Where in the page somebody is: all of it stands in the address, so it can be kept, shared and gone back to. */
export type Place = {
  readonly view: View;
  readonly tab: Tab;
  readonly filter: Filter;
  readonly order: 'newest' | 'oldest';
  /** The linkback that is open. */
  readonly id: string | null;
  /** What a form begins with, or which part of a view is open. */
  readonly more: Query;
};

export const inboxPlace: Place = {
  view: 'inbox',
  tab: 'pending',
  filter: {},
  order: 'newest',
  id: null,
  more: {},
};

const known = new Set<string>([...filterNames, 'view', 'tab', 'order', 'id']);

export function parsePlace(search: string): Place {
  const asked = new URLSearchParams(search);
  const filter = Object.fromEntries(
    filterNames.map((name) => [name, asked.get(name)?.trim() ?? '']).filter(([, value]) => value !== ''),
  ) as Filter;
  return {
    view: views.find((view) => view === asked.get('view')) ?? 'inbox',
    tab: tabs.find((tab) => tab === asked.get('tab')) ?? 'pending',
    filter,
    order: asked.get('order') === 'oldest' ? 'oldest' : 'newest',
    id: asked.get('id') || null,
    more: Object.fromEntries([...asked].filter(([name]) => !known.has(name))),
  };
}

/** The address of a place, relative to the page's own; what is usual is left out. */
export function hrefOf(place: Place): string {
  const query = new URLSearchParams({
    ...(place.view === 'inbox' ? {} : { view: place.view }),
    ...(place.tab === 'pending' ? {} : { tab: place.tab }),
    ...place.filter,
    ...(place.order === 'newest' ? {} : { order: place.order }),
    ...place.more,
    ...(place.id === null ? {} : { id: place.id }),
  }).toString();
  return query === '' ? 'moderate' : `moderate?${query}`;
}

/** What the API is asked for a place's list. */
export function listQuery({ tab, filter, order }: Place): Query {
  return { ...tabQuery(tab), ...filter, order };
}

/** What waits is what was found to be true, and not decided on: nobody needs to look at the rest. */
export function tabQuery(tab: Tab): Query {
  switch (tab) {
    case 'pending':
      return { moderation: 'pending', verification: 'verified' };
    case 'approved':
    case 'spam':
    case 'rejected':
      return { moderation: tab };
    case 'gone':
      return { attention: 'gone' };
    case 'failed':
      return { attention: 'failed' };
    case 'all':
      return {};
  }
}
