import type { BulkDecided } from './shapes.ts';

/** Why a call to the service did not do what was asked, in words for the person at the page. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  /** What a decision on many had done when it was stopped. */
  readonly half: BulkDecided | undefined;

  constructor(
    status: number,
    message: string,
    more: Partial<Pick<CallError, 'retryAfterSeconds' | 'half'>> = {},
  ) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.half = more.half;
  }
}

export type CallOptions = {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** How long it may take, where that is longer than usual. */
  readonly withinMs?: number;
};

/** Asks the service for something: gives what its JSON says, or throws {@link CallError}. */
export type Call = (method: string, path: string, options?: CallOptions) => Promise<unknown>;

export type CallNeeds = {
  /** What changes carry besides the cookie. */
  readonly csrf: () => string | undefined;
  /** Hears that the session is over. */
  readonly onSignedOut: () => void;
};

/** Longer than any wait of the service's own, in milliseconds; what takes many steps says so. */
const deadlineMs = 30_000;

/**
 * Makes the one place that talks to the service.
 *
 * Paths are relative to the page's own address, so it works wherever the service is mounted.
 */
export function makeCall({ csrf, onSignedOut }: CallNeeds): Call {
  return async (method, path, { body, signal, withinMs = deadlineMs } = {}) => {
    const token = csrf();
    const response = await answerTo(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' || token === undefined ? {} : { 'x-linkbackd-csrf': token }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([AbortSignal.timeout(withinMs), ...(signal === undefined ? [] : [signal])]),
    });
    if (response.ok) return response.status === 204 ? undefined : readJson(response);
    if (response.status !== 401) throw await refusalOf(response);
    onSignedOut();
    throw new CallError(401, 'Your session has ended.');
  };
}

async function answerTo(path: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(path, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new CallError(0, 'The service cannot be reached. Is it running, and are you online?');
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new CallError(0, 'The answer broke off. Try again.');
  }
}

/** What a refusal says: its detail, when it is a problem of RFC 9457. */
export async function refusalOf(response: Response): Promise<CallError> {
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  const said: unknown = await response.json().catch(() => undefined);
  const { detail, id, count } = (said ?? {}) as Readonly<Record<string, unknown>>;
  const words = typeof detail === 'string' ? detail : `The service answered ${response.status}.`;
  return new CallError(response.status, words, {
    retryAfterSeconds: Number.isFinite(wait) ? wait : undefined,
    half: typeof id === 'string' && typeof count === 'number' ? { id, count } : undefined,
  });
}

/** Whether this is only the end of a call that nobody waits for any more. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** An error in words for the person at the page. */
export function sayError(error: unknown): string {
  if (error instanceof CallError) return error.message;
  return 'Something went wrong in this page. Load it again, and tell us if it stays.';
}
