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
  if (hasAlready(request.headers['if-none-match'], etag)) return reply.code(304).send();
  return reply.type(type).send(body);
}

/** Whether the answer with this ETag is one that the reader has. */
export function hasAlready(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}
