import { isIPv6 } from 'node:net';
import type { Ping } from './accept.ts';
import { refuse, type Refusal } from './refusal.ts';

/** Callers remembered at once; the one that has been quiet for longest is forgotten first. */
const maxCallers = 50_000;

type Bucket = { tokens: number; at: number };

/**
 * Makes the limit on pings per caller: a token bucket that holds a minute's share.
 *
 * Refuses: `too-many`, with the seconds until the next ping may come.
 */
export function makeAllowance(perMinute: number): (ping: Ping, now: number) => Refusal | undefined {
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;
  return ({ senderIp }, now) => {
    const caller = callerOf(senderIp);
    const { tokens, at } = buckets.get(caller) ?? { tokens: perMinute, at: now };
    const filled = Math.min(perMinute, tokens + Math.max(0, now - at) * perMs);
    buckets.delete(caller);
    buckets.set(caller, { tokens: filled >= 1 ? filled - 1 : filled, at: now });
    if (buckets.size > maxCallers) forgetOldest(buckets);
    return filled >= 1 ? undefined : refuse('too-many', Math.ceil((1 - filled) / perMs / 1000));
  };
}

/** A map keeps its keys in the order in which they were set. */
function forgetOldest(buckets: Map<string, Bucket>): void {
  const oldest = buckets.keys().next();
  if (oldest.done !== true) buckets.delete(oldest.value);
}

/** One caller is one IPv4 address, or the /64 that one IPv6 subscriber has to themselves. */
export function callerOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(ip)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = ip.replace(/%.*$/u, '').split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/u, ''))
    .join(':')}::/64`;
}
