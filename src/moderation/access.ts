import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { Scope } from '../linkback/owner-ports.ts';
import { isRefusal, type Refusal } from '../linkback/refusal.ts';
import { lacksScope, notFromPage, tooManyGuesses, unauthorized } from './answers.ts';
import { limitAuthenticate, type Guesses } from './guesses.ts';
import { isOurPage } from './origin.ts';
import type { OpenSession, Sessions } from './session.ts';
import { isSame, makeAuthenticate, type Holder, type Tokens } from './token.ts';

/** What a route asks of its callers: a scope, a valid token of any scope, or nothing. */
export type Needs = Scope | 'token' | 'nothing';

declare module 'fastify' {
  // eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- only interfaces can be added to
  interface FastifyContextConfig {
    needs?: Needs;
  }
}

export type AccessOptions = {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly guesses: Guesses;
  readonly baseUrl: () => string;
};

/** Whoever sent a request that was let through; the session when they came by the page's cookie. */
export type Visitor = { readonly holder: Holder; readonly session: OpenSession | undefined };

const visitors = new WeakMap<FastifyRequest, Visitor>();

/** Who sent this request. Throws for a route that needs nothing: it has no holder. */
export function visitorOf(request: FastifyRequest): Visitor {
  const visitor = visitors.get(request);
  if (visitor === undefined) throw new Error(`${request.routeOptions.url ?? ''} asks for nobody`);
  return visitor;
}

/** Who sent this request, and what they may do. */
export function holderOf(request: FastifyRequest): Holder {
  return visitorOf(request).holder;
}

/** The name of the page's cookie; browsers hold one that is named so to https, this very host, and all of its paths. */
export function cookieName(baseUrl: string): string {
  return isSecure(baseUrl) ? '__Host-linkbackd' : 'linkbackd';
}

export function isSecure(baseUrl: string): boolean {
  return baseUrl.startsWith('https:');
}

/**
 * Guards every route that is added to this scope afterwards: each says by `config: { needs }` what it asks for.
 *
 * A bearer token goes before a cookie, and needs no more. With a cookie, whatever is not read only must come from our
 * own page and say its csrf. Nothing here may be kept by anybody, and no other origin's script may use it: OPTIONS tells
 * the methods, and gives no leave.
 *
 * Refuses: 401 without a valid token or cookie, 429 after too many wrong ones, 403 for a scope it lacks.
 * Throws:  at the start, for a route that does not say what it needs.
 */
export function requireAccess(app: FastifyInstance, options: AccessOptions): void {
  const identify = makeIdentify(options);
  answerOptions(app);

  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const needs = request.routeOptions.config.needs ?? 'token';
    if (needs === 'nothing') return undefined;
    const visitor = await identify(request);
    if (visitor === undefined) return refuseVisitor(request, reply, options.baseUrl());
    if (isRefusal(visitor)) return tooManyGuesses(reply, visitor);
    if (!isFromPage(request, visitor, options.baseUrl())) return notFromPage(reply);
    if (needs !== 'token' && !visitor.holder.mayDo(needs)) return lacksScope(reply, needs);
    visitors.set(request, visitor);
    return undefined;
  });
}

function makeIdentify({
  tokens,
  sessions,
  guesses,
  baseUrl,
}: AccessOptions): (request: FastifyRequest) => Promise<Visitor | Refusal | undefined> {
  const authenticate = limitAuthenticate(makeAuthenticate(tokens), guesses);
  return async (request) => {
    const { authorization } = request.headers;
    const cookie = request.cookies[cookieName(baseUrl())];
    if (authorization === undefined && cookie !== undefined) {
      const session = await guesses(request.ip, cookie, () => sessions.find(cookie));
      return session === undefined || isRefusal(session) ? session : { holder: session.holder, session };
    }
    const holder = await authenticate(authorization, request.ip);
    return holder === undefined || isRefusal(holder) ? holder : { holder, session: undefined };
  };
}

/** A cookie that opens nothing any more is taken back: sent again and again, it would count as guessing. */
function refuseVisitor(request: FastifyRequest, reply: FastifyReply, baseUrl: string): FastifyReply {
  const name = cookieName(baseUrl);
  if (request.cookies[name] !== undefined) clearCookie(reply, baseUrl);
  return unauthorized(reply);
}

export function clearCookie(reply: FastifyReply, baseUrl: string): void {
  const how = { path: '/', httpOnly: true, sameSite: 'strict', secure: isSecure(baseUrl) } as const;
  reply.clearCookie(cookieName(baseUrl), how);
}

function isFromPage(request: FastifyRequest, { session }: Visitor, baseUrl: string): boolean {
  if (session === undefined || request.method === 'GET' || request.method === 'HEAD') return true;
  const said = request.headers['x-linkbackd-csrf'];
  return isOurPage(request, baseUrl) && typeof said === 'string' && isSame(said, session.csrf);
}

const hidden: FastifySchema & { readonly hide: true } = { hide: true };

/** Adds an OPTIONS to each address: without one of its own, whatever is said to all the world would be said here. */
function answerOptions(app: FastifyInstance): void {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config?.needs === undefined) throw new Error(`${String(method)} ${url} does not say what it needs`);
    const known = methods.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    if (methods.has(url)) return;
    methods.set(url, known);
    app.options(url, { schema: hidden, config: { needs: 'nothing' } }, (_request, reply) =>
      reply
        .code(204)
        .header('allow', [...known].join(', '))
        .send(),
    );
  });
}
