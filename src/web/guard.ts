import { lookup } from 'node:dns/promises';
import {
  isExceptedAddress,
  isExceptedHost,
  isPublicAddress,
  literalAddress,
  type Exceptions,
} from './address.ts';
import type { Admission, Resolve } from './resolve.ts';

/** Ports on which blogs serve pages; '' is the scheme's own. */
const ports: ReadonlySet<string> = new Set(['', '80', '443', '8080', '8443']);

/** Top-level names that no public site has (RFC 6761 and common private use). */
const privateNames: ReadonlySet<string> = new Set(
  'localhost local internal intranet lan home corp test invalid example onion arpa'.split(' '),
);

export type GuardOptions = {
  readonly resolve: Resolve;
  readonly exceptions: Exceptions;
  /** Whether public IP literals may stand in for host names. */
  readonly allowIpHosts: boolean;
  /** Our own routes: fetching them would have us ping ourselves in circles. */
  readonly isOwnRoute: (url: URL) => boolean;
};

export type Guard = {
  /** Decides whether a URL may be fetched, and from which addresses. */
  readonly admit: (url: URL) => Promise<Admission>;
  /** The last word, once connected: whether this very address was allowed for this URL. */
  readonly mayTalkTo: (url: URL, address: string) => boolean;
};

/**
 * Makes the guard that keeps every fetch on the public internet.
 *
 * A name is judged by *all* its addresses: one private address among public ones is an attack, not a mistake.
 *
 * Limits: ports 80, 443, 8080 and 8443; names by `makeResolve`.
 */
export function makeGuard(options: GuardOptions): Guard {
  const { exceptions } = options;
  const mayTalkTo = (url: URL, address: string): boolean =>
    isExceptedHost(exceptions, url) ||
    isExceptedAddress(exceptions, address) ||
    (ports.has(url.port) && isPublicAddress(address));

  return {
    mayTalkTo,
    admit: async (url) => {
      if (options.isOwnRoute(url)) return refused('the URL is one of our own routes');
      const found = await addressesOf(url, options);
      if (found.kind !== 'admitted') return found;
      const bad = found.addresses.find((address) => !mayTalkTo(url, address));
      return bad === undefined
        ? found
        : refused(`${url.hostname} is at ${bad} port ${url.port || 'default'}`);
    },
  };
}

async function addressesOf(url: URL, options: GuardOptions): Promise<Admission> {
  const literal = literalAddress(url);
  if (literal !== undefined) {
    const isListed =
      isExceptedHost(options.exceptions, url) || isExceptedAddress(options.exceptions, literal);
    if (!isListed && !options.allowIpHosts) return refused('the host is an IP address');
    return { kind: 'admitted', addresses: [literal] };
  }
  // A name that the owner lists is one of their network: the system's own resolver knows it.
  if (isExceptedHost(options.exceptions, url)) return lookUpListed(url.hostname);
  const host = url.hostname.replace(/\.$/u, '');
  if (!isPublicName(host)) return refused(`${host} is no public name`);
  return options.resolve(host);
}

async function lookUpListed(host: string): Promise<Admission> {
  try {
    const found = await lookup(host, { all: true });
    return { kind: 'admitted', addresses: found.map((each) => each.address) };
  } catch (error) {
    return refused(`${host} was not found: ${String(error)}`);
  }
}

function isPublicName(host: string): boolean {
  const labels = host.split('.');
  const isWellFormed = labels.length >= 2 && labels.every((label) => label.length >= 1 && label.length <= 63);
  return isWellFormed && !privateNames.has(labels.at(-1) ?? '');
}

function refused(detail: string): Admission {
  return { kind: 'refused', detail };
}
