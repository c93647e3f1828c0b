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

/** Top-level names that no public site has, but somebody's own network may. */
const privateNames: ReadonlySet<string> = new Set(
  'localhost local internal intranet lan home corp test arpa'.split(' '),
);

/** Top-level names that no site has anywhere (RFC 6761, RFC 7686). */
const nobodysNames: ReadonlySet<string> = new Set('invalid example onion'.split(' '));

/** What `localhost` and the names below it mean (RFC 6761). */
const loopback: readonly string[] = ['127.0.0.1', '::1'];

export type GuardOptions = {
  readonly resolve: Resolve;
  readonly exceptions: Exceptions;
  /** Whether public IP literals may stand in for host names. */
  readonly allowIpHosts: boolean;
  /** Our own routes: fetching them would have us ping ourselves in circles. */
  readonly isOwnRoute: (url: URL) => boolean;
};

export type Guard = {
  /** Decides whether a URL may be fetched, and from which addresses; gives up when the signal fires. */
  readonly admit: (url: URL, signal?: AbortSignal) => Promise<Admission>;
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
    admit: async (url, signal) => {
      if (options.isOwnRoute(url)) return refused('the URL is one of our own routes');
      const found = await addressesOf(url, options, signal);
      if (found.kind !== 'admitted') return found;
      const bad = found.addresses.find((address) => !mayTalkTo(url, address));
      return bad === undefined
        ? found
        : refused(`${url.hostname} is at ${bad} port ${url.port || 'default'}`);
    },
  };
}

async function addressesOf(url: URL, options: GuardOptions, signal?: AbortSignal): Promise<Admission> {
  const literal = literalAddress(url);
  if (literal !== undefined) {
    const isListed =
      isExceptedHost(options.exceptions, url) || isExceptedAddress(options.exceptions, literal);
    if (!isListed && !options.allowIpHosts) return refused('the host is an IP address');
    return { kind: 'admitted', addresses: [literal] };
  }
  // A name that the owner lists is one of their network: the system's own resolver knows it.
  if (isExceptedHost(options.exceptions, url)) return lookUpListed(url.hostname, signal);
  const host = url.hostname.replace(/\.$/u, '');
  const kind = kindOfName(host);
  if (kind === 'public') return options.resolve(host, signal);
  if (kind === 'none' || options.exceptions.networks.length === 0)
    return refused(`${host} is no public name`);
  return findInListedNetworks(host, options, signal);
}

/** A private name can only mean a host of the owner's: of its addresses those count that the owner lists. */
async function findInListedNetworks(
  host: string,
  options: GuardOptions,
  signal?: AbortSignal,
): Promise<Admission> {
  const isLoopback = host.split('.').at(-1) === 'localhost';
  const found: Admission = isLoopback
    ? { kind: 'admitted', addresses: loopback }
    : await options.resolve(host, signal);
  if (found.kind !== 'admitted') return found;
  const addresses = found.addresses.filter((address) => isExceptedAddress(options.exceptions, address));
  return addresses.length === 0
    ? refused(`${host} is no public name, and in no listed network`)
    : { kind: 'admitted', addresses };
}

async function lookUpListed(host: string, signal?: AbortSignal): Promise<Admission> {
  try {
    const found = await Promise.race([lookup(host, { all: true }), firing(signal)]);
    return { kind: 'admitted', addresses: found.map((each) => each.address) };
  } catch (error) {
    return refused(`${host} was not found: ${String(error)}`);
  }
}

/** The system cannot be told to give up; we can. */
function firing(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('given up')), { once: true });
  });
}

function kindOfName(host: string): 'public' | 'private' | 'none' {
  const labels = host.split('.');
  const top = labels.at(-1) ?? '';
  if (nobodysNames.has(top) || labels.some((label) => label.length < 1 || label.length > 63)) return 'none';
  return labels.length === 1 || privateNames.has(top) ? 'private' : 'public';
}

function refused(detail: string): Admission {
  return { kind: 'refused', detail };
}
