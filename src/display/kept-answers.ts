import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Change, Changes } from '../linkback/changes.ts';
import { isPublic, type Linkback } from '../linkback/linkback.ts';
import type { Site } from '../linkback/site.ts';
import { contentOf, hasAlready, isForEverybody, type Content } from './conditional.ts';

/**
 * How old a kept answer may be before it is made anew, in milliseconds, where what has changed was not told here. It is
 * given for as long again at most, while somebody waits for the new one.
 */
export const keptForMs = 1000;
/** How many characters of answers are kept, and the longest that is worth keeping. */
const keptCharacters = 4_000_000;
const longestKept = 200_000;

export type KeptAnswersOptions = {
  readonly listen: Changes['listen'];
  readonly sites: () => readonly Site[];
  readonly now: () => number;
};

type Handle = (request: FastifyRequest['raw'], response: FastifyReply['raw']) => void;

type Kept = Content & {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly sites: readonly Site[];
  readonly at: number;
  /** Somebody is having it made anew. */
  isRenewed: boolean;
};

/**
 * Keeps the answers that are for everybody until anything public changes, so that what many read at the same time is
 * made once. They are given before the server's own handling begins, for that takes most of the time of such an answer.
 *
 * Limits: {@link keptForMs}; {@link keptCharacters} together, the oldest are forgotten.
 */
export function keepAnswers(app: FastifyInstance, { listen, sites, now }: KeptAnswersOptions): void {
  const kept = new Map<string, Kept>();
  let characters = 0;
  /** Counts the changes: what was read before one is not kept after it. */
  let generation = 0;
  const begun = new WeakMap<FastifyReply, number>();

  const forgetAll = (): void => {
    generation += 1;
    kept.clear();
    characters = 0;
  };
  const forgetOldest = (): void => {
    const [oldest] = kept;
    if (oldest === undefined) return;
    kept.delete(oldest[0]);
    characters -= oldest[1].body.length;
  };
  listen({
    onChange: (change) => {
      if (isPublicChange(change)) forgetAll();
    },
    onMissed: forgetAll,
  });

  const isFresh = (answer: Kept): boolean => {
    const age = Math.abs(now() - answer.at);
    if (answer.sites !== sites() || age >= 2 * keptForMs) return false;
    if (age < keptForMs || answer.isRenewed) return true;
    // One reader has it made anew; the others need not wait for that.
    answer.isRenewed = true;
    return false;
  };

  const keptFor = ({ method, url, headers }: FastifyRequest['raw']): Kept | undefined => {
    if (method !== 'GET' || url === undefined || headers.authorization !== undefined) return undefined;
    const answer = kept.get(url);
    return answer !== undefined && isFresh(answer) ? answer : undefined;
  };

  let isClosing = false;
  app.addHook('preClose', (done) => {
    // What is answered from now on says that the connection ends.
    isClosing = true;
    done();
  });
  app.addHook('onReady', (done) => {
    const [handle] = app.server.listeners('request') as Handle[];
    if (handle !== undefined)
      app.server.off('request', handle).on('request', (request, response) => {
        const answer = isClosing ? undefined : keptFor(request);
        if (answer === undefined) handle(request, response);
        else giveKept(response, answer, request.headers['if-none-match']);
      });
    done();
  });
  app.addHook('onRequest', ({ raw: { method, headers } }, reply, next) => {
    if (method === 'GET' && headers.authorization === undefined) begun.set(reply, generation);
    next();
  });

  app.addHook('onSend', (request, reply, payload, next) => {
    const content = contentOf(reply);
    const url = request.originalUrl;
    if (content !== undefined && begun.get(reply) === generation && isForEverybody(reply)) {
      const old = kept.get(url);
      if (old !== undefined) characters -= old.body.length;
      kept.delete(url);
      if (content.body.length <= longestKept) {
        kept.set(url, keptOf(reply, content, sites(), now()));
        characters += content.body.length;
        while (characters > keptCharacters) forgetOldest();
      }
    }
    next(null, payload);
  });
}

function keptOf(reply: FastifyReply, content: Content, sites: readonly Site[], at: number): Kept {
  const bytes = Buffer.byteLength(content.body);
  return { ...content, headers: headersOf(reply), bytes, sites, at, isRenewed: false };
}

function giveKept(
  response: FastifyReply['raw'],
  { headers, type, bytes, body }: Kept,
  has: string | undefined,
): void {
  if (hasAlready(has, headers['etag'] ?? '')) response.writeHead(304, headers).end();
  else response.writeHead(200, { ...headers, 'content-type': type, 'content-length': bytes }).end(body);
}

/** What is about this one sending and its content is left out. */
const notKept: ReadonlySet<string> = new Set(['connection', 'content-length', 'content-type']);

function headersOf(reply: FastifyReply): Kept['headers'] {
  const headers = Object.entries(reply.getHeaders()).filter(([name]) => !notKept.has(name));
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}

function isPublicChange({ before, after }: Change): boolean {
  const isShown = (linkback: Linkback | null): boolean => linkback !== null && isPublic(linkback);
  return isShown(before) || isShown(after);
}
