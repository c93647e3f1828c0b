import { createHmac, randomBytes } from 'node:crypto';
import type { CallEvent } from './webhook.ts';

/** What every secret begins with; the rest is the key in base64. */
const secretPrefix = 'whsec_';

/** Makes a new secret to sign with: 32 random bytes. */
export function makeSecret(): string {
  return `${secretPrefix}${randomBytes(32).toString('base64')}`;
}

/** The name by which receivers know an event. */
export function callType(event: CallEvent): string {
  return event === 'test' ? 'test' : `linkback.${event}`;
}

/** The body of a call: what happened, when, and to what. */
export function callBody(event: CallEvent, at: number, data: unknown): string {
  return JSON.stringify({ type: callType(event), timestamp: new Date(at).toISOString(), data });
}

/** What is sent, and when: the instant of the attempt, not of the event. */
export type Call = { readonly id: string; readonly at: number; readonly body: string };

/**
 * Gives the headers by which a receiver knows a call, its age, and that it comes from us.
 *
 * Spec: Standard Webhooks, "Webhook Headers" and "Signature scheme".
 */
export function signedHeaders({ id, at, body }: Call, secret: string): Record<string, string> {
  const seconds = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.replace(secretPrefix, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  };
}
