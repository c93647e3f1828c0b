import type { Directory } from '../linkback/directory.ts';

/** How old what is known of sites and rules may be, in milliseconds: commands and other processes change them, too. */
export const refreshEveryMs = 30_000;

/** How often the clock is looked at, which may be set, or moved by a test. */
const lookEveryMs = 1000;

export type RefreshOptions = {
  readonly directory: Pick<Directory, 'reload'>;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
};

/**
 * Reads sites and rules again now and then, until the function it gives back is called; keeps no process alive.
 *
 * What cannot be read at the moment stays as it is known.
 */
export function keepFresh({ directory, now, onError }: RefreshOptions): () => void {
  let readAt = now();
  const timer = setInterval(() => {
    if (Math.abs(now() - readAt) < refreshEveryMs) return;
    readAt = now();
    directory.reload().catch(onError);
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}
