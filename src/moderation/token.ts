import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenStore } from '../linkback/owner-ports.ts';

/** Secret scanners know our tokens by this. */
const prefix = 'lkbd_';

export function makeToken(): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** Tokens are long and random, so a plain digest is as good as a slow one. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Who holds a token: the name that stands in events. */
export type Holder = { readonly name: string };

export type Authenticate = (authorization: string | undefined) => Promise<Holder | undefined>;

/** Makes the check of `Authorization: Bearer …`: the configured token, or one that is stored. */
export function makeAuthenticate(store: TokenStore, adminToken: string | undefined): Authenticate {
  const adminHash = adminToken === undefined ? undefined : hashToken(adminToken);
  return async (authorization) => {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/iu.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const hash = hashToken(token);
    if (adminHash !== undefined && isSame(hash, adminHash)) return { name: 'admin' };
    const stored = await store.tokenByHash(hash);
    return stored !== undefined && isSame(hash, stored.hash) ? { name: stored.name } : undefined;
  };
}

export type MayReadSites = (
  authorization: string | undefined,
  urlToken: string | undefined,
) => Promise<boolean>;

/**
 * Makes the check of who may read all public linkbacks of a site at once: whoever holds any token.
 *
 * The feed token alone may stand in a URL, for programs that can send no header; it opens nothing else.
 */
export function makeMayReadSites(authenticate: Authenticate, feedToken: string | undefined): MayReadSites {
  const feedHash = feedToken === undefined ? undefined : hashToken(feedToken);
  const isFeedToken = (token: string | undefined): boolean =>
    feedHash !== undefined && token !== undefined && isSame(hashToken(token), feedHash);
  return async (authorization, urlToken) =>
    isFeedToken(urlToken) ||
    isFeedToken(/^Bearer (\S+)$/iu.exec(authorization ?? '')?.[1]) ||
    (await authenticate(authorization)) !== undefined;
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/**
 * Makes the first admin token when there is none yet, and gives it back to be shown once: it is stored as a digest.
 */
export async function firstToken(store: TokenStore, id: string, now: number): Promise<string | undefined> {
  if (await store.hasTokens()) return undefined;
  const token = makeToken();
  const name = 'first admin token';
  const hash = hashToken(token);
  const access = { scopes: ['admin'], site: null, expiresAt: null, lastUsedAt: null } as const;
  await store.saveToken({ id, name, hash, ...access, createdAt: now });
  return token;
}
