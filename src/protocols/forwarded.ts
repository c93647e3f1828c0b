import { callerOf, nobodyKnown } from '../linkback/allowance.ts';

/**
 * What can be believed of `X-Forwarded-For`: the addresses at its end, up to the first thing that is none.
 *
 * Proxies add the address of whoever called them at the end. What stands before something that is no address was written
 * by nobody we trust; taken for a caller, it would make as many callers as anybody likes.
 */
export function credibleForwarding(header: string): string | undefined {
  const named = header.split(',').map(addressIn);
  const last = named.lastIndexOf(undefined);
  const credible = named.slice(last + 1).filter((each) => each !== undefined);
  return credible.length === 0 ? undefined : credible.join(', ');
}

/** Some proxies write the caller's port, too. */
function addressIn(entry: string): string | undefined {
  const address = entry
    .trim()
    .replace(/^\[(.*)\](?::\d+)?$/su, '$1')
    .replace(/^([\d.]+):\d+$/u, '$1');
  return callerOf(address) === nobodyKnown ? undefined : address;
}
