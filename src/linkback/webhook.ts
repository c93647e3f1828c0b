import { isPublic } from './linkback.ts';
import type { Change } from './changes.ts';

/** What a webhook may be told of. */
export const webhookEvents = [
  'received',
  'verified',
  'refused',
  'gone',
  'decided',
  'published',
  'updated',
  'withdrawn',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** What a call tells of: also nothing at all, to try a receiver. */
export type CallEvent = WebhookEvent | 'test';

/** An address that is told, by signed POST requests, of what happens to linkbacks. */
export type Webhook = {
  readonly id: string;
  /** The site whose linkbacks it is told of; null for all. */
  readonly site: string | null;
  readonly url: string;
  /** What its calls are signed with, in the form of `makeSecret`. */
  readonly secret: string;
  readonly events: readonly WebhookEvent[];
  readonly isActive: boolean;
  readonly createdAt: number;
};

/** One promised call, as the log shows it. */
export type Delivery = {
  /** The same in each attempt and in a replay, so that a receiver can tell what it knows already. */
  readonly id: string;
  readonly webhookId: string;
  /** Null for a test. */
  readonly linkbackId: string | null;
  readonly event: CallEvent;
  readonly body: string;
  readonly state: 'waiting' | 'leased' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly dueAt: number;
  readonly createdAt: number;
  readonly endedAt: number | null;
  /** The HTTP status of the last answer, when there was one. */
  readonly status: number | null;
  readonly detail: string | null;
};

/** A call in hand: whoever holds the newest token may end it. */
export type DeliveryLease = {
  readonly id: string;
  readonly token: string;
  readonly webhook: Webhook;
  readonly event: CallEvent;
  readonly body: string;
  readonly createdAt: number;
  /** This attempt included. */
  readonly attempts: number;
};

/** What came of an attempt: delivered, failed for good, or to be tried again. */
export type DeliveryEnd = {
  readonly status: number | null;
  readonly detail: string;
} & (
  | { readonly state: 'delivered' }
  /** With `switchesOff` nobody listens there any more: the webhook is switched off, and what waits for it fails too. */
  | { readonly state: 'failed'; readonly switchesOff?: boolean }
  | { readonly state: 'waiting'; readonly dueAt: number }
  /** Not tried to the end, for reasons of our own: the attempt does not count, and its place in the queue is kept. */
  | { readonly state: 'waiting'; readonly isGivenBack: true }
);

/** Says in JSON what a change is to those who are told of it; called in the transaction of the change. */
export type TellCall = (event: WebhookEvent, change: Change, at: number) => string;

/** What a change is worth telling of: what happened to the linkback, then what its readers see of that. */
export function eventsOf({ before, after }: Change): readonly WebhookEvent[] {
  return [...movesOf(before, after), ...publicityOf(before, after)];
}

type End = Change['after'];

function movesOf(before: End, after: End): readonly WebhookEvent[] {
  if (after === null) return [];
  if (before === null) return ['received'];
  const { verification } = after;
  const isMoved = before.verification !== verification && verification !== 'unverified';
  const isDecided = before.moderation !== after.moderation;
  return [...(isMoved ? [verification] : []), ...(isDecided ? (['decided'] as const) : [])];
}

function publicityOf(before: End, after: End): readonly WebhookEvent[] {
  const [was, is] = [before !== null && isPublic(before), after !== null && isPublic(after)];
  if (was && is) return before?.updatedAt === after?.updatedAt ? [] : ['updated'];
  if (is) return ['published'];
  return was ? ['withdrawn'] : [];
}
