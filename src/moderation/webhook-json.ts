import { Type, type Static, type TSchema } from 'typebox';
import { webhookEvents, type Delivery, type Webhook } from '../linkback/webhook.ts';
import { Instant, iso, isoOrNull, OrNull, type Json } from './described.ts';

const words = {
  url: Type.String({
    minLength: 1,
    maxLength: 2048,
    description: 'An http or https address that is on the public internet.',
    examples: ['https://hooks.example/linkbacks'],
  }),
  events: Type.Array(Type.Enum([...webhookEvents]), {
    minItems: 1,
    uniqueItems: true,
    description: 'What it is told of.',
  }),
  site: OrNull(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: 'The one site whose linkbacks it is told of; null for all.',
    }),
  ),
  isActive: Type.Boolean({ description: 'Whether it is told of anything at all.' }),
};

const Schema = Type.Object(
  { id: Type.String(), ...words, createdAt: Instant('When it was added.') },
  { title: 'Webhook', description: 'An address that is told of what happens to linkbacks.' },
);

export const WebhookSchema: TSchema = Schema;

export const MadeWebhookSchema: TSchema = Type.Object(
  {
    ...Schema.properties,
    secret: Type.String({
      description: 'What its calls are signed with, shown this once.',
      examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
    }),
  },
  { title: 'MadeWebhook' },
);

export type NewWebhook = Pick<Webhook, 'url' | 'events'> & { readonly site?: string | null };
export type WebhookChange = Partial<Pick<Webhook, 'url' | 'events' | 'isActive'>>;

export const NewWebhookSchema: TSchema = Type.Object(
  { url: words.url, events: words.events, site: Type.Optional(words.site) },
  { title: 'NewWebhook', additionalProperties: false },
);

export const WebhookChangeSchema: TSchema = Type.Object(
  {
    url: Type.Optional(words.url),
    events: Type.Optional(words.events),
    isActive: Type.Optional(words.isActive),
  },
  { title: 'WebhookChange', additionalProperties: false, minProperties: 1 },
);

export function toWebhookJson({ id, site, url, events, isActive, createdAt }: Webhook): Json {
  const json: Static<typeof Schema> = {
    id,
    url,
    events: [...events],
    site,
    isActive,
    createdAt: iso(createdAt),
  };
  return json;
}

const Logged = Type.Object(
  {
    id: Type.String({ description: 'The same in every attempt and in a replay: header webhook-id.' }),
    event: Type.Enum([...webhookEvents, 'test']),
    linkback: OrNull(Type.String({ description: 'What it tells of, by its id; null for a test.' })),
    state: Type.Enum(['waiting', 'leased', 'delivered', 'failed'], {
      description: '"leased" is on its way now; "failed" is not tried any more.',
    }),
    attempts: Type.Integer(),
    createdAt: Instant('When what it tells of happened.'),
    dueAt: OrNull(Instant('When it is tried next; null when it has ended.')),
    endedAt: OrNull(Instant('When it was delivered, or given up.')),
    status: OrNull(Type.Integer({ description: 'The HTTP status of the last answer.' })),
    detail: OrNull(Type.String({ description: 'What came of the last attempt.' })),
    body: Type.Object({}, { additionalProperties: true, description: 'What is sent.' }),
  },
  { title: 'Delivery', description: 'A call to a webhook.' },
);

export const DeliverySchema: TSchema = Logged;

export function toDeliveryJson(delivery: Delivery): Json {
  const { id, event, linkbackId, state, attempts, createdAt, dueAt, endedAt, status, detail } = delivery;
  const json: Static<typeof Logged> = {
    id,
    event,
    linkback: linkbackId,
    state,
    attempts,
    createdAt: iso(createdAt),
    dueAt: endedAt === null ? iso(dueAt) : null,
    endedAt: isoOrNull(endedAt),
    status,
    detail,
    body: JSON.parse(delivery.body) as object,
  };
  return json;
}
