import type { Store, TargetStore, TokenStore } from '../linkback/ports.ts';
import type { Db, Engine } from './engine.ts';
import { isApprovedHost, jobStore, type JobStoreOptions } from './jobs.ts';
import { mentionStore } from './mentions.ts';
import { moderationStore } from './moderation.ts';
import { pingStore } from './pings.ts';
import { publicStore, statusStore } from './public.ts';

/** Makes the store over either engine. */
export function makeStore(engine: Engine, options: JobStoreOptions): Store {
  return {
    ...pingStore(engine),
    ...jobStore(engine, options),
    ...publicStore(engine),
    ...mentionStore(engine),
    ...statusStore(engine),
    ...moderationStore(engine, options),
    isApprovedHost: (site, host) => isApprovedHost(engine.db, site, host),
    ...targetStore(engine),
    ...tokenStore(engine),
    check: () => engine.write((db) => beat(db, options.now())),
    close: engine.close,
  };
}

/** Writes something, for a transaction that writes nothing succeeds on a full disk, too. */
async function beat(db: Db, at: number): Promise<void> {
  await db
    .insertInto('pulse')
    .values({ id: 1, at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ at }))
    .execute();
}

function targetStore(engine: Engine): TargetStore {
  return {
    targetLook: async (key) => {
      const row = await engine.db
        .selectFrom('target_look')
        .select(['is_gone', 'page', 'expires_at'])
        .where('target_key', '=', key)
        .executeTakeFirst();
      return row === undefined
        ? undefined
        : { isGone: row.is_gone === 1, page: row.page, expiresAt: row.expires_at };
    },
    saveTargetLook: (key, { isGone, page, expiresAt }) =>
      engine.write(async (db) => {
        const look = { is_gone: isGone ? 1 : 0, page, expires_at: expiresAt };
        await db
          .insertInto('target_look')
          .values({ target_key: key, ...look })
          .onConflict((conflict) => conflict.column('target_key').doUpdateSet(look))
          .execute();
      }),
  };
}

function tokenStore(engine: Engine): TokenStore {
  return {
    hasTokens: async () => {
      const row = await engine.db.selectFrom('token').select('id').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    tokenByHash: async (hash) => {
      const row = await engine.db.selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row === undefined
        ? undefined
        : { id: row.id, name: row.name, hash: row.hash, createdAt: row.created_at };
    },
    addToken: ({ id, name, hash, createdAt }) =>
      engine.write(async (db) => {
        await db.insertInto('token').values({ id, name, hash, created_at: createdAt }).execute();
      }),
  };
}
