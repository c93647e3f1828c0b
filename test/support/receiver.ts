import { Webhook } from 'standardwebhooks';
import type { Service } from './service.ts';
import { waitUntil } from './wait.ts';
import type { Answer, Web } from './web.ts';

/** A webhook as the API gives it when it is made. */
export type MadeWebhook = {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly site: string | null;
  readonly isActive: boolean;
  readonly secret: string;
};

/** An entry of a webhook's log, as the API lists it. */
export type Logged = {
  readonly id: string;
  readonly event: string;
  readonly linkback: string | null;
  readonly state: 'waiting' | 'leased' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly dueAt: string | null;
  readonly status: number | null;
  readonly detail: string | null;
};

/** A call that arrived, its signature checked by a library that is not ours. */
export type Call = {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly id: string; readonly [name: string]: unknown };
};

export type Receiver = {
  readonly webhook: MadeWebhook;
  /** The calls so far, answered or not. */
  readonly calls: () => readonly Call[];
  /** Waits for the first call of this type (and of this linkback), and gives it. */
  readonly waitFor: (type: string, linkbackId?: string) => Promise<Call>;
  readonly log: () => Promise<readonly Logged[]>;
  /** Says what is answered from now on; 204 at first. */
  readonly answer: (answer: Answer) => void;
};

type At = Pick<Service, 'api'>;

const allEvents = 'received verified refused gone decided published updated withdrawn'.split(' ');

export async function addWebhook(service: At, body: Readonly<Record<string, unknown>>): Promise<MadeWebhook> {
  const response = await service.api('POST', '/api/webhooks', { events: allEvents, ...body });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as MadeWebhook;
}

export async function deliveriesOf(service: At, webhookId: string): Promise<readonly Logged[]> {
  const response = await service.api('GET', `/api/webhooks/${webhookId}/deliveries?limit=100`);
  return ((await response.json()) as { readonly items: readonly Logged[] }).items;
}

/** Has a service tell a page of `web` what happens. */
export async function addReceiver(
  service: At,
  web: Web,
  path: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<Receiver> {
  web.page(path, { status: 204, body: '' });
  const webhook = await addWebhook(service, { url: web.url(path), ...body });
  const library = new Webhook(webhook.secret);
  const checked: Call[] = [];
  // Each is checked once: after five minutes the library takes it for an old one that somebody repeats.
  const calls = (): readonly Call[] => {
    for (const { body, headers } of web.hits(path).slice(checked.length)) {
      const verified = library.verify(body, headers as Record<string, string>) as Omit<Call, 'id'>;
      checked.push({ ...verified, id: String(headers['webhook-id']) });
    }
    return checked;
  };
  return {
    webhook,
    calls,
    waitFor: (type, linkbackId) =>
      waitUntil(
        () =>
          calls().find(
            (call) => call.type === type && (linkbackId === undefined || call.data.id === linkbackId),
          ),
        { what: `a call of ${type}` },
      ),
    log: () => deliveriesOf(service, webhook.id),
    answer: (answer) => web.page(path, answer),
  };
}
