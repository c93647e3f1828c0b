import { signal, type ReadonlySignal } from '@preact/signals';
import { hrefOf, parsePlace, type Place } from './place.ts';

export type Places = {
  readonly place: ReadonlySignal<Place>;
  /** Goes there: a new step in the browser's history, unless it is only a small step aside. */
  readonly go: (place: Place, step?: 'new' | 'aside') => void;
  /** Closes what is open: back to where it was opened from, when it was. */
  readonly close: () => void;
};

/** Keeps the place and the browser's address one and the same. */
export function makePlaces(window: Window): Places {
  const place = signal(parsePlace(window.location.search));
  window.addEventListener('popstate', () => (place.value = parsePlace(window.location.search)));
  const go: Places['go'] = (to, step = 'new') => {
    const href = hrefOf(to);
    if (href === hrefOf(place.peek())) return;
    const isOpening = to.id !== null && place.peek().id === null && step === 'new';
    const wasOpened: unknown = window.history.state;
    if (step === 'aside') window.history.replaceState(wasOpened, '', href);
    else window.history.pushState(isOpening ? 'opened' : null, '', href);
    place.value = to;
  };
  return {
    place,
    go,
    close: () => {
      if (window.history.state === 'opened') window.history.back();
      else go({ ...place.peek(), id: null }, 'aside');
    },
  };
}
