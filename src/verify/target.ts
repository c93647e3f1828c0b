import type { TargetStore } from '../linkback/ports.ts';
import type { FetchPage } from '../web/fetch.ts';

const minute = 60_000;

/** How long a look at one of our own pages is believed: a page that is missing may be published any minute. */
const believed = { there: 24 * 60 * minute, gone: 10 * minute, unknown: 5 * minute } as const;

export type TargetOptions = {
  readonly store: TargetStore;
  readonly fetchPage: FetchPage;
  readonly now: () => number;
};

/** Tells whether one of our own pages is definitely not there. */
export type IsTargetGone = (key: string, target: URL, signal: AbortSignal) => Promise<boolean>;

/**
 * Makes the cached look at our own pages.
 *
 * Only 404 and 410 mean gone: a page of ours that cannot be reached now is not held against the sender.
 */
export function makeIsTargetGone({ store, fetchPage, now }: TargetOptions): IsTargetGone {
  const underWay = new Map<string, Promise<boolean>>();

  const look = async (key: string, target: URL, signal: AbortSignal): Promise<boolean> => {
    const fetched = await fetchPage(target, signal);
    const status = fetched.kind === 'answer' ? fetched.status : undefined;
    const isGone = status === 404 || status === 410;
    const trust = isGone ? believed.gone : status === undefined ? believed.unknown : believed.there;
    await store.saveTargetLook(key, { isGone, expiresAt: now() + trust });
    return isGone;
  };

  return async (key, target, signal) => {
    const known = await store.targetLook(key);
    if (known !== undefined && known.expiresAt > now()) return known.isGone;
    const looking = underWay.get(key) ?? look(key, target, signal).finally(() => underWay.delete(key));
    underWay.set(key, looking);
    return looking;
  };
}
