import type { Dispatcher } from 'undici';
import {
  discard,
  exchange,
  failure,
  parseRetryAfter,
  single,
  type FetchOptions,
  type Unreached,
} from './fetch.ts';

/** Deadline of a whole post: names, connection, the answer. */
export const postTimeoutMs = 10_000;
/** So much of an answer's body is let in before we hang up. */
export const maxAnswerBytes: number = 64 * 1024;

/** What a post came to; a redirect is an answer like any other, and is not followed. */
export type Posted =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The beginning of the answer's body. */
      readonly text: string;
      readonly retryAfterMs?: number;
    }
  | Unreached;

export type Posting = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

export type Post = (url: URL, posting: Posting, signal: AbortSignal) => Promise<Posted>;

/**
 * Makes the function that sends something to an address outside, through the same guard and connector as a fetch.
 *
 * Limits: {@link postTimeoutMs} in all; {@link maxAnswerBytes} of the answer.
 * Throws: when `signal` fires before there is an answer (the service is stopping); otherwise only defects.
 */
export function makePost(options: FetchOptions): Post {
  const timeoutMs = options.timeoutMs ?? postTimeoutMs;
  return async (url, { headers, body }, signal) => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const read = (response: Dispatcher.ResponseData): Promise<Posted> => readAnswer(response, options.now());
    try {
      const call = { method: 'POST', headers, body, headersTimeoutMs: timeoutMs, read } as const;
      return await exchange(url, call, deadline, options);
    } catch (error) {
      signal.throwIfAborted();
      return failure(error, timeoutMs);
    }
  };
}

async function readAnswer(response: Dispatcher.ResponseData, now: number): Promise<Posted> {
  const retryAfterMs = parseRetryAfter(single(response.headers['retry-after']), now);
  const text = await letIn(response.body);
  const { statusCode: status } = response;
  return { kind: 'answer', status, text, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** A receiver that is cut off while it answers may take that for a failure of its own. */
async function letIn(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxAnswerBytes) break;
    }
  } catch {
    // The answer stands: its status was here before the body broke, or took too long.
  } finally {
    discard(body);
  }
  return Buffer.concat(chunks).toString('utf8');
}
