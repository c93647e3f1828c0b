import type { WebhookStore } from '../linkback/owner-ports.ts';
import type { Page } from '../linkback/ports.ts';
import type { Delivery, Webhook } from '../linkback/webhook.ts';
import type { Db, Engine } from './engine.ts';
import { decodeDelivery, decodeWebhook, encodeWebhook, newRow } from './webhook-rows.ts';

/** For how long "there is no webhook" is believed, in milliseconds: another process may have added one. */
const hintMs = 10_000;

/** Whether there may be anybody to tell, so that a service without webhooks pays nothing for them. */
export type WebhookHint = {
  /** Asks the database seldom. */
  readonly isAny: (db: Db) => Promise<boolean>;
  /** Call after each change of the webhooks, whether it was written or not. */
  readonly forget: () => void;
};

/** What others may change at any time has to be asked for each time. */
export const noHint: WebhookHint = { isAny: async () => true, forget: () => undefined };

export function makeWebhookHint(now: () => number): WebhookHint {
  let known: { readonly isAny: boolean; readonly at: number } | undefined;
  let forgotten = 0;
  return {
    isAny: async (db) => {
      const at = now();
      // The clock may have jumped either way.
      if (known !== undefined && Math.abs(at - known.at) < hintMs) return known.isAny;
      const asked = forgotten;
      const row = await db
        .selectFrom('webhook')
        .select('id')
        .where('is_active', '=', 1)
        .limit(1)
        .executeTakeFirst();
      const isAny = row !== undefined;
      // What was changed while we asked may not be in the answer.
      if (asked === forgotten) known = { isAny, at };
      return isAny;
    },
    forget: () => {
      known = undefined;
      forgotten += 1;
    },
  };
}

export type WebhookStoreOptions = { readonly now: () => number; readonly promised: () => void };

export function webhookStore(
  { db, write }: Engine,
  hint: WebhookHint,
  { now, promised }: WebhookStoreOptions,
): WebhookStore {
  const change = async <Result>(unit: (db: Db) => Promise<Result>): Promise<Result> => {
    try {
      return await write(unit);
    } finally {
      hint.forget();
    }
  };
  /** Says that there is a call to make, when there is. */
  const promise = async (unit: (db: Db) => Promise<boolean>): Promise<boolean> => {
    const isPromised = await write(unit);
    if (isPromised) promised();
    return isPromised;
  };
  return {
    webhooks: async () =>
      (await db.selectFrom('webhook').selectAll().orderBy('id').execute()).map(decodeWebhook),
    saveWebhook: (webhook) => change((db) => save(db, webhook, now())),
    deleteWebhook: (id) =>
      change(async (db) => {
        const { numDeletedRows } = await db.deleteFrom('webhook').where('id', '=', id).executeTakeFirst();
        return numDeletedRows > 0n;
      }),
    deliveries: (webhookId, limit, after) => log(db, webhookId, limit, after),
    replay: (webhookId, deliveryId) => promise((db) => replay(db, webhookId, deliveryId, now())),
    promiseTest: (webhookId, id, body) =>
      promise(async (db) => {
        if (!(await activeWebhooks(db)).some((each) => each.id === webhookId)) return false;
        const call = { id, webhook_id: webhookId, linkback_id: '', event: 'test', body } as const;
        await db.insertInto('delivery').values(newRow(call, now())).execute();
        return true;
      }),
  };
}

export async function activeWebhooks(
  db: Db,
  why: 'to look' | 'to promise to' = 'to look',
): Promise<readonly Webhook[]> {
  let active = db.selectFrom('webhook').selectAll().where('is_active', '=', 1).orderBy('id');
  // Nobody deletes one while a call to it is being promised.
  if (why === 'to promise to') active = active.forKeyShare();
  return (await active.execute()).map(decodeWebhook);
}

async function save(db: Db, webhook: Webhook, at: number): Promise<void> {
  const row = encodeWebhook(webhook);
  await db
    .insertInto('webhook')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  await failWaiting(db, webhook.id, at);
}

export async function switchOff(db: Db, webhookId: string): Promise<void> {
  await db.updateTable('webhook').set({ is_active: 0 }).where('id', '=', webhookId).execute();
}

/** When a webhook is switched off, what waits for it is given up: it stays in the log, and can be sent again. */
export async function failWaiting(db: Db, webhookId: string, at: number): Promise<void> {
  const off = db.selectFrom('webhook').select('id').where('id', '=', webhookId).where('is_active', '=', 0);
  await db
    .updateTable('delivery')
    .set({ state: 'failed', ended_at: at, detail: 'the webhook is switched off' })
    .where('webhook_id', 'in', off)
    .where('state', '=', 'waiting')
    .execute();
}

async function log(
  db: Db,
  webhookId: string,
  limit: number,
  after: string | undefined,
): Promise<Page<Delivery>> {
  let rows = db.selectFrom('delivery').selectAll().where('webhook_id', '=', webhookId);
  if (after !== undefined) rows = rows.where('id', '<', after);
  const found = await rows
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const shown = found.slice(0, limit);
  return {
    items: shown.map(decodeDelivery),
    next: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** One that is on its way is let be: it will have been sent once more, too. */
async function replay(db: Db, webhookId: string, id: string, at: number): Promise<boolean> {
  const those = db
    .selectFrom('delivery')
    .select('id')
    .where('id', '=', id)
    .where('webhook_id', '=', webhookId);
  await db
    .updateTable('delivery')
    .set({ state: 'waiting', due_at: at, attempts: 0, ended_at: null })
    .where('id', 'in', those)
    .where('state', '<>', 'leased')
    .execute();
  return (await those.executeTakeFirst()) !== undefined;
}
