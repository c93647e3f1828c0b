import { sql } from 'kysely';
import type { DeliveryStore } from '../linkback/owner-ports.ts';
import type { DeliveryEnd, DeliveryLease } from '../linkback/webhook.ts';
import type { Db, Engine } from './engine.ts';
import type { JobStoreOptions } from './jobs.ts';
import type { DeliveryRow, WebhookRow } from './tables.ts';
import { decodeWebhook } from './webhook-rows.ts';
import { failWaiting, switchOff, type WebhookHint } from './webhooks.ts';

/** How many deliveries are forgotten by one transaction. */
const forgottenAtOnce = 500;

export function deliveryStore(
  engine: Engine,
  hint: WebhookHint,
  { now, newId }: JobStoreOptions,
): DeliveryStore {
  const { db, write } = engine;
  return {
    claimDeliveries: ({ limit, leaseMs, busyWebhooks }) =>
      write(async (db) => {
        const at = await instant(db, engine, now);
        await voidExpired(db, at);
        const queues = await freeQueues(db, busyWebhooks, 'to take from');
        const leases: DeliveryLease[] = [];
        for (const queue of dueQueues(queues, at, limit)) {
          leases.push(await leaseFirst(db, queue, at, { token: newId(), lease_until: at + leaseMs }));
        }
        return leases;
      }),
    finishDelivery: async (lease, end) => {
      try {
        return await write((db) => finish(db, lease, end, now()));
      } finally {
        if (end.state === 'failed' && end.switchesOff === true) hint.forget();
      }
    },
    nextDelivery: async (busyWebhooks) => {
      const queues = await freeQueues(db, busyWebhooks);
      const next = [...queues.map(({ next_at }) => next_at), await nextExpiry(db, busyWebhooks)];
      const instants = next.filter((at) => at !== null && at !== undefined);
      return instants.length === 0 ? undefined : Math.min(...instants);
    },
    forgetDeliveries: (before) =>
      write(async (db) => {
        const old = db
          .selectFrom('delivery')
          .select('id')
          .where('ended_at', 'is not', null)
          .where('ended_at', '<', before)
          .limit(forgottenAtOnce);
        const { numDeletedRows } = await db.deleteFrom('delivery').where('id', 'in', old).executeTakeFirst();
        return Number(numDeletedRows);
      }),
  };
}

/** As constants, so that the queue's own index serves: it holds nothing else. */
const waiting = sql.lit('waiting' as const);
const leased = sql.lit('leased' as const);

/** What the clock says that leases go by. */
async function instant(db: Db, { clock }: Engine, now: () => number): Promise<number> {
  if (clock === undefined) return now();
  return (await db.selectNoFrom(clock().as('now')).executeTakeFirstOrThrow()).now;
}

/** A lease that ran out was somebody's who is no more. */
async function voidExpired(db: Db, at: number): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ state: 'waiting', token: null, lease_until: null })
    .where('state', '=', leased)
    .where('lease_until', '<=', at)
    .execute();
}

type Queue = WebhookRow & { readonly next_at: number | null };

/** The queues from which a call may be taken: of active webhooks, one call of each at a time. */
async function freeQueues(
  db: Db,
  busyWebhooks: readonly string[],
  why: 'to look' | 'to take from' = 'to look',
): Promise<readonly Queue[]> {
  let queues = db
    .selectFrom('webhook')
    .selectAll('webhook')
    .select((each) =>
      each
        .selectFrom('delivery')
        .select((call) => call.fn.min('due_at').as('due_at'))
        .whereRef('webhook_id', '=', 'webhook.id')
        .where('state', '=', waiting)
        .as('next_at'),
    )
    .where('is_active', '=', 1)
    .where((each) =>
      each.not(
        each.exists(
          each
            .selectFrom('delivery')
            .select('delivery.id')
            .whereRef('webhook_id', '=', 'webhook.id')
            .where('state', '=', leased),
        ),
      ),
    );
  if (busyWebhooks.length > 0) queues = queues.where('webhook.id', 'not in', busyWebhooks);
  if (why === 'to take from') queues = queues.forUpdate('webhook').skipLocked();
  return queues.execute();
}

/** The webhooks with something due, the longest due first. */
function dueQueues(queues: readonly Queue[], at: number, limit: number): readonly Queue[] {
  const dueAt = ({ next_at }: Queue): number => next_at ?? Infinity;
  return queues
    .filter((queue) => dueAt(queue) <= at)
    .sort((one, other) => dueAt(one) - dueAt(other))
    .slice(0, limit);
}

async function leaseFirst(
  db: Db,
  queue: WebhookRow,
  at: number,
  lease: Pick<DeliveryRow, 'token' | 'lease_until'> & { readonly token: string },
): Promise<DeliveryLease> {
  const { id, event, body, created_at, attempts } = await db
    .selectFrom('delivery')
    .select(['id', 'event', 'body', 'created_at', 'attempts'])
    .where('webhook_id', '=', queue.id)
    .where('state', '=', waiting)
    .where('due_at', '<=', at)
    .orderBy('due_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirstOrThrow();
  await db
    .updateTable('delivery')
    .set({ ...lease, state: 'leased', attempts: attempts + 1 })
    .where('id', '=', id)
    .execute();
  const call = { id, event, body, createdAt: created_at, attempts: attempts + 1 };
  return { ...call, token: lease.token, webhook: decodeWebhook(queue) };
}

async function nextExpiry(db: Db, busyWebhooks: readonly string[]): Promise<number | undefined> {
  let inHand = db
    .selectFrom('delivery')
    .select((each) => each.fn.min('lease_until').as('until'))
    .where('state', '=', leased);
  if (busyWebhooks.length > 0) inHand = inHand.where('webhook_id', 'not in', busyWebhooks);
  return (await inHand.executeTakeFirst())?.until ?? undefined;
}

async function finish(db: Db, lease: DeliveryLease, end: DeliveryEnd, at: number): Promise<boolean> {
  const { status, detail, state } = end;
  const isOff = state === 'failed' && end.switchesOff === true;
  const isGivenBack = 'isGivenBack' in end;
  const { numUpdatedRows } = await db
    .updateTable('delivery')
    .set({
      state,
      status,
      detail,
      token: null,
      lease_until: null,
      attempts: lease.attempts - Number(isGivenBack),
      ...('dueAt' in end ? { due_at: end.dueAt } : {}),
      ...(state === 'waiting' ? {} : { ended_at: at }),
    })
    .where('id', '=', lease.id)
    .where('token', '=', lease.token)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  if (isOff) await switchOff(db, lease.webhook.id);
  // Somebody may have switched it off meanwhile, too.
  await failWaiting(db, lease.webhook.id, at);
  return true;
}
