import type { Change } from '../linkback/changes.ts';
import type { TargetStore } from '../linkback/ports.ts';
import type { Store } from '../linkback/store.ts';
import type { TellCall } from '../linkback/webhook.ts';
import { deliveryStore } from './deliveries.ts';
import { isApprovedHost } from './approved-hosts.ts';
import { decisionStore } from './decisions.ts';
import type { Db, Engine } from './engine.ts';
import { exampleStore } from './examples.ts';
import { jobStore, type JobStoreOptions } from './jobs.ts';
import { noteChanges } from './noting.ts';
import { numbersStore } from './numbers.ts';
import { mentionStore } from './mentions.ts';
import { moderationStore } from './moderation.ts';
import { pingStore } from './pings.ts';
import { prepared } from './prepared.ts';
import { promiseCalls } from './promised-calls.ts';
import { publicStore, statusStore } from './public.ts';
import { ruleStore } from './rules.ts';
import { scheduleStore } from './schedule.ts';
import { siteStore } from './sites.ts';
import { sessionStore, tokenStore } from './tokens.ts';
import { makeWebhookHint, noHint, webhookStore } from './webhooks.ts';

export type StoreOptions = JobStoreOptions & {
  /** Is told of each change of a linkback once it is durable. */
  readonly tell?: (change: Change) => void;
  /** What webhooks are told of a change; without it they are told nothing. */
  readonly tellCall?: TellCall;
  /** Is told when there are calls to make. */
  readonly promised?: () => void;
};

/** Makes the store over either engine. */
export function makeStore(engine: Engine, options: StoreOptions): Store {
  const { now, newId, tell = () => undefined, tellCall, promised = () => undefined } = options;
  const hint = engine.wire === undefined ? makeWebhookHint(now) : noHint;
  const promising = { hint, tell: tellCall, now, newId };
  const noting = noteChanges(engine, {
    tell,
    promise: (db, changes) => promiseCalls(db, changes, promising),
    promised,
  });
  return {
    ...pingStore(noting),
    ...jobStore(noting, options),
    ...publicStore(engine),
    ...mentionStore(engine),
    ...statusStore(engine),
    ...moderationStore(noting, options),
    ...decisionStore(noting, options),
    ...scheduleStore(engine, options),
    isApprovedHost: (site, host) => isApprovedHost(engine.db, site, host),
    ...targetStore(engine),
    ...numbersStore(engine),
    ...tokenStore(engine),
    ...sessionStore(engine, options),
    ...siteStore(engine, options),
    ...ruleStore(engine),
    ...webhookStore(engine, hint, { now, promised }),
    ...deliveryStore(engine, hint, options),
    ...exampleStore(engine),
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

const findLook = prepared((db, { key }: { readonly key: string }) =>
  db
    .selectFrom('target_look')
    .select(['is_gone', 'page', 'published_at', 'expires_at'])
    .where('target_key', '=', key),
);

function targetStore(engine: Engine): TargetStore {
  return {
    targetLook: async (key) => {
      const [row] = await findLook(engine.db, { key });
      return row === undefined
        ? undefined
        : {
            isGone: row.is_gone === 1,
            page: row.page,
            publishedAt: row.published_at,
            expiresAt: row.expires_at,
          };
    },
    saveTargetLook: (key, { isGone, page, publishedAt, expiresAt }) =>
      engine.write(async (db) => {
        const look = { is_gone: isGone ? 1 : 0, page, published_at: publishedAt, expires_at: expiresAt };
        await db
          .insertInto('target_look')
          .values({ target_key: key, ...look })
          .onConflict((conflict) => conflict.column('target_key').doUpdateSet(look))
          .execute();
      }),
  };
}
