import {
  scopes,
  type Scope,
  type SessionStore,
  type Token,
  type TokenStore,
} from '../linkback/owner-ports.ts';
import type { Engine } from './engine.ts';
import type { TokenRow } from './tables.ts';

export function tokenStore({ db, write }: Engine): TokenStore {
  return {
    hasTokens: async () =>
      (await db.selectFrom('token').select('id').limit(1).executeTakeFirst()) !== undefined,
    tokens: async () => (await db.selectFrom('token').selectAll().orderBy('id').execute()).map(decodeToken),
    tokenByHash: async (hash) => {
      const row = await db.selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row === undefined ? undefined : decodeToken(row);
    },
    saveToken: (token) =>
      write(async (db) => {
        const row = encodeToken(token);
        await db
          .insertInto('token')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute();
      }),
    deleteToken: (id) =>
      write(async (db) => {
        const gone = await db.deleteFrom('token').where('id', '=', id).returning('hash').executeTakeFirst();
        if (gone === undefined) return false;
        await db.deleteFrom('session').where('token_hash', '=', gone.hash).execute();
        return true;
      }),
    touchToken: (id, at) =>
      write(async (db) => {
        await db.updateTable('token').set({ last_used_at: at }).where('id', '=', id).execute();
      }),
  };
}

function encodeToken(token: Token): TokenRow {
  return {
    id: token.id,
    name: token.name,
    hash: token.hash,
    scopes: token.scopes.join(' '),
    site: token.site,
    expires_at: token.expiresAt,
    last_used_at: token.lastUsedAt,
    created_at: token.createdAt,
  };
}

function decodeToken(row: TokenRow): Token {
  const held = row.scopes.split(' ');
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: scopes.filter((scope): scope is Scope => held.includes(scope)),
    site: row.site,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    createdAt: row.created_at,
  };
}

export function sessionStore({ db, write }: Engine, { now }: { readonly now: () => number }): SessionStore {
  return {
    saveSession: ({ hash, tokenHash, createdAt, expiresAt }) =>
      write(async (db) => {
        await db.deleteFrom('session').where('expires_at', '<=', now()).execute();
        await db
          .insertInto('session')
          .values({ hash, token_hash: tokenHash, created_at: createdAt, expires_at: expiresAt })
          .execute();
      }),
    sessionByHash: async (hash) => {
      const row = await db
        .selectFrom('session')
        .selectAll()
        .where('hash', '=', hash)
        .where('expires_at', '>', now())
        .executeTakeFirst();
      if (row === undefined) return undefined;
      return { hash, tokenHash: row.token_hash, createdAt: row.created_at, expiresAt: row.expires_at };
    },
    deleteSession: (hash) =>
      write(async (db) => {
        await db.deleteFrom('session').where('hash', '=', hash).execute();
      }),
  };
}
