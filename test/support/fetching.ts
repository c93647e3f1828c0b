import { joinExceptions, parseException } from '../../src/web/address.ts';
import { makeFetchPage, type Fetched, type FetchOptions, type FetchPage } from '../../src/web/fetch.ts';
import { makeGuard, type Guard } from '../../src/web/guard.ts';
import { makePost, type Post } from '../../src/web/post.ts';
import type { Resolve } from '../../src/web/resolve.ts';
import { makeTurns, type Turns } from '../../src/web/turns.ts';

export const userAgent = 'linkbackd-test/1';

/** An instant that tests use for now: 2 January 2026, noon. */
export const noon: number = Date.UTC(2026, 0, 2, 12);

export type FetchingOptions = {
  readonly resolve?: Resolve;
  readonly guard?: Guard;
  readonly turns?: Turns;
  /** What stands for the public internet; only 127.0.0.1 by default, so that 127.0.0.2 is a private network. */
  readonly exceptions?: readonly string[];
  readonly isOwnRoute?: (url: URL) => boolean;
  readonly timeoutMs?: number;
};

/** A resolver for which every name is 127.0.0.1, but those that begin with `private` are 127.0.0.2. */
export const resolveToLoopback: Resolve = async (host) => ({
  kind: 'admitted',
  addresses: [host.startsWith('private') ? '127.0.0.2' : '127.0.0.1'],
});

/** The product's fetch function in a world in which 127.0.0.1 is public. */
export function makeTestFetch(options: FetchingOptions = {}): FetchPage {
  return makeFetchPage(fetchOptions(options));
}

/** The product's post function in the same world. */
export function makeTestPost(options: FetchingOptions = {}): Post {
  return makePost(fetchOptions(options));
}

function fetchOptions(options: FetchingOptions): FetchOptions {
  const { exceptions = ['127.0.0.1/32'], resolve = resolveToLoopback, isOwnRoute = () => false } = options;
  const listed = joinExceptions(exceptions.flatMap((text) => parseException(text) ?? []));
  return {
    guard: options.guard ?? makeGuard({ resolve, exceptions: listed, allowIpHosts: false, isOwnRoute }),
    turns: options.turns ?? makeTurns({ isPolite: false, isOurs: () => false }),
    userAgent: () => userAgent,
    now: () => noon,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  };
}

/** A signal that never fires. */
export const never: AbortSignal = new AbortController().signal;

export const bodyText = (fetched: Fetched): string | undefined =>
  fetched.kind === 'answer' && fetched.body !== null ? Buffer.from(fetched.body.bytes).toString() : undefined;
