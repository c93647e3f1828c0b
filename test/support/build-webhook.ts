import { webhookEvents, type Webhook } from '../../src/linkback/webhook.ts';

/** A webhook that is told of everything, with what a test wants otherwise. */
export function buildWebhook(change: Partial<Webhook> = {}): Webhook {
  return {
    id: 'webhook-1',
    site: null,
    url: 'https://receiver.example/hook',
    secret: `whsec_${Buffer.from('a key that only tests know').toString('base64')}`,
    events: webhookEvents,
    isActive: true,
    createdAt: 1000,
    ...change,
  };
}
