import { domainOf } from './domain.ts';
import { makeHourly } from './hourly.ts';

/** Requests to one host within an hour, whoever wants them and whatever for. */
export const requestsPerHost = 60;
/** Requests to all hosts of one registrable domain within an hour: names cost nothing below a name one has. */
export const requestsPerDomain = 120;

/** Counts a request to a URL's host, unless that host has had its share: then gives the milliseconds until it may be asked again. */
export type Cap = (url: URL) => Promise<number>;

/**
 * Makes the cap on what strangers can have us aim at somebody: anybody may name any page as a source, or redirect to it.
 *
 * Limits: {@link requestsPerHost}, all ports together; {@link requestsPerDomain}.
 */
export function makeCap(now: () => number): Cap {
  const hourly = makeHourly();
  return async ({ hostname }) => {
    const host = hostname.replace(/\.$/u, '');
    const shares = [
      [`host ${host}`, requestsPerHost],
      [`domain ${domainOf(host)}`, requestsPerDomain],
    ] as const;
    const at = now();
    const waitMs = Math.max(...shares.map(([key, most]) => hourly.waitMs(key, most, at)));
    if (waitMs === 0) for (const [key] of shares) hourly.count(key, at);
    return waitMs;
  };
}
