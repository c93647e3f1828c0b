import { Resolver } from 'node:dns/promises';

/** A name with more addresses than this is no blog's. */
export const maxAddresses = 16;

/** How long both questions may take together, in milliseconds. */
export const resolveTimeoutMs = 3000;

/** The addresses that may be connected to, or why there are none. */
export type Admission =
  | { readonly kind: 'admitted'; readonly addresses: readonly string[] }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'trouble'; readonly detail: string };

/** Looks a name up; gives up, with trouble, when the signal fires. */
export type Resolve = (host: string, signal?: AbortSignal) => Promise<Admission>;

/** What a name server says of a name that does not exist, or has no address. */
const noSuchName: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/**
 * Makes a resolver of our own: the system's blocks a small pool of threads, and reads files that are not the internet.
 *
 * `servers` are `address` or `address:port`; without any, the machine's own name servers are asked.
 */
export function makeResolve(servers: readonly string[] = []): Resolve {
  // To make one costs more than to ask it. It is used by one question at a time, for it gives up all it was asked.
  const free: Made[] = [];
  return async (host, signal) => {
    const made = freshOf(free) ?? makeResolver(servers);
    const { resolver } = made;
    const giveUp = (): void => {
      resolver.cancel();
    };
    const deadline = setTimeout(giveUp, resolveTimeoutMs);
    signal?.addEventListener('abort', giveUp);
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    clearTimeout(deadline);
    signal?.removeEventListener('abort', giveUp);
    free.push(made);
    return admission(host, answers);
  };
}

type Made = { readonly resolver: Resolver; readonly madeAt: number };

/** The machine's name servers may have changed since one was made that is older, in milliseconds. */
const freshMs = 60_000;

function freshOf(free: Made[]): Made | undefined {
  const made = free.pop();
  if (made === undefined || performance.now() - made.madeAt < freshMs) return made;
  // Those below it were put back earlier, but may have been made later.
  return freshOf(free);
}

function makeResolver(servers: readonly string[]): Made {
  const resolver = new Resolver({ tries: 2, timeout: resolveTimeoutMs / 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return { resolver, madeAt: performance.now() };
}

function admission(host: string, answers: PromiseSettledResult<string[]>[]): Admission {
  const addresses = answers.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  if (addresses.length > maxAddresses) return { kind: 'refused', detail: `${host} has too many addresses` };
  if (addresses.length > 0) return { kind: 'admitted', addresses };
  const codes = answers.map((each) => (each.status === 'rejected' ? codeOf(each.reason) : 'ENODATA'));
  const detail = `${host}: ${codes.join(', ')}`;
  return codes.every((code) => noSuchName.has(code))
    ? { kind: 'refused', detail }
    : { kind: 'trouble', detail };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
