import { getDomain } from 'tldts';

/**
 * The domain that somebody registered, by the public suffix list, or the host itself where there is none.
 *
 * Hosts below one name where many people register, such as `github.io`, are as many domains.
 */
export function domainOf(hostname: string): string {
  return getDomain(hostname, { allowPrivateDomains: true }) ?? hostname;
}
