import { domainOf } from './domain.ts';
import type { Hourly } from '../linkback/shared-limits.ts';

/** Requests to one host within an hour, whoever wants them and whatever for. */
export const requestsPerHost = 60;
/** Requests to all hosts of one registrable domain within an hour: names cost nothing below a name one has. */
export const requestsPerDomain = 120;
/** How many of those may come by redirects from elsewhere: nobody else uses up what a host needs for its own pings. */
const onwardShare = 1 / 3;

/**
 * Counts a request to a URL's host, unless that host has had its share: then gives the milliseconds until it may be asked
 * again. `start` is the URL whose redirects led here.
 */
export type Cap = (url: URL, start?: URL) => Promise<number>;

type Share = readonly [key: string, most: number];

/**
 * Makes the cap on what strangers can have us aim at somebody: anybody may name any page as a source, or redirect to it.
 *
 * Limits: {@link requestsPerHost}, all ports together; {@link requestsPerDomain}; of each, {@link onwardShare} by redirects
 *         from other domains.
 */
export function makeCap(now: () => number, hourly: Hourly): Cap {
  return async (url, start = url) => {
    const host = hostOf(url);
    const domain = domainOf(host);
    const all: Share[] = [
      [`host ${host}`, requestsPerHost],
      [`domain ${domain}`, requestsPerDomain],
    ];
    const isOnward = domainOf(hostOf(start)) !== domain;
    const onward = all.map(([key, most]): Share => [`to ${key}`, most * onwardShare]);
    const shares = isOnward ? [...all, ...onward] : all;
    return hourly.take(shares, now());
  };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/\.$/u, '');
}
