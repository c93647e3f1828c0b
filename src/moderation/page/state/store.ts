import { computed, effect, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import { makeCall } from './call.ts';
import { makeCursor, type Cursor } from './cursor.ts';
import { makeDecisions, type Decisions } from './decisions.ts';
import type { Site } from './desk-shapes.ts';
import { makeDetail, type DetailState } from './detail.ts';
import { isInPlace } from './in-place.ts';
import { makeItemList, type ItemList } from './item-list.ts';
import { makeLive, type Live } from './live.ts';
import { makeNotices, type Notices } from './notices.ts';
import { makeDeskApi, makeOwnerApi, type DeskApi, type OwnerApi } from './owner-api.ts';
import { inboxPlace, listQuery } from './place.ts';
import { makePlaces, type Places } from './places.ts';
import { makeSelection, type Selection } from './selection.ts';
import { makeSession, makeSessionCell, type SessionState } from './session.ts';
import type { Item, Moderation } from './shapes.ts';

/** Below this width one thing is shown at a time. page.css has the same. */
const narrow = '(max-width: 55.999rem)';

/** Everything the page knows, and what can be done with it. */
export type Store = {
  readonly api: OwnerApi;
  readonly desk: DeskApi;
  readonly places: Places;
  readonly session: SessionState;
  readonly notices: Notices;
  readonly list: ItemList;
  readonly selection: Selection;
  readonly cursor: Cursor;
  readonly detail: DetailState;
  readonly decisions: Decisions;
  readonly live: Live;
  readonly isNarrow: ReadonlySignal<boolean>;
  /** The sites, when whoever is signed in may know them. */
  readonly sites: ReadonlySignal<readonly Site[] | null>;
  readonly loadSites: () => Promise<void>;
  readonly isHelpOpen: Signal<boolean>;
  /** Whether single letters are commands. */
  readonly hasKeys: Signal<boolean>;
  /** What keys and buttons decide on: what is selected, or else what the cursor is on. */
  readonly decide: (to: Moderation) => void;
  /** What was begun to be noted on linkbacks, by their ids. */
  readonly notes: Map<string, string>;
  /** Decides on these, and goes on to what comes next. */
  readonly decideOn: (items: readonly Item[], to: Moderation, note?: string) => void;
};

export function makeStore(window: Window): Store {
  const cell = makeSessionCell();
  const call = makeCall({ csrf: () => cell.peek()?.csrf, onSignedOut: () => session.end() });
  const api = makeOwnerApi(call);
  const desk = makeDeskApi(call);
  const session = makeSession(api, cell);
  const places = makePlaces(window);
  const notices = makeNotices();
  const isNarrow = matching(window, narrow);
  const list = makeItemList(api, () => places.place.peek());
  const selection = makeSelection();
  const cursor = makeCursor(list, places, isNarrow);
  const detail = makeDetail(api);
  const notes = new Map<string, string>();
  const decisions = makeDecisions({
    api,
    list,
    notices,
    show: (id) => {
      cursor.stand(id);
      if (places.place.peek().id !== null) places.go({ ...places.place.peek(), id }, 'aside');
    },
    onChange: detail.note,
    onDone: (ids) => {
      for (const id of ids) notes.delete(id);
      detail.refresh(ids);
    },
  });
  const live = makeLive({
    onItem: (item) => {
      list.note(item);
      detail.note(item);
      detail.refresh([item.id]);
    },
    onErased: (id) => {
      list.remove(new Set([id]));
      detail.forget(id);
    },
    onCounts: list.noteCounts,
    catchUp: () => {
      const shown = cursor.shown.peek();
      if (shown !== null) detail.refresh([shown]);
      return list.refresh();
    },
  });
  const sites = signal<readonly Site[] | null>(null);
  const loadSites = async (): Promise<void> => {
    sites.value = session.may('read') ? (await desk.sites()).items : null;
  };

  const chosen = (): readonly Item[] => {
    const ids = selection.ids.peek();
    const wanted = ids.size > 0 ? ids : new Set([cursor.current.peek()]);
    const listed = list.items.peek().filter(({ id }) => wanted.has(id));
    const open = detail.detail.peek();
    return listed.length === 0 && open !== null && wanted.has(open.id) ? [open] : listed;
  };

  const decideOn: Store['decideOn'] = (items, to, note) => {
    if (!session.may('moderate')) {
      notices.complain('Your token may look, but not decide.');
      return;
    }
    const place = places.place.peek();
    const leaving = items.filter((item) => !isInPlace({ ...item, moderation: to }, place));
    cursor.leave(new Set(leaving.map(({ id }) => id)));
    selection.clear();
    return void decisions.decide(items, to, note);
  };

  // What is listed follows the address, and who is signed in.
  const isIn = computed(() => session.sign.value === 'in');
  const isInbox = computed(() => places.place.value.view === inboxPlace.view);
  const wanted = computed(() =>
    isIn.value && isInbox.value ? JSON.stringify(listQuery(places.place.value)) : null,
  );
  effect(() => {
    if (wanted.value === null) return;
    untracked(() => {
      selection.clear();
      void list.load();
    });
  });
  effect(() => {
    const id = isInbox.value ? cursor.shown.value : null;
    if (isIn.value) untracked(() => void detail.show(id));
  });
  effect(() => {
    if (isIn.value) untracked(live.start);
    else untracked(live.stop);
  });

  return {
    api,
    desk,
    places,
    session,
    notices,
    list,
    selection,
    cursor,
    detail,
    decisions,
    live,
    isNarrow,
    sites,
    loadSites,
    isHelpOpen: signal(false),
    hasKeys: signal(true),
    decide: (to) => decideOn(chosen(), to),
    decideOn,
    notes,
  };
}

function matching(window: Window, query: string): ReadonlySignal<boolean> {
  const media = window.matchMedia(query);
  const matches = signal(media.matches);
  media.addEventListener('change', () => (matches.value = media.matches));
  return matches;
}
