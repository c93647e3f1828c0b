import { signal, type ReadonlySignal } from '@preact/signals';
import type { Counts, Item } from './shapes.ts';

/** How the page hears of what happens: told at once, by asking now and then, or not, for nobody answers. */
export type Hearing = 'connecting' | 'live' | 'asking' | 'lost' | 'off';

/** How often the service is asked while it cannot tell by itself, in milliseconds. */
const askEveryMs = 15_000;
/** How often it is tried whether the service can tell by itself again, in milliseconds. */
const tryAgainMs = 60_000;

export type LiveNeeds = {
  readonly onItem: (item: Item) => void;
  readonly onErased: (id: string) => void;
  readonly onCounts: (counts: Counts) => void;
  /** Something has happened that is not told one by one, or may have been missed. False: nobody answers. */
  readonly catchUp: () => Promise<boolean>;
};

export type Live = {
  readonly hearing: ReadonlySignal<Hearing>;
  readonly start: () => void;
  readonly stop: () => void;
};

/** Listens to the service's events, and asks now and then while there are none. */
export function makeLive({ onItem, onErased, onCounts, catchUp }: LiveNeeds): Live {
  const hearing = signal<Hearing>('off');
  let source: EventSource | undefined;
  let asking: ReturnType<typeof setInterval> | undefined;
  let trying: ReturnType<typeof setTimeout> | undefined;
  let wasLive = false;

  const hear = (name: string, take: (told: unknown) => void): void => {
    source?.addEventListener(name, (event: MessageEvent<string>) => take(JSON.parse(event.data)));
  };

  const ask = async (): Promise<void> => {
    const isAnswered = await catchUp();
    if (asking !== undefined) hearing.value = isAnswered ? 'asking' : 'lost';
  };

  const askInstead = (): void => {
    asking ??= setInterval(() => void ask(), askEveryMs);
    void ask();
  };

  const listen = (): void => {
    source = new EventSource('api/moderation/live');
    source.addEventListener('open', () => {
      clearInterval(asking);
      asking = undefined;
      hearing.value = 'live';
      if (wasLive) void catchUp();
      wasLive = true;
    });
    source.addEventListener('error', () => {
      askInstead();
      // The browser tries again by itself, but not after an answer that is no stream.
      if (source?.readyState === EventSource.CLOSED) trying = setTimeout(listen, tryAgainMs);
    });
    hear('filed', (told) => onItem(told as Item));
    hear('changed', (told) => onItem(told as Item));
    hear('erased', (told) => onErased((told as Pick<Item, 'id'>).id));
    hear('counts', (told) => onCounts(told as Counts));
    hear('decided', () => void catchUp());
    hear('missed', () => void catchUp());
  };

  const stop = (): void => {
    source?.close();
    clearInterval(asking);
    clearTimeout(trying);
    source = undefined;
    asking = undefined;
    wasLive = false;
    hearing.value = 'off';
  };

  return {
    hearing,
    start: () => {
      stop();
      hearing.value = 'connecting';
      listen();
    },
    stop,
  };
}
