import type { FastifyBaseLogger } from 'fastify';
import type { Config } from './config.ts';
import type { Site } from './linkback/site.ts';
import { isOwnRoute } from './linkback/site.ts';
import type { Store } from './linkback/store.ts';
import { makeMeasuredVerify } from './measured.ts';
import type { Metrics } from './metrics.ts';
import type { SharedLimits } from './store/limits.ts';
import type { Verify } from './verify/verify.ts';
import { makeCap } from './web/cap.ts';
import { makeFetchPage } from './web/fetch.ts';
import { makeGuard, type Guard } from './web/guard.ts';
import { makeHourly } from './web/hourly.ts';
import { openReader } from './web/reader.ts';
import { makeResolve } from './web/resolve.ts';
import { makeTurns } from './web/turns.ts';

export type LookingNeeds = {
  readonly store: Store;
  /** What several processes count together; absent where there is one. */
  readonly shared: Pick<SharedLimits, 'hourly' | 'hosts'> | undefined;
  readonly sites: () => readonly Site[];
  readonly siteOf: (slug: string) => Site | undefined;
  readonly base: () => URL;
  /** How it names itself to the pages that it looks at. */
  readonly userAgent: () => string;
  readonly metrics: Metrics;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
  readonly now: () => number;
  /** Instead of the turns' own rest, in milliseconds. */
  readonly hostRestMs: number | undefined;
};

/** Everything that goes out to look at pages. */
export type Looking = {
  readonly verify: Verify;
  readonly guard: Guard;
  /** Hosts that are to be left alone for now. */
  readonly busyHosts: () => readonly string[] | 'ignore';
  readonly close: () => Promise<void>;
};

/** Builds the verification of linkbacks, with what keeps it careful and polite. */
export function makeLooking(config: Config, needs: LookingNeeds): Looking {
  const { store, shared, sites, siteOf, base, userAgent, now, hostRestMs } = needs;
  const turns = makeTurns({
    isPolite: config.limits,
    isOurs: ({ host }) => sites().some(({ addresses }) => addresses.some((address) => address.host === host)),
    ...(config.limits ? { cap: makeCap(now, shared?.hourly ?? makeHourly()) } : {}),
    ...(shared === undefined ? {} : { hosts: shared.hosts }),
    ...(hostRestMs === undefined ? {} : { restMs: hostRestMs }),
  });
  const guard = makeGuard({
    resolve: makeResolve(config.dnsServers),
    exceptions: config.exceptions,
    allowIpHosts: config.allowIpHosts,
    isOwnRoute: (url) => isOwnRoute(url, base(), sites()),
  });
  const reader = openReader();
  const verify = makeMeasuredVerify(needs.metrics, {
    store,
    siteOf,
    fetchPage: makeFetchPage({ guard, turns, userAgent, now }),
    reader,
    akismet: config.akismet,
    guard,
    userAgent,
    onAkismetTrouble: (detail, linkback) => {
      needs.log.warn({ linkback, detail }, 'Akismet gave no opinion');
    },
    now,
  });
  return {
    verify,
    guard,
    busyHosts: () => (config.limits ? turns.busyHosts() : 'ignore'),
    close: reader.close,
  };
}
