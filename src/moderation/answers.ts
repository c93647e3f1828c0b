import type { FastifyReply } from 'fastify';
import type { Scope } from '../linkback/owner-ports.ts';
import { problem, problemType } from '../linkback/problem.ts';
import type { Refusal } from '../linkback/refusal.ts';

export function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type(problemType)
    .send(JSON.stringify(problem(status, detail)));
}

export function notFound(reply: FastifyReply, what: string): FastifyReply {
  return sendProblem(reply, 404, `There is no ${what} here.`);
}

/** Spec: RFC 6750 section 3. */
export function unauthorized(reply: FastifyReply): FastifyReply {
  reply.header('www-authenticate', 'Bearer realm="linkbackd"');
  const detail = 'Send a token as "Authorization: Bearer …". The first start of the service prints one.';
  return sendProblem(reply, 401, detail);
}

export function tooManyGuesses(reply: FastifyReply, { retryAfterSeconds = 0 }: Refusal): FastifyReply {
  reply.header('retry-after', retryAfterSeconds);
  return sendProblem(reply, 429, 'Too many wrong tokens came from your address; try again later.');
}

export function lacksScope(reply: FastifyReply, scope: Scope): FastifyReply {
  return sendProblem(reply, 403, `This token may not do that: it takes the scope "${scope}".`);
}

export function notFromPage(reply: FastifyReply): FastifyReply {
  const detail =
    'With a cookie, changes are taken from the moderation page only: same origin, and its x-linkbackd-csrf header.';
  return sendProblem(reply, 403, detail);
}

export function notOfAllSites(reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply,
    403,
    'This token is for one site: what belongs to all sites is not its to change.',
  );
}
