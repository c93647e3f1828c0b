import type { DeliveryStore } from '../linkback/owner-ports.ts';
import type { SettleContext } from '../linkback/settle.ts';
import type { DeliveryEnd, DeliveryLease } from '../linkback/webhook.ts';
import { signedHeaders } from '../linkback/webhook-call.ts';
import { makeAlarm } from './alarm.ts';
import { retryWaitsMs } from './retry.ts';

/** Calls in hand at once, one of each webhook at most. */
export const maxCallsInHand = 8;
/** Longer than a post may take, so that no heartbeat is needed. */
export const callLeaseMs = 30_000;
/** How long ended calls stay in the log, in milliseconds. */
export const logLifeMs: number = 30 * 24 * 3_600_000;
/** Attempts of a call; those that did not end, for the process did, are let through a few more times. */
const maxAttempts = retryWaitsMs.length + 1 + 3;
/** How long it sleeps at most, in milliseconds: calls that another process promised are noticed then. */
const longestSleepMs = 1000;
const forgetEveryMs = 3_600_000;
/** How long it waits after the store has failed. */
const storeTroubleMs = 1000;

/** What came of sending something. */
export type Sent =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfterMs?: number }
  | { readonly kind: 'unreachable' | 'trouble' | 'later'; readonly detail: string };

/** Sends a body to an address; throws when the signal fires first. */
export type Send = (
  url: URL,
  posting: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
) => Promise<Sent>;

export type DelivererOptions = {
  readonly store: DeliveryStore;
  readonly send: Send;
  /** When to try again after so many failures, or undefined when it was tried enough. */
  readonly retryAt: SettleContext['retryAt'];
  readonly now: () => number;
  readonly log: DelivererLog;
};

export type DelivererLog = {
  readonly ended: (lease: DeliveryLease, end: DeliveryEnd) => void;
  readonly defect: (what: string, error: unknown, deliveryId?: string) => void;
};

export type Deliverer = {
  readonly start: () => void;
  /** Says that there may be a call to make: cheap, and harmless when there is none. */
  readonly wake: () => void;
  /** Takes no new calls, gives those in hand `graceMs` to end, gives back the rest. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/**
 * Makes the deliverer: it makes the calls that are promised to webhooks, beside all other work and in no one's way.
 *
 * A call counts as delivered when it is answered by a 2xx. It is made at least once: a process that ends between the
 * answer and its being written down makes the call again, under the same id.
 *
 * Limits: {@link maxCallsInHand} at once, one of each webhook; retries by `retryAt`, then the call has failed; a 410
 *         switches the webhook off.
 */
export function makeDeliverer(options: DelivererOptions): Deliverer {
  const { store, now, log } = options;
  const stopping = new AbortController();
  const inHand = new Map<string, Promise<void>>();
  const alarm = makeAlarm();
  let loop = Promise.resolve();
  let isTaking = true;
  let forgottenAt = -Infinity;

  const forgetOld = async (): Promise<void> => {
    if (Math.abs(now() - forgottenAt) < forgetEveryMs) return;
    // Some at a time: until there is nothing left, more are forgotten in the next round.
    if ((await store.forgetDeliveries(now() - logLifeMs)) === 0) forgottenAt = now();
  };

  const take = (lease: DeliveryLease): void => {
    const call = deliver(lease, options, stopping.signal).finally(() => {
      inHand.delete(lease.webhook.id);
      alarm.ring();
    });
    inHand.set(lease.webhook.id, call);
  };

  const round = async (): Promise<void> => {
    await forgetOld();
    const busyWebhooks = [...inHand.keys()];
    const limit = maxCallsInHand - inHand.size;
    const due = limit === 0 ? undefined : await store.nextDelivery(busyWebhooks);
    if (due === undefined || due > now()) {
      await alarm.sleep(Math.min(longestSleepMs, (due ?? Infinity) - now()));
      return;
    }
    const leases = await store.claimDeliveries({ limit, leaseMs: callLeaseMs, busyWebhooks });
    leases.forEach(take);
    // Somebody else was quicker.
    if (leases.length === 0) await alarm.sleep(longestSleepMs);
  };

  const run = async (): Promise<void> => {
    while (isTaking) {
      try {
        await round();
      } catch (error) {
        log.defect('claiming calls to webhooks failed', error);
        await alarm.sleep(storeTroubleMs);
      }
    }
  };

  return {
    start: () => {
      loop = run();
    },
    wake: alarm.ring,
    stop: async (graceMs) => {
      isTaking = false;
      alarm.ring();
      const timer = setTimeout(() => {
        stopping.abort();
      }, graceMs);
      await loop;
      await Promise.all(inHand.values());
      clearTimeout(timer);
    },
  };
}

/** A call whose end cannot be written down waits for its lease to run out, and is made again. */
async function deliver(lease: DeliveryLease, options: DelivererOptions, signal: AbortSignal): Promise<void> {
  const { store, log } = options;
  try {
    const end = await attempt(lease, options, signal);
    if (await store.finishDelivery(lease, end)) log.ended(lease, end);
  } catch (error) {
    log.defect('ending a call to a webhook failed', error, lease.id);
  }
}

async function attempt(
  lease: DeliveryLease,
  { send, retryAt, now, log }: DelivererOptions,
  signal: AbortSignal,
): Promise<DeliveryEnd> {
  const { id, webhook, body, attempts } = lease;
  if (attempts > maxAttempts) {
    return { state: 'failed', status: null, detail: `${maxAttempts} attempts did not end` };
  }
  try {
    signal.throwIfAborted();
    const headers = signedHeaders({ id, at: now(), body }, webhook.secret);
    const sent = await send(new URL(webhook.url), { headers, body }, signal);
    return endOf(sent, attempts, retryAt);
  } catch (error) {
    if (signal.aborted) {
      return { state: 'waiting', status: null, detail: 'the service stopped meanwhile', isGivenBack: true };
    }
    log.defect('calling a webhook failed', error, id);
    return endOf({ kind: 'trouble', detail: 'a defect of ours' }, attempts, retryAt);
  }
}

function endOf(sent: Sent, attempts: number, retryAt: DelivererOptions['retryAt']): DeliveryEnd {
  const said =
    sent.kind === 'answer'
      ? { status: sent.status, detail: `HTTP status ${sent.status}` }
      : { status: null, detail: sent.detail };
  if (sent.kind === 'answer' && sent.status >= 200 && sent.status < 300) {
    return { ...said, state: 'delivered' };
  }
  if (said.status === 410) {
    return { ...said, state: 'failed', detail: `${said.detail}: switched off for good`, switchesOff: true };
  }
  const retryAfterMs = sent.kind === 'answer' ? sent.retryAfterMs : undefined;
  const setback = { kind: 'setback', detail: said.detail } as const;
  const asked = retryAfterMs === undefined ? setback : { ...setback, retryAfterMs };
  const dueAt = retryAt(attempts - 1, asked);
  return dueAt === undefined ? { ...said, state: 'failed' } : { ...said, state: 'waiting', dueAt };
}
