import { sayError } from './call.ts';
import { tabs } from './place.ts';
import type { Store } from './store.ts';

/** A key, what it does, and how it is told in the overview. */
export type Binding = {
  readonly keys: readonly string[];
  readonly does: string;
  readonly run: (store: Store) => void;
};

const decides = (key: string, does: string, to: 'approved' | 'rejected' | 'spam' | 'pending'): Binding => ({
  keys: [key],
  does,
  run: (store) => {
    if (store.selection.isEverything.peek())
      store.notices.say('Use the buttons above the list for everything that matches.');
    else store.decide(to);
  },
});

/** The keys of the inbox, in the order in which they are told. */
export const bindings: readonly Binding[] = [
  { keys: ['j', 'ArrowDown'], does: 'Next', run: ({ cursor }) => cursor.step(1) },
  { keys: ['k', 'ArrowUp'], does: 'Previous', run: ({ cursor }) => cursor.step(-1) },
  decides('a', 'Approve', 'approved'),
  decides('r', 'Reject', 'rejected'),
  decides('s', 'Mark as spam', 'spam'),
  decides('p', 'Back to pending', 'pending'),
  { keys: ['z', 'u'], does: 'Undo', run: ({ decisions }) => void decisions.undo() },
  {
    keys: ['x'],
    does: 'Select',
    run: ({ cursor, selection }) => {
      const id = cursor.current.peek();
      if (id !== null) selection.toggle(id);
    },
  },
  {
    keys: ['*'],
    does: 'Select all that are loaded',
    run: ({ list, selection }) => selection.toggleAll(list.items.peek().map(({ id }) => id)),
  },
  { keys: ['Enter'], does: 'Open', run: openCurrent },
  { keys: ['o'], does: 'Open the source page', run: openSource },
  { keys: ['c'], does: 'Check again', run: (store) => void checkAgain(store) },
  { keys: ['n'], does: 'Show what is new', run: ({ list }) => list.showFresh() },
  { keys: ['/'], does: 'Search', run: () => document.getElementById('filter-q')?.focus() },
  ...tabs.map((tab, index) => ({
    keys: [String(index + 1)],
    does: index === 0 ? 'Go to a list' : '',
    run: ({ places }: Store) => places.go({ ...places.place.peek(), tab, id: null }),
  })),
  { keys: ['Escape'], does: 'Close, or select nothing', run: stepBack },
  { keys: ['?'], does: 'Show these keys', run: ({ isHelpOpen }) => (isHelpOpen.value = true) },
];

/** Listens for keys, where they are not meant for a field, a dialog or the browser. */
export function listenForKeys(document: Document, store: Store): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (store.session.sign.peek() !== 'in' || isTaken(event, document)) return;
    if (!store.hasKeys.peek() && event.key.length === 1 && event.key !== '?') return;
    if (store.places.place.peek().view !== 'inbox' && event.key !== '?') return;
    const binding = bindings.find(({ keys }) => keys.includes(event.key));
    if (binding === undefined) return;
    event.preventDefault();
    binding.run(store);
  });
}

/** Whether a key belongs to what has the focus: text that is written, a dialog, a link or a button that is pressed. */
function isTaken({ key, target }: KeyboardEvent, document: Document): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('textarea, select, input:not([type="checkbox"]):not([type="radio"])')) return true;
  if (key === 'Enter') return target.matches('a, button, summary, input');
  return key.startsWith('Arrow') && target.closest('.detail, nav') !== null;
}

function openCurrent({ cursor }: Store): void {
  const id = cursor.current.peek();
  if (id !== null) cursor.open(id);
}

function openSource({ cursor, list, detail }: Store): void {
  const id = cursor.current.peek();
  const item = list.items.peek().find((each) => each.id === id) ?? detail.detail.peek();
  const url = item?.source.url ?? '';
  if (/^https?:\/\//iu.test(url)) window.open(url, '_blank', 'noopener,noreferrer');
}

async function checkAgain({ cursor, api, notices, detail }: Store): Promise<void> {
  const id = cursor.current.peek();
  if (id === null) return;
  try {
    await api.verify(id);
    notices.say('The page is being checked again.');
    detail.refresh([id]);
  } catch (error) {
    notices.complain(`It could not be checked. ${sayError(error)}`);
  }
}

function stepBack({ selection, places, notices }: Store): void {
  if (selection.ids.peek().size > 0) selection.clear();
  else if (places.place.peek().id !== null) places.close();
  else notices.dismiss();
}
