import type { Change } from '../linkback/changes.ts';
import { eventsOf, type TellCall, type Webhook, type WebhookEvent } from '../linkback/webhook.ts';
import type { Db } from './engine.ts';
import type { DeliveryRow } from './tables.ts';
import { newRow, type Promised } from './webhook-rows.ts';
import { activeWebhooks, type WebhookHint } from './webhooks.ts';

/** Rows written by one statement. */
const rowsPerInsert = 50;

export type Promising = {
  readonly hint: WebhookHint;
  readonly tell: TellCall | undefined;
  readonly now: () => number;
  readonly newId: () => string;
};

/**
 * Promises the calls that changes give rise to, in the transaction of the changes; says whether there are any.
 *
 * What is told is written down now: it stays true to its moment, however late it is delivered.
 */
export async function promiseCalls(
  db: Db,
  changes: readonly Change[],
  { hint, tell, now, newId }: Promising,
): Promise<boolean> {
  if (tell === undefined || !(await hint.isAny(db))) return false;
  const webhooks = await activeWebhooks(db, 'to promise to');
  if (webhooks.length === 0) return false;
  const at = now();
  const rows = changes.flatMap((change) =>
    callsOf(change, webhooks, (event) => tell(event, change, at)).map((call) =>
      newRow({ ...call, id: newId() }, at),
    ),
  );
  await insertRows(db, rows);
  return rows.length > 0;
}

/** What a change gives rise to: its events, each told to the webhooks that want to know, in the same words. */
function callsOf(
  change: Change,
  webhooks: readonly Webhook[],
  tell: (event: WebhookEvent) => string,
): readonly Omit<Promised, 'id'>[] {
  const linkback = change.after ?? change.before;
  if (linkback === null) return [];
  return eventsOf(change).flatMap((event) => {
    const told = webhooks.filter(
      ({ site, events }) => (site ?? linkback.site) === linkback.site && events.includes(event),
    );
    const body = told.length === 0 ? '' : tell(event);
    return told.map(({ id }) => ({ webhook_id: id, linkback_id: linkback.id, event, body }));
  });
}

async function insertRows(db: Db, rows: readonly DeliveryRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsPerInsert) {
    await db
      .insertInto('delivery')
      .values(rows.slice(from, from + rowsPerInsert))
      .execute();
  }
}

/** Forgets what was, or would have been, told of a linkback; that one was withdrawn says no more than its id and page. */
export async function forgetCalls(db: Db, linkbackId: string): Promise<void> {
  await db
    .deleteFrom('delivery')
    .where('linkback_id', '=', linkbackId)
    .where('event', '<>', 'withdrawn')
    .execute();
}
