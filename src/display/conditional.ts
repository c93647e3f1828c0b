import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

export { safeJson } from '../linkback/safe-json.ts';

/** How long readers and proxies may keep a public answer without asking, in seconds. */
const maxAgeSeconds = 60;

type Audience = 'public' | 'fresh' | 'private';

const keeping: Readonly<Record<Audience, string>> = {
  public: `public, max-age=${maxAgeSeconds}, stale-while-revalidate=${maxAgeSeconds * 10}`,
  // Who listens to what changes wants no copy from before the change.
  fresh: 'public, no-cache',
  // What needed a token is its holder's only, who may keep it but has to ask each time.
  private: 'private, no-cache',
};

/** An answer's content, and what it is. */
export type Content = { readonly type: string; readonly body: string };

const contents = new WeakMap<FastifyReply, Content>();

/** What {@link sendConditional} has answered with, also where its reader was told only that it has it. */
export function contentOf(reply: FastifyReply): Content | undefined {
  return contents.get(reply);
}

/** Whether an answer is the same whoever asks for it, and may be kept for a while. */
export function isForEverybody(reply: FastifyReply): boolean {
  return reply.getHeader('cache-control') === keeping.public && !reply.hasHeader('vary');
}

/**
 * Sends an answer with an ETag, or 304 when the reader has it already.
 *
 * Spec: RFC 9110 sections 8.8.3 and 13.1.2.
 */
export function sendConditional(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  body: string,
  audience: Audience = 'public',
): FastifyReply {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  reply.header('etag', etag).header('cache-control', keeping[audience]);
  contents.set(reply, { type, body });
  if (hasAlready(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.type(type).send(body);
}

/** Whether the answer with this ETag is one that the reader has. */
export function hasAlready(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}
