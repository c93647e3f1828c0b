import type { Delivery, Webhook, WebhookEvent } from '../linkback/webhook.ts';
import type { DeliveryRow, WebhookRow } from './tables.ts';

export function encodeWebhook(webhook: Webhook): WebhookRow {
  return {
    id: webhook.id,
    site: webhook.site,
    url: webhook.url,
    secret: webhook.secret,
    events: JSON.stringify(webhook.events),
    is_active: webhook.isActive ? 1 : 0,
    created_at: webhook.createdAt,
  };
}

export function decodeWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    site: row.site,
    url: row.url,
    secret: row.secret,
    events: JSON.parse(row.events) as readonly WebhookEvent[],
    isActive: row.is_active === 1,
    createdAt: row.created_at,
  };
}

export function decodeDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    linkbackId: row.linkback_id === '' ? null : row.linkback_id,
    event: row.event,
    body: row.body,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    status: row.status,
    detail: row.detail,
  };
}

export type Promised = Pick<DeliveryRow, 'id' | 'webhook_id' | 'linkback_id' | 'event' | 'body'>;

/** A call that has not been tried yet. */
export function newRow(promised: Promised, at: number): DeliveryRow {
  const unended = { token: null, lease_until: null, ended_at: null, status: null, detail: null };
  return { ...promised, ...unended, state: 'waiting', created_at: at, due_at: at, attempts: 0 };
}
