import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { scopes } from '../linkback/owner-ports.ts';
import { isRefusal } from '../linkback/refusal.ts';
import { clearCookie, cookieName, isSecure, visitorOf, type AccessOptions, type Visitor } from './access.ts';
import { notFromPage, tooManyGuesses, unauthorized } from './answers.ts';
import { Instant, isoOrNull, OrNull, owned, type Json } from './described.ts';
import { isForeignPage } from './origin.ts';

const path = '/api/session';

const TokenShown = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 512 }) },
  { additionalProperties: false },
);

const Schema = Type.Object(
  {
    name: Type.String({ description: 'The name of the token.' }),
    scopes: Type.Array(Type.Enum([...scopes])),
    site: OrNull(Type.String({ description: 'The one site it is for; null for all.' })),
    csrf: OrNull(Type.String({ description: 'For the header x-linkbackd-csrf; null without a cookie.' })),
    expiresAt: OrNull(Instant('When this ends.')),
  },
  { title: 'Session', description: 'Who you are, and what you may do.' },
);

/**
 * Serves `/api/session`: a token is exchanged for the cookie of the moderation page, which scripts cannot read.
 *
 * Refuses: 401 for a wrong token, 429 after too many of them, 403 when another origin's page sends it.
 */
export function signIn(app: FastifyInstance, options: AccessOptions, done: () => void): void {
  const { tokens, sessions, guesses, baseUrl } = options;

  app.post<{ Body: Static<typeof TokenShown> }>(path, open, async (request, reply) => {
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
  });

  app.get(path, show, (request) => toSession(visitorOf(request)));

  app.delete(path, close, async (request, reply) => {
    const { session } = visitorOf(request);
    if (session !== undefined) await sessions.close(session.cookie);
    clearCookie(reply, baseUrl());
    return reply.code(204).send();
  });
  done();
}

function toSession({ holder, session }: Visitor): Json {
  const { name, scopes: held, site } = holder;
  const json: Static<typeof Schema> = {
    name,
    scopes: [...held],
    site,
    csrf: session?.csrf ?? null,
    expiresAt: isoOrNull(session?.expiresAt ?? holder.expiresAt),
  };
  return json;
}

const open = owned('nothing', {
  operationId: 'openSession',
  tag: 'Session',
  summary: 'Come in with a token',
  description:
    'For the moderation page: the answer sets a cookie for twelve hours, which says who you are from then on.',
  body: TokenShown,
  gives: { 200: Schema },
  refuses: [401, 403, 429, 503],
});

const show = owned('token', {
  operationId: 'getSession',
  tag: 'Session',
  summary: 'See who you are',
  gives: { 200: Schema },
});

const close = owned('token', {
  operationId: 'closeSession',
  tag: 'Session',
  summary: 'Leave',
  description: 'The cookie counts no more.',
  gives: { 204: null },
  refuses: [403, 503],
});
