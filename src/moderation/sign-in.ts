import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { isRefusal } from '../linkback/refusal.ts';
import { clearCookie, cookieName, isSecure, visitorOf, type AccessOptions, type Visitor } from './access.ts';
import { notFromPage, tooManyGuesses, unauthorized } from './answers.ts';
import { isForeignPage } from './origin.ts';

const path = '/api/session';

const TokenShown = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 512 }) },
  { additionalProperties: false },
);

/**
 * Serves `/api/session`: a token is exchanged for the cookie of the moderation page, which scripts cannot read.
 *
 * Refuses: 401 for a wrong token, 429 after too many of them, 403 when another origin's page sends it.
 */
export function signIn(app: FastifyInstance, options: AccessOptions, done: () => void): void {
  const { tokens, sessions, guesses, baseUrl } = options;

  app.post<{ Body: Static<typeof TokenShown> }>(
    path,
    { schema: { body: TokenShown }, config: { needs: 'nothing' } },
    async (request, reply) => {
      if (isForeignPage(request, baseUrl())) return notFromPage(reply);
      const { token } = request.body;
      const holder = await guesses(request.ip, token, () => tokens.byToken(token));
      if (holder === undefined) return unauthorized(reply);
      if (isRefusal(holder)) return tooManyGuesses(reply, holder);
      const session = await sessions.open(holder);
      reply.setCookie(cookieName(baseUrl()), session.cookie, {
        path: '/',
        httpOnly: true,
        sameSite: 'strict',
        secure: isSecure(baseUrl()),
        expires: new Date(session.expiresAt),
      });
      return toSession({ holder, session });
    },
  );

  app.get(path, { config: { needs: 'token' } }, (request) => toSession(visitorOf(request)));

  app.delete(path, { config: { needs: 'token' } }, async (request, reply) => {
    const { session } = visitorOf(request);
    if (session !== undefined) await sessions.close(session.cookie);
    clearCookie(reply, baseUrl());
    return reply.code(204).send();
  });
  done();
}

function toSession({ holder, session }: Visitor): Record<string, unknown> {
  const { name, scopes, site } = holder;
  const expiresAt = session?.expiresAt ?? holder.expiresAt;
  return {
    name,
    scopes,
    site,
    csrf: session?.csrf ?? null,
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
}
