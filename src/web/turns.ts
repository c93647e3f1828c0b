import type { HostTurns } from '../linkback/shared-limits.ts';
import type { Cap } from './cap.ts';
import { domainOf } from './domain.ts';

/** Fetches under way at once, whoever they are for. */
export const maxFetches = 64;
/** How many of them may be on hosts that have said nothing for {@link silentAfterMs}. */
export const maxSilentFetches = 16;
export const silentAfterMs = 1000;
/** Fetches under way at once for all hosts of one registrable domain; a host has one. */
export const maxFetchesPerDomain = 6;
/** How long a host is left alone after a fetch, in milliseconds. */
export const hostRestMs = 1000;

/** How long a host that is another process's is left alone before it is asked for again, in milliseconds. */
const askAgainMs = 500;

export type Turn = {
  /** The host has been silent for long: false when too many are, and this fetch must give up its place. */
  readonly maySitSilent: () => boolean;
  readonly end: () => void;
};

/** Why there is no turn now: the host has had its share of requests. */
export class OverCap extends Error {
  readonly waitMs: number;

  constructor(host: string, waitMs: number) {
    super(`${host} has been asked often enough for now`);
    this.waitMs = waitMs;
  }
}

export type Turns = {
  /**
   * Waits until this URL's host may be fetched from, and counts one request to it; `start` is where redirects to it began.
   *
   * Throws: when the signal fires first; {@link OverCap}.
   */
  readonly take: (url: URL, signal: AbortSignal, start?: URL) => Promise<Turn>;
  /** Hosts with their port that have a turn now or rest after one; never our own. */
  readonly busyHosts: () => string[];
};

export type TurnsOptions = {
  readonly isPolite: boolean;
  /** Hosts of our own sites: they need no rest from us. */
  readonly isOurs: (url: URL) => boolean;
  /** Counts requests to hosts that are not ours; absent where any number may be made. */
  readonly cap?: Cap;
  /** Turns at hosts that other processes take, too; absent where there are no others. */
  readonly hosts?: HostTurns;
  /** Instead of {@link hostRestMs}. */
  readonly restMs?: number;
  /** A clock that never jumps, in milliseconds. */
  readonly nowMs?: () => number;
};

/**
 * Hands out turns to fetch, so that we are polite to each host and no host's silence costs the others their place.
 *
 * With `isPolite` false only the total holds: for benchmarks and tests on loopback.
 */
export function makeTurns({
  isPolite,
  isOurs,
  cap,
  hosts,
  restMs = hostRestMs,
  nowMs = () => performance.now(),
}: TurnsOptions): Turns {
  const underWay = new Set<Fetch>();
  const restUntil = new Map<string, number>();
  let silent = 0;
  let waiting: (() => void)[] = [];

  const wakeAll = (): void => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };

  /** Timers may run a little ahead of the clock: whoever is woken too early would wait for a next change in vain. */
  const wakeAt = (until: number): void => {
    const leftMs = until - nowMs();
    if (leftMs > 0) setTimeout(wakeAt, Math.ceil(leftMs), until).unref();
    else wakeAll();
  };

  const forgetRested = (): void => {
    for (const [host, until] of restUntil) if (until <= nowMs()) restUntil.delete(host);
  };

  const isFree = (url: URL): boolean => {
    if (underWay.size >= maxFetches) return false;
    if (!isPolite) return true;
    const all = [...underWay];
    const domain = domainOf(url.hostname);
    if (all.filter((each) => each.domain === domain).length >= maxFetchesPerDomain) return false;
    return isOurs(url) || !(restUntil.has(url.host) || all.some((each) => each.host === url.host));
  };

  const rest = (host: string, ms: number): void => {
    const until = nowMs() + ms;
    restUntil.set(host, until);
    wakeAt(until);
  };

  /** Asks the other processes for a turn at the host; one that is theirs rests for us meanwhile. */
  const askNeighbours = async ({ host, isOurs }: Fetch): Promise<string | undefined> => {
    if (hosts === undefined || !isPolite || isOurs) return '';
    const turn = await hosts.begin(host);
    if ('token' in turn) return turn.token;
    rest(host, Math.min(turn.waitMs, askAgainMs));
    return undefined;
  };

  const leave = (fetch: Fetch, token = ''): void => {
    underWay.delete(fetch);
    if (isPolite && !fetch.isOurs) rest(fetch.host, restMs);
    // Lost, it ends by itself before long.
    if (token !== '') hosts?.end(fetch.host, token, restMs).catch(() => undefined);
    wakeAll();
  };

  /** Stands in its place already while it asks, so that no other fetch begins meanwhile. */
  const begin = async (url: URL, start?: URL): Promise<Turn | undefined> => {
    const fetch = { host: url.host, domain: domainOf(url.hostname), isOurs: isOurs(url) };
    underWay.add(fetch);
    let token: string | undefined;
    try {
      token = await askNeighbours(fetch);
      const waitMs = fetch.isOurs || token === undefined ? 0 : ((await cap?.(url, start)) ?? 0);
      if (waitMs > 0) throw new OverCap(url.hostname, waitMs);
    } catch (error) {
      underWay.delete(fetch);
      if (token !== undefined && token !== '') hosts?.end(fetch.host, token, 0).catch(() => undefined);
      wakeAll();
      throw error;
    }
    if (token === undefined) {
      underWay.delete(fetch);
      wakeAll();
      return undefined;
    }
    let isSilent = false;
    return {
      maySitSilent: () => {
        if (!isPolite) return true;
        if (silent >= maxSilentFetches) return false;
        silent += 1;
        return (isSilent = true);
      },
      end: () => {
        if (isSilent) silent -= 1;
        leave(fetch, token);
      },
    };
  };

  return {
    take: async (url, signal, start) => {
      for (;;) {
        signal.throwIfAborted();
        forgetRested();
        const turn = isFree(url) ? await begin(url, start) : undefined;
        if (turn !== undefined) return turn;
        await nextChange(waiting, signal);
      }
    },
    busyHosts: () => {
      if (!isPolite) return [];
      forgetRested();
      const theirs = [...underWay].filter((each) => !each.isOurs);
      return [...theirs.map((each) => each.host), ...restUntil.keys()];
    },
  };
}

type Fetch = { readonly host: string; readonly domain: string; readonly isOurs: boolean };

async function nextChange(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.push(wake);
    signal.addEventListener('abort', wake);
  });
}
