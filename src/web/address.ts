import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Public by range, yet no stranger's web server: Azure's host address. */
const neverPublic: ReadonlySet<string> = new Set(['168.63.129.16']);

const globalUnicast = ipaddr.parseCIDR('2000::/3');

/**
 * Tells whether an address belongs to the public internet.
 *
 * The range table calls everything it does not know unicast, so IPv6 must also lie inside 2000::/3 and must not carry
 * an embedded IPv4 address as ISATAP does.
 */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text) || neverPublic.has(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || (address.match(globalUnicast) && !isIsatap(address));
}

function isIsatap(address: ipaddr.IPv6): boolean {
  const [high, low] = address.parts.slice(4, 6);
  return (high === 0 || high === 0x0200) && low === 0x5efe;
}

/** What may be fetched although it is not public: whole networks, or single hosts with their port. */
export type Exceptions = {
  readonly networks: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
  readonly hosts: ReadonlySet<string>;
};

export const noExceptions: Exceptions = { networks: [], hosts: new Set() };

/** Reads one exception, a CIDR or `host:port`; undefined when it is neither. */
export function parseException(text: string): Exceptions | undefined {
  if (ipaddr.isValidCIDR(text)) return { networks: [ipaddr.parseCIDR(text)], hosts: new Set() };
  const url = URL.parse(`http://${text}/`);
  const isHostAndPort = url !== null && /^[^/?#@]+:\d+$/u.test(text) && url.pathname === '/';
  return isHostAndPort ? { networks: [], hosts: new Set([hostAndPort(url)]) } : undefined;
}

export function joinExceptions(all: readonly Exceptions[]): Exceptions {
  return {
    networks: all.flatMap((each) => each.networks),
    hosts: new Set(all.flatMap((each) => [...each.hosts])),
  };
}

export function isExceptedHost(exceptions: Exceptions, url: URL): boolean {
  return exceptions.hosts.has(hostAndPort(url));
}

export function isExceptedAddress(exceptions: Exceptions, text: string): boolean {
  if (exceptions.networks.length === 0 || isIP(text) === 0) return false;
  const address = ipaddr.process(text);
  return exceptions.networks.some(
    ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
  );
}

/** An IP literal as a URL's host, without brackets; undefined for a name. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1');
  return isIP(host) === 0 ? undefined : host;
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? defaultPort(url) : url.port}`;
}

function defaultPort(url: URL): string {
  return url.protocol === 'https:' ? '443' : '80';
}
