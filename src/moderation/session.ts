import { createHmac, randomBytes } from 'node:crypto';
import type { SessionStore } from '../linkback/owner-ports.ts';
import { hashToken, type Holder, type Tokens } from './token.ts';

/** How long somebody stays at the moderation page before they show their token again, in milliseconds. */
export const sessionLifeMs: number = 12 * 3_600_000;

/** Somebody at the moderation page: as long as this lasts, their cookie says who they are. */
export type OpenSession = {
  readonly holder: Holder;
  readonly cookie: string;
  /** What their page says with each change, and other pages cannot know. */
  readonly csrf: string;
  readonly expiresAt: number;
};

export type Sessions = {
  readonly open: (holder: Holder) => Promise<OpenSession>;
  /** Undefined when it has ended, also because the token it was opened with is valid no more. */
  readonly find: (cookie: string) => Promise<OpenSession | undefined>;
  readonly close: (cookie: string) => Promise<void>;
};

/**
 * Makes the sessions of the moderation page; of each cookie only a digest is stored.
 *
 * Limits: {@link sessionLifeMs}, and never longer than the token is valid.
 */
export function makeSessions(store: SessionStore, tokens: Tokens, now: () => number): Sessions {
  return {
    open: async (holder) => {
      const cookie = randomBytes(32).toString('base64url');
      const createdAt = now();
      const expiresAt = Math.min(createdAt + sessionLifeMs, holder.expiresAt ?? Infinity);
      const tokenHash = holder.tokenHash;
      await store.saveSession({ hash: hashToken(cookie), tokenHash, createdAt, expiresAt });
      return { holder, cookie, csrf: csrfOf(cookie), expiresAt };
    },
    find: async (cookie) => {
      const session = await store.sessionByHash(hashToken(cookie));
      if (session === undefined) return undefined;
      const holder = await tokens.byHash(session.tokenHash);
      if (holder === undefined) return undefined;
      return { holder, cookie, csrf: csrfOf(cookie), expiresAt: session.expiresAt };
    },
    close: (cookie) => store.deleteSession(hashToken(cookie)),
  };
}

/** Follows from the cookie, so it need not be kept; the cookie does not follow from it. */
function csrfOf(cookie: string): string {
  return createHmac('sha256', cookie).update('linkbackd csrf').digest('base64url');
}
