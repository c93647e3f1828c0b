import { errors, Client, type Dispatcher } from 'undici';
import { parsePageUrl } from '../linkback/page-url.ts';
import { readBody, type Body } from './body.ts';
import { makeConnect, Refused } from './connect.ts';
import type { Guard } from './guard.ts';
import { makePatience, type Patience } from './patience.ts';
import { OverCap, type Turns } from './turns.ts';

/** Deadline of a whole fetch: waiting for a turn, names, connections, all redirects and the body. */
export const fetchTimeoutMs = 15_000;
export const maxRedirects = 5;
const headersTimeoutMs = 5000;
const maxHeaderBytes = 16 * 1024;
/** Answers like "103 Early Hints" never end by themselves. */
const maxInformational = 8;

/** What a fetch came to. `unreachable` is a refused address, an unknown host and a failed connection alike. */
export type Fetched =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** After redirects; what relative links are resolved against. */
      readonly url: URL;
      readonly contentType: string;
      /** Null when the status or the content type made reading it pointless. */
      readonly body: Body | null;
      readonly retryAfterMs?: number;
    }
  | Unreached;

/** Why there is no answer. */
export type Unreached =
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'trouble'; readonly detail: string }
  | Later;

/** Not asked: a host on the way has had its share of requests, and may be asked again after so many milliseconds. */
export type Later = { readonly kind: 'later'; readonly detail: string; readonly waitMs: number };

export type FetchPage = (url: URL, signal: AbortSignal) => Promise<Fetched>;

export type FetchOptions = {
  readonly guard: Guard;
  readonly turns: Turns;
  readonly userAgent: () => string;
  readonly now: () => number;
  /** Instead of {@link fetchTimeoutMs}. */
  readonly timeoutMs?: number;
};

const accept = 'text/html, application/xhtml+xml;q=0.9, text/plain;q=0.5, application/json;q=0.5';
const readable =
  /^(?:text\/html|application\/xhtml\+xml|text\/plain|application\/(?:[\w.-]+\+)?json)\s*(?:;|$)/iu;

/**
 * Makes the only function of the program that opens connections to strangers.
 *
 * Limits: {@link fetchTimeoutMs} in all, {@link maxRedirects} redirects, each judged by the guard like the first URL;
 *         bodies by `readBody`; content that is no text is not read.
 * Throws: when `signal` fires before the end (the service is stopping); otherwise only defects.
 */
export function makeFetchPage(options: FetchOptions): FetchPage {
  const timeoutMs = options.timeoutMs ?? fetchTimeoutMs;
  return async (start, signal) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    let url = start;
    try {
      for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
        const hop = await fetchHop(url, start, deadline, options);
        if (hop.kind !== 'redirect') return hop;
        if (hop.to === undefined) return answerWithoutBody(url, hop.status);
        url = hop.to;
      }
      return answerWithoutBody(url, 310);
    } catch (error) {
      signal.throwIfAborted();
      return failure(error, timeoutMs);
    }
  };
}

type Redirect = { readonly kind: 'redirect'; readonly status: number; readonly to: URL | undefined };

function fetchHop(
  url: URL,
  start: URL,
  signal: AbortSignal,
  options: FetchOptions,
): Promise<Fetched | Redirect> {
  const call: Call<Fetched | Redirect> = {
    method: 'GET',
    start,
    headers: { accept, 'accept-encoding': 'gzip, br' },
    headersTimeoutMs,
    read: (response, patience) => readResponse(url, response, patience, options.now),
  };
  return exchange(url, call, signal, options);
}

/** What is asked of a host, and how its answer is read: by its headers, then its body while the signal lasts. */
export type Call<Result> = {
  readonly method: 'GET' | 'POST';
  /** Where the redirects began that led here. */
  readonly start?: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How long the answer may take to begin. */
  readonly headersTimeoutMs: number;
  readonly read: (response: Dispatcher.ResponseData, signal: AbortSignal) => Promise<Result>;
};

/** Makes one call when it is its turn, to addresses that the guard admits; follows nothing. */
export async function exchange<Result>(
  url: URL,
  call: Call<Result>,
  signal: AbortSignal,
  options: FetchOptions,
): Promise<Result | Unreached> {
  const turn = await options.turns.take(url, signal, call.start);
  const patience = makePatience(turn, signal);
  try {
    const admission = await options.guard.admit(url, patience.signal);
    patience.signal.throwIfAborted();
    if (admission.kind === 'refused') return { kind: 'unreachable', detail: admission.detail };
    if (admission.kind === 'trouble') return admission;
    return await requestFrom(url, admission.addresses, call, patience, options);
  } finally {
    patience.end();
    turn.end();
  }
}

async function requestFrom<Result>(
  url: URL,
  addresses: readonly string[],
  call: Call<Result>,
  patience: Patience,
  options: FetchOptions,
): Promise<Result> {
  const client = new Client(url.origin, {
    connect: makeConnect(addresses, (address) => options.guard.mayTalkTo(url, address)),
    pipelining: 0,
    allowH2: false,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: call.headersTimeoutMs,
    bodyTimeout: headersTimeoutMs,
  });
  try {
    const response = await client.request(requestOptions(url, call, patience, options.userAgent()));
    patience.heard();
    return await call.read(response, patience.signal);
  } finally {
    await client.destroy(over);
  }
}

/** Ends a client whose exchange is over; one for all, for a stack for each would cost more than the ending. */
const over = new Error('the exchange is over');

function requestOptions(
  url: URL,
  { method, headers, body }: Pick<Call<unknown>, 'method' | 'headers' | 'body'>,
  patience: Patience,
  userAgent: string,
): Dispatcher.RequestOptions {
  let informational = 0;
  return {
    method,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, 'user-agent': userAgent },
    ...(body === undefined ? {} : { body }),
    signal: patience.signal,
    onInfo: () => {
      informational += 1;
      if (informational > maxInformational) patience.lose('too many informational answers');
    },
  };
}

async function readResponse(
  url: URL,
  response: Dispatcher.ResponseData,
  signal: AbortSignal,
  now: () => number,
): Promise<Fetched | Redirect> {
  const { statusCode: status, headers } = response;
  const location = single(headers['location']);
  if (status >= 300 && status < 400 && location !== undefined) {
    discard(response.body);
    return { kind: 'redirect', status, to: redirectTarget(location, url) };
  }
  // A page that does not say what it is, is taken for HTML, as browsers do.
  const contentType = single(headers['content-type']) ?? 'text/html';
  const retryAfterMs = parseRetryAfter(single(headers['retry-after']), now());
  const answer = {
    kind: 'answer',
    status,
    url,
    contentType,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  } as const;
  if (status < 200 || status >= 300 || !readable.test(contentType)) {
    discard(response.body);
    return { ...answer, body: null };
  }
  return { ...answer, body: await readBody(response.body, headers['content-encoding'], signal) };
}

/** Hangs up on a body that nobody reads; the stream calls that an error, and one that nobody hears ends the process. */
export function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy();
}

/** Each character of a header stands for one byte: what is not ASCII is escaped as the byte it was. */
function redirectTarget(location: string, base: URL): URL | undefined {
  const escaped = location.replace(
    /[\u0080-\u00ff]/gu,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const to = URL.parse(escaped, base.href);
  return to === null ? undefined : parsePageUrl(to.href);
}

/** A redirect that leads nowhere is an answer like any other that is not the page. */
function answerWithoutBody(url: URL, status: number): Fetched {
  return { kind: 'answer', status, url, contentType: '', body: null };
}

/** The longest wait we let a host ask for: 24 hours, in milliseconds. */
export const maxRetryAfterMs: number = 24 * 3600 * 1000;

/** As senders write them; `Date.parse` alone takes "wait 5" for a day in May. */
const httpDate = /^[a-z]+, [\w -]+ \d\d:\d\d:\d\d GMT$/iu;

/**
 * Reads `Retry-After`, seconds or an HTTP date, as milliseconds from now; undefined when it is neither.
 *
 * Spec: RFC 9110 sections 5.6.7 and 10.2.3.
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  const waitMs = /^\d+$/u.test(text)
    ? Number(text) * 1000
    : httpDate.test(text)
      ? Date.parse(text) - now
      : NaN;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs);
}

export function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** Connections that failed for good, as opposed to those that were slow or broke. */
const unreachableCodes: ReadonlySet<string> = new Set(
  'ECONNREFUSED EHOSTUNREACH ENETUNREACH EADDRNOTAVAIL EACCES EINVAL'.split(' '),
);

/** Says of an error that ended an exchange what it means. */
export function failure(error: unknown, timeoutMs: number): Unreached {
  if (error instanceof OverCap) return { kind: 'later', detail: error.message, waitMs: error.waitMs };
  const detail = describe(error, timeoutMs);
  const isUnreachable = allCauses(error).some(
    (each) => each instanceof Refused || unreachableCodes.has(codeOf(each)),
  );
  return isUnreachable ? { kind: 'unreachable', detail } : { kind: 'trouble', detail };
}

function allCauses(error: unknown): unknown[] {
  if (error instanceof AggregateError) return error.errors.flatMap(allCauses);
  return error instanceof Error && error.cause !== undefined ? [error, ...allCauses(error.cause)] : [error];
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function describe(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no complete answer within ${timeoutMs / 1000} s`;
  if (error instanceof errors.HeadersTimeoutError) return `no answer within ${headersTimeoutMs / 1000} s`;
  const code = codeOf(error);
  return code === '' ? error.message : `${code}: ${error.message}`;
}
