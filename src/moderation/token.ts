import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Mistake } from '../linkback/mistake.ts';
import { scopes, type Scope, type Token, type TokenStore } from '../linkback/owner-ports.ts';

/** Secret scanners know our tokens by this. */
const prefix = 'lkbd_';

/** A token's last use is written down at most so often, in milliseconds. */
const touchEveryMs = 60_000;

export function makeToken(): string {
  return `${prefix}${randomBytes(32).toString('base64url')}`;
}

/** Tokens are long and random, so a plain digest is as good as a slow one. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Compares two secrets, or digests of them, in a time that tells nothing of where they differ. */
export function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

/** Who holds a token, and what it lets them do. */
export type Holder = {
  /** Stands in events. */
  readonly name: string;
  /** Null for the token of the settings. */
  readonly tokenId: string | null;
  readonly tokenHash: string;
  readonly scopes: readonly Scope[];
  /** The one site it is for; null for all. */
  readonly site: string | null;
  readonly expiresAt: number | null;
  readonly mayDo: (scope: Scope) => boolean;
  /** Whether what belongs to this site is theirs; null is what belongs to all sites at once. */
  readonly sees: (site: string | null) => boolean;
};

type Known = Omit<Holder, 'mayDo' | 'sees'>;

/** Makes a holder of what a token gives: `admin` gives everything, `moderate` gives `read`. */
export function makeHolder(known: Known): Holder {
  const { scopes, site } = known;
  return {
    ...known,
    mayDo: (scope) =>
      scopes.includes('admin') || scopes.includes(scope) || (scope === 'read' && scopes.includes('moderate')),
    sees: (other) => site === null || site === other,
  };
}

/** Finds who holds a token that is valid now. */
export type Tokens = {
  readonly byToken: (token: string) => Promise<Holder | undefined>;
  readonly byHash: (hash: string) => Promise<Holder | undefined>;
};

export type TokensOptions = { readonly adminToken: string | undefined; readonly now: () => number };

/** Makes the check of tokens: the configured one, or those that are stored; what is used is noted. */
export function makeTokens(store: TokenStore, { adminToken, now }: TokensOptions): Tokens {
  const adminHash = adminToken === undefined ? undefined : hashToken(adminToken);
  const touch = makeTouch(store, now);

  const byHash: Tokens['byHash'] = async (hash) => {
    if (adminHash !== undefined && isSame(hash, adminHash)) return adminHolder(adminHash);
    const stored = await store.tokenByHash(hash);
    if (stored === undefined || !isSame(hash, stored.hash)) return undefined;
    const { id, name, scopes, site, expiresAt, lastUsedAt } = stored;
    if (expiresAt !== null && expiresAt <= now()) return undefined;
    touch(id, lastUsedAt);
    return makeHolder({ name, tokenId: id, tokenHash: hash, scopes, site, expiresAt });
  };
  return { byToken: (token) => byHash(hashToken(token)), byHash };
}

function adminHolder(tokenHash: string): Holder {
  const anything = { scopes: ['admin'], site: null, expiresAt: null } as const;
  return makeHolder({ name: 'admin', tokenId: null, tokenHash, ...anything });
}

/** Notes now and then that a token was used; nobody waits for it, and who only reads does so on a full disk, too. */
function makeTouch(store: TokenStore, now: () => number): (id: string, lastUsedAt: number | null) => void {
  const touched = new Map<string, number>();
  return (id, lastUsedAt) => {
    const at = now();
    const before = Math.max(lastUsedAt ?? 0, touched.get(id) ?? 0);
    if (at - before < touchEveryMs) return;
    touched.set(id, at);
    store.touchToken(id, at).catch(() => touched.delete(id));
  };
}

export type Authenticate = (authorization: string | undefined) => Promise<Holder | undefined>;

/** Makes the check of `Authorization: Bearer …`. */
export function makeAuthenticate(tokens: Tokens): Authenticate {
  return async (authorization) => {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/iu.exec(authorization ?? '')?.[1];
    return token === undefined ? undefined : tokens.byToken(token);
  };
}

export type MayReadSites = (
  authorization: string | undefined,
  urlToken: string | undefined,
) => Promise<boolean>;

/**
 * Makes the check of who may read all public linkbacks of a site at once: whoever holds any token.
 *
 * The feed token alone may stand in a URL, for programs that can send no header; it opens nothing else but
 * the feed of what waits.
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

/** What a token is made for. */
export type TokenDraft = Pick<Token, 'name' | 'scopes' | 'site' | 'expiresAt'>;

/**
 * Makes a token: what its holder is given, this once, and what is stored of it.
 *
 * Throws: `Mistake` for an expiry that has passed.
 */
export function issueToken(
  draft: TokenDraft,
  id: string,
  now: number,
): { readonly token: string; readonly stored: Token } {
  const token = makeToken();
  const { name, site, expiresAt } = draft;
  assertAhead(expiresAt, now);
  const held = scopes.filter((scope) => draft.scopes.includes(scope));
  const stored = { id, name, hash: hashToken(token), scopes: held, site, expiresAt };
  return { token, stored: { ...stored, lastUsedAt: null, createdAt: now } };
}

/** Throws: `Mistake` for an expiry that has passed. */
export function assertAhead(expiresAt: number | null, now: number): void {
  if (expiresAt !== null && expiresAt <= now)
    throw new Mistake('This expiry has passed already; to end a token, revoke it.');
}

/**
 * Makes the first admin token when there is none yet, and gives it back to be shown once: it is stored as a digest.
 */
export async function firstToken(store: TokenStore, id: string, now: number): Promise<string | undefined> {
  if (await store.hasTokens()) return undefined;
  const anything = { scopes: ['admin'], site: null, expiresAt: null } as const;
  const { token, stored } = issueToken({ name: 'first admin token', ...anything }, id, now);
  await store.saveToken(stored);
  return token;
}
