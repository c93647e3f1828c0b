import type { JudgedPing } from './accept.ts';
import { perHour, perMinute } from './buckets.ts';
import type { Claim, Ledger } from './ledger.ts';
import type { TrustStore } from './ports.ts';
import { refuse, type Refusal } from './refusal.ts';

/** Pings that name pages of one host as their sources, in an hour. */
export const pingsPerHost = 60;
/** The same of one registrable domain: hosts cost nothing below a name one has. */
export const pingsPerDomain = 120;
/** Pings for one of our pages, in an hour. */
export const pingsPerTarget = 600;

export type CountedPing = Pick<JudgedPing, 'site' | 'sourceHost' | 'targetKey'> & {
  /** Whether nobody has announced this pair before. */
  readonly isNew: boolean;
};

/** How many pings are taken: each verb counts one, or gives `too-many` with the seconds until there may be another. */
export type Allowance = {
  /** Counts a ping with its caller, whatever becomes of it. */
  readonly caller: (senderIp: string, now: number) => Promise<Refusal | undefined>;
  /** Counts what a ping would have us store and look at; one that is refused counts nowhere. */
  readonly ping: (ping: CountedPing, now: number) => Promise<Refusal | undefined>;
};

export type AllowanceOptions = {
  /** Of one caller. */
  readonly pingsPerMinute: number;
  /** Pairs nobody has heard of, from everybody together. */
  readonly newPairsPerMinute: number;
  /** The registrable domain of a host. */
  readonly domainOf: (host: string) => string;
  readonly isApprovedHost: TrustStore['isApprovedHost'];
  readonly ledger: Ledger;
};

/** For when limits are off. */
export const anyCaller: Allowance['caller'] = async () => undefined;

/**
 * Makes the limits on pings. docs/adr/0011-limits.md says why they are in this order.
 *
 * What strangers can use up together, a page's share and everybody's, holds up no host that the owner has approved.
 *
 * Limits:  `pingsPerMinute` of one caller; {@link pingsPerHost}, {@link pingsPerDomain}, {@link pingsPerTarget},
 *          `newPairsPerMinute`. Each can be used at once, and fills up again little by little.
 * Refuses: `too-many`.
 */
export function makeAllowance({
  pingsPerMinute,
  newPairsPerMinute,
  domainOf,
  isApprovedHost,
  ledger,
}: AllowanceOptions): Allowance {
  const callers = perMinute(pingsPerMinute);
  /** Takes a token of each bucket, or of none. */
  const count = async (claims: readonly Claim[], now: number): Promise<Refusal | undefined> => {
    const waitMs = await ledger.take(claims, now);
    return waitMs > 0 ? refuse('too-many', Math.ceil(waitMs / 1000)) : undefined;
  };
  return {
    caller: (senderIp, now) => count([{ kind: 'caller', key: callerOf(senderIp), rate: callers }], now),
    ping: async ({ site, sourceHost, targetKey, isNew }, now) => {
      const own: Claim[] = [
        { kind: 'host', key: sourceHost, rate: perHour(pingsPerHost) },
        { kind: 'domain', key: domainOf(sourceHost), rate: perHour(pingsPerDomain) },
      ];
      const shared: Claim[] = [{ kind: 'target', key: targetKey, rate: perHour(pingsPerTarget) }];
      if (isNew) shared.push({ kind: 'everybody', key: '', rate: perMinute(newPairsPerMinute) });
      const isSpared = (await ledger.waitMs(shared, now)) > 0 && (await isApprovedHost(site, sourceHost));
      return count(isSpared ? own : [...own, ...shared], now);
    },
  };
}

/** The one caller that all are who have no address. */
export const nobodyKnown = 'unknown';

/**
 * Who calls, for limits: one IPv4 address, or the /64 that one IPv6 subscriber has to themselves.
 *
 * What is no address is all one caller: nobody becomes somebody else by spelling.
 */
export function callerOf(ip: string): string {
  if (/^[\d.]+$/u.test(ip)) return URL.parse(`http://${ip}/`)?.hostname === ip ? ip : nobodyKnown;
  const groups = groupsOf(ip.replace(/%.*$/su, ''));
  if (groups === undefined) return nobodyKnown;
  const [, , , , , sixth, ...last] = groups;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && sixth === 0xffff;
  if (isMapped) return last.flatMap((group) => [group >> 8, group & 0xff]).join('.');
  const prefix = groups.slice(0, 4).map((group) => group.toString(16));
  return `${prefix.join(':')}::/64`;
}

/** The eight groups of an IPv6 address, however it is spelled. */
function groupsOf(ip: string): readonly number[] | undefined {
  const spelled = /^[\da-f:.]+$/iu.test(ip) ? URL.parse(`http://[${ip}]/`)?.hostname.slice(1, -1) : undefined;
  if (spelled === undefined) return undefined;
  const [head = [], tail = []] = spelled.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}
