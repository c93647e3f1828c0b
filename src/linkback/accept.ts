import { randomBytes } from 'node:crypto';
import type { Claims } from './claims.ts';
import type { Dialect, Verification } from './linkback.ts';
import { hostOf, lenientForm, parsePageUrl } from './page-url.ts';
import { refuse, type Refusal } from './refusal.ts';
import { findSite, isBlockedHost, isClosedPath, pairKey, targetKey, type Site } from './site.ts';
import { decidingRule, type Rule } from './rule.ts';
import { Unavailable } from './unavailable.ts';

/** The raw request of any dialect, before anything is believed. */
export type Ping = {
  readonly dialect: Dialect;
  readonly source: string;
  readonly target: string;
  /** The caller's address, for limits and abuse reports. */
  readonly senderIp: string;
  /** The slug of the site whose endpoint was called; absent on an endpoint that serves all sites. */
  readonly site?: string;
  /** What the sender says of its page, where its dialect has room for that. */
  readonly claims?: Claims;
  /** A page that vouches for the source. Spec: Vouch. */
  readonly vouch?: string;
};

/** A ping that passed every check that needs no network: what the store writes down. */
export type AcceptedPing = {
  readonly dialect: Dialect;
  readonly site: string;
  readonly source: string;
  readonly sourceHost: string;
  /** Host and port, as the queue tells hosts apart. */
  readonly jobHost: string;
  readonly target: string;
  readonly targetKey: string;
  readonly fragment: string | null;
  /** Both ends in their lenient form: two pings with the same key are one linkback. */
  readonly pairKey: string;
  readonly senderIp: string;
  readonly claims: Claims | null;
  readonly vouch: string | null;
  /** For a ping that says the same as one just before it: no look that it asks for comes sooner. */
  readonly notBefore?: number;
  /** Ids to use when the pair is new: public and internal, and unguessable for the sender. */
  readonly newId: string;
  readonly newStatusId: string;
  readonly at: number;
};

/** What the store found and did when it wrote a ping down. */
export type Filed = {
  readonly linkbackId: string;
  readonly statusId: string;
  /** The state before this ping: `verified` means that it is registered already and only a recheck was queued. */
  readonly verification: Verification;
  /** True when the pair's job ended three processes: only the owner may have it looked at again. */
  readonly parked: boolean;
};

/** Says whether there is room for a ping, and how it is to be filed. */
export type Admit = (ping: JudgedPing, now: number) => Promise<Refusal | Pick<AcceptedPing, 'notBefore'>>;

/** What accepting needs from outside. */
export type AcceptPorts = {
  readonly sites: () => readonly Site[];
  /** The rules that stand on a site. */
  readonly rulesOf: (site: string) => readonly Rule[];
  readonly file: (ping: AcceptedPing) => Promise<Filed>;
  /** Counts a ping with its caller; gives `too-many` when they have sent more than their share. */
  readonly limitCaller: (senderIp: string, now: number) => Promise<Refusal | undefined>;
  readonly admit: Admit;
  readonly isStopping: () => boolean;
  readonly now: () => number;
  readonly newId: () => string;
};

/** Takes a ping; a dialect may have a refusal of its own, to be asked for only once the caller has been counted. */
export type Accept = (ping: Ping, objection?: () => Promise<Refusal | undefined>) => Promise<Filed | Refusal>;

/** How long a caller should wait when the store cannot take its ping, in seconds. */
export const unavailableRetrySeconds = 60;

/**
 * Makes the first verb of a linkback's life: a ping becomes a filed linkback or a refusal.
 *
 * When this gives {@link Filed}, the ping is on disk.
 *
 * Pings that say the same at the same time are one: all get the answer of the first.
 *
 * Refuses: what {@link judgePing}, the dialect and the limits refuse; `unavailable` when stopping or when the store
 *          cannot write; `our-fault` for a pair whose job is parked.
 * Throws:  only defects.
 */
export function makeAccept(ports: AcceptPorts): Accept {
  const underWay = new Map<string, Promise<Filed | Refusal>>();
  return async (ping, objection) => {
    if (ports.isStopping()) return refuse('unavailable', unavailableRetrySeconds);
    const over = await ports.limitCaller(ping.senderIp, ports.now());
    if (over !== undefined) return over;
    const judged = judgePing(ping, ports);
    if ('refused' in judged) return judged;
    const objected = await objection?.();
    if (objected !== undefined) return objected;
    const words = JSON.stringify({ ...judged, senderIp: '' });
    const filing = underWay.get(words) ?? file(judged, ports).finally(() => underWay.delete(words));
    underWay.set(words, filing);
    return filing;
  };
}

async function file(judged: JudgedPing, ports: AcceptPorts): Promise<Filed | Refusal> {
  const at = ports.now();
  try {
    const admitted = await ports.admit(judged, at);
    if ('refused' in admitted) return admitted;
    const newStatusId = randomBytes(16).toString('base64url');
    const filed = await ports.file({ ...judged, ...admitted, newId: ports.newId(), newStatusId, at });
    return filed.parked ? refuse('our-fault') : filed;
  } catch (error) {
    if (error instanceof Unavailable) return refuse('unavailable', unavailableRetrySeconds);
    throw error;
  }
}

/** A ping that passed every check that needs neither the network nor the store. */
export type JudgedPing = Omit<AcceptedPing, 'newId' | 'newStatusId' | 'at' | 'notBefore'>;

/**
 * Decides what can be decided about a ping without looking at the network or the store.
 *
 * Refuses: `source-unusable` and `target-closed` for what is no absolute http(s) URL, `target-closed` for a page that
 *          is on no site or closed, `same-page`, `access-denied` for what the owner has blocked.
 * Spec:    Pingback 1.0 section 3; Webmention 3.2.1.
 */
export function judgePing(
  ping: Ping,
  { sites, rulesOf }: Pick<AcceptPorts, 'sites' | 'rulesOf'>,
): JudgedPing | Refusal {
  const source = parsePageUrl(ping.source);
  if (source === undefined) return refuse('source-unusable');
  const target = parsePageUrl(ping.target);
  if (target === undefined) return refuse('target-closed');
  const site = findSite(sites(), target);
  if (site === undefined || (ping.site !== undefined && ping.site !== site.slug))
    return refuse('target-closed');
  if (lenientForm(source, site.addresses) === lenientForm(target, site.addresses)) return refuse('same-page');
  const sourceHost = hostOf(source);
  const isOwn = findSite([site], source) !== undefined;
  if (isBlockedHost(site, sourceHost) || (isOwn && !site.takesOwn)) return refuse('access-denied');
  if (isBlocked(ping.dialect, site, source, target, rulesOf(site.slug))) return refuse('access-denied');
  if (isClosedPath(site, target)) return refuse('target-closed');
  return {
    dialect: ping.dialect,
    site: site.slug,
    source: source.href,
    sourceHost,
    jobHost: source.host,
    target: target.href,
    targetKey: targetKey(site, target),
    fragment: target.hash === '' ? null : target.hash.slice(1),
    pairKey: pairKey(site, source, target),
    senderIp: ping.senderIp,
    claims: ping.claims ?? null,
    vouch: parsePageUrl(ping.vouch ?? '')?.href ?? null,
  };
}

function isBlocked(dialect: Dialect, site: Site, source: URL, target: URL, rules: readonly Rule[]): boolean {
  const blocking = rules.filter(({ action }) => action === 'block');
  const subject = {
    site: site.slug,
    source: source.href,
    target: target.href,
    dialects: [dialect],
    author: null,
  };
  return decidingRule(blocking, subject) !== undefined;
}
