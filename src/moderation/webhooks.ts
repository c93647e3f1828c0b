import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Directory } from '../linkback/directory.ts';
import { Mistake } from '../linkback/mistake.ts';
import type { WebhookStore } from '../linkback/owner-ports.ts';
import { parsePageUrl } from '../linkback/page-url.ts';
import { webhookEvents, type Webhook, type WebhookEvent } from '../linkback/webhook.ts';
import { callBody, makeSecret } from '../linkback/webhook-call.ts';
import { holderOf } from './access.ts';
import { notFound, notOfAllSites, sendProblem } from './answers.ts';
import { Named, OrNull, owned, wholeList, WholeList } from './described.ts';
import type { Holder } from './token.ts';
import {
  DeliverySchema,
  MadeWebhookSchema,
  NewWebhookSchema,
  toDeliveryJson,
  toWebhookJson,
  WebhookChangeSchema,
  WebhookSchema,
  type NewWebhook,
  type WebhookChange,
} from './webhook-json.ts';

/** More webhooks than this would make each change a burden. */
export const maxWebhooks = 50;

export type WebhooksOptions = {
  readonly store: WebhookStore;
  readonly directory: Pick<Directory, 'siteOf'>;
  readonly now: () => number;
  readonly newId: () => string;
};

type ById = { Params: { id: string } };
type ByDelivery = { Params: { id: string; deliveryId: string } };
type LogQuery = { Querystring: { limit: number; after?: string } };

const base = '/api/webhooks';
const byId = { tag: 'Webhooks', params: Named('id', 'The webhook’s id.') } as const;

/**
 * Serves the webhooks, the log of what they were told, and a way to tell it once more.
 *
 * A token of one site sees the webhooks of all sites, too, but not what they were told, and changes its own only.
 *
 * Limits: {@link maxWebhooks}.
 */
export function manageWebhooks(app: FastifyInstance, options: WebhooksOptions, done: () => void): void {
  const { store, directory, now, newId } = options;
  const find = async (id: string, { sees }: Holder): Promise<Webhook | undefined> =>
    (await store.webhooks()).find((each) => each.id === id && (each.site === null || sees(each.site)));

  app.get(base, list, async (request) => {
    const { sees } = holderOf(request);
    const webhooks = await store.webhooks();
    return wholeList(webhooks.filter(({ site }) => site === null || sees(site)).map(toWebhookJson));
  });

  app.post<{ Body: NewWebhook }>(base, add, async (request, reply) => {
    const holder = holderOf(request);
    const { site = holder.site } = request.body;
    if (!holder.sees(site)) return notOfAllSites(reply);
    if (site !== null && directory.siteOf(site) === undefined)
      throw new Mistake(`There is no site "${site}".`);
    if ((await store.webhooks()).length >= maxWebhooks)
      throw new Mistake(`There may be ${maxWebhooks} webhooks; delete one first.`, 409);
    const webhook: Webhook = {
      id: newId(),
      site,
      url: readUrl(request.body.url),
      secret: makeSecret(),
      events: inOrder(request.body.events),
      isActive: true,
      createdAt: now(),
    };
    await store.saveWebhook(webhook);
    return reply.code(201).send({ ...toWebhookJson(webhook), secret: webhook.secret });
  });

  app.patch<ById & { Body: WebhookChange }>(`${base}/:id`, change, async (request, reply) => {
    const holder = holderOf(request);
    const webhook = await find(request.params.id, holder);
    if (webhook === undefined) return notFound(reply, unknown);
    if (!holder.sees(webhook.site)) return notOfAllSites(reply);
    const { url = webhook.url, events = webhook.events, isActive = webhook.isActive } = request.body;
    const changed = { ...webhook, url: readUrl(url), events: inOrder(events), isActive };
    await store.saveWebhook(changed);
    return toWebhookJson(changed);
  });

  app.delete<ById>(`${base}/:id`, remove, async (request, reply) => {
    const holder = holderOf(request);
    const webhook = await find(request.params.id, holder);
    if (webhook === undefined) return notFound(reply, unknown);
    if (!holder.sees(webhook.site)) return notOfAllSites(reply);
    await store.deleteWebhook(webhook.id);
    return reply.code(204).send();
  });

  app.get<ById & LogQuery>(`${base}/:id/deliveries`, log, async (request, reply) => {
    const holder = holderOf(request);
    const webhook = await find(request.params.id, holder);
    if (webhook === undefined) return notFound(reply, unknown);
    if (!holder.sees(webhook.site)) return notOfAllSites(reply);
    const { limit, after } = request.query;
    const { items, next } = await store.deliveries(webhook.id, limit, after);
    return { items: items.map(toDeliveryJson), next };
  });

  app.post<ByDelivery>(`${base}/:id/deliveries/:deliveryId/replay`, replay, async (request, reply) => {
    const holder = holderOf(request);
    const { id, deliveryId } = request.params;
    const webhook = await find(id, holder);
    if (webhook === undefined) return notFound(reply, unknown);
    if (!holder.sees(webhook.site)) return notOfAllSites(reply);
    if (!webhook.isActive) return sendProblem(reply, 409, switchedOff);
    if (!(await store.replay(id, deliveryId))) return notFound(reply, 'delivery of this id');
    return reply.code(202).send({ id: deliveryId });
  });

  app.post<ById>(`${base}/:id/test`, test, async (request, reply) => {
    const holder = holderOf(request);
    const webhook = await find(request.params.id, holder);
    if (webhook === undefined) return notFound(reply, unknown);
    if (!holder.sees(webhook.site)) return notOfAllSites(reply);
    const deliveryId = newId();
    const body = callBody('test', now(), { webhook: webhook.id });
    if (!(await store.promiseTest(webhook.id, deliveryId, body))) return sendProblem(reply, 409, switchedOff);
    return reply.code(202).send({ id: deliveryId });
  });
  done();
}

const unknown = 'webhook of this id';
const switchedOff = 'This webhook is switched off; switch it on first.';

/** Where it leads in the end is judged each time it is called, not now: names may move. */
function readUrl(text: string): string {
  const url = parsePageUrl(text);
  if (url === undefined) throw new Mistake(`"${text}" is no http or https address.`);
  return url.href;
}

function inOrder(asked: readonly WebhookEvent[]): readonly WebhookEvent[] {
  return webhookEvents.filter((event) => asked.includes(event));
}

const list = owned('admin', {
  operationId: 'listWebhooks',
  tag: 'Webhooks',
  summary: 'List webhooks',
  description: 'The oldest first.',
  gives: { 200: WholeList(WebhookSchema, 'All webhooks.') },
});

const add = owned('admin', {
  operationId: 'addWebhook',
  tag: 'Webhooks',
  summary: 'Add a webhook',
  description: 'Its secret is shown this once.',
  body: NewWebhookSchema,
  gives: { 201: MadeWebhookSchema },
  refuses: [409, 503],
});

const change = owned('admin', {
  ...byId,
  operationId: 'changeWebhook',
  summary: 'Change a webhook, or switch it on or off',
  description: 'What waits for one that is switched off is given up; it stays in the log.',
  body: WebhookChangeSchema,
  gives: { 200: WebhookSchema },
  refuses: [503],
});

const remove = owned('admin', {
  ...byId,
  operationId: 'deleteWebhook',
  summary: 'Delete a webhook',
  description: 'With its log.',
  gives: { 204: null },
  refuses: [503],
});

const log = owned('admin', {
  ...byId,
  operationId: 'listDeliveries',
  summary: 'List what a webhook was told',
  description:
    'The newest first. What ended is kept for 30 days; what is told of an erased linkback is forgotten.',
  querystring: Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'How many at most.' }),
    after: Type.Optional(Type.String({ maxLength: 64, description: 'The cursor of the following page.' })),
  }),
  gives: {
    200: Type.Object({
      items: Type.Array(DeliverySchema),
      next: OrNull(Type.String({ description: 'For "after"; null on the last page.' })),
    }),
  },
});

const Promised = Type.Object({ id: Type.String({ description: 'The delivery’s id.' }) });

const replay = owned('admin', {
  tag: 'Webhooks',
  params: Type.Object({
    id: Type.String({ minLength: 1, maxLength: 200, description: 'The webhook’s id.' }),
    deliveryId: Type.String({ minLength: 1, maxLength: 200, description: 'The delivery’s id.' }),
  }),
  operationId: 'replayDelivery',
  summary: 'Tell a webhook something once more',
  description: 'Under the same id, so that a receiver can tell that it knows it.',
  gives: { 202: Promised },
  refuses: [409, 503],
});

const test = owned('admin', {
  ...byId,
  operationId: 'testWebhook',
  summary: 'Send a webhook a test',
  gives: { 202: Promised },
  refuses: [409, 503],
});
