import type { Config } from './config.ts';
import type { Store } from './linkback/store.ts';
import { measureRequests } from './measured.ts';
import type { Metrics } from './metrics.ts';
import { makeDigest } from './moderation/digest.ts';
import { makeSendMail } from './moderation/mail.ts';
import { makeDeliverer, type DelivererLog } from './queue/deliver.ts';
import { makeRetryAt } from './queue/retry.ts';
import type { Guard } from './web/guard.ts';
import { makePost } from './web/post.ts';
import { makeTurns } from './web/turns.ts';

export type TellingNeeds = {
  readonly store: Store;
  readonly guard: Guard;
  readonly version: string;
  readonly baseUrl: () => string;
  readonly now: () => number;
  readonly log: TellingLog;
  readonly metrics: Metrics;
};

type Line = (about: object, what: string) => void;
export type TellingLog = { readonly info: Line; readonly warn: Line; readonly error: Line };

/** What is told to the owner, and to programs of theirs, without being asked for. */
export type Telling = {
  readonly start: () => void;
  /** Says that there are calls to webhooks to make. */
  readonly wake: () => void;
  /** Begins nothing any more, and gives what is on its way so long to end. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** Builds the calls to webhooks, and the digest by e-mail when the settings want one. */
export function makeTelling({ digest: settings }: Config, needs: TellingNeeds): Telling {
  const { store, guard, version, baseUrl, now, log, metrics } = needs;
  const deliverer = makeDeliverer({
    store,
    // Turns of their own: receivers are the owner's, and a slow one must not hold up the reading of strangers' pages.
    send: measureRequests(
      metrics,
      'webhook',
      makePost({
        guard,
        turns: makeTurns({ isPolite: false, isOurs: () => true }),
        userAgent: () => `linkbackd/${version} (+${baseUrl()}; webhook)`,
        now,
      }),
    ),
    retryAt: makeRetryAt({ now, random: Math.random }),
    now,
    log: delivererLog(log),
  });
  const digest =
    settings === undefined
      ? undefined
      : makeDigest({
          store,
          settings,
          sendMail: makeSendMail(settings),
          baseUrl,
          now,
          log: {
            sent: (waiting) => log.info({ waiting }, 'digest sent'),
            failed: (detail) =>
              log.warn({ detail }, 'the digest could not be sent; it is tried again in an hour'),
          },
        });
  return {
    start: () => {
      deliverer.start();
      digest?.start();
    },
    wake: deliverer.wake,
    stop: async (graceMs) => {
      await Promise.all([deliverer.stop(graceMs), digest?.stop(graceMs)]);
    },
  };
}

/** One line for each attempt, without the address: it may hold a secret. */
function delivererLog(log: TellingLog): DelivererLog {
  return {
    ended: ({ id: delivery, webhook, event }, { state, status, detail }) => {
      log.info({ delivery, webhook: webhook.id, event, state, status, detail }, 'webhook called');
    },
    defect: (what, error, delivery) => {
      log.error({ err: error, delivery }, what);
    },
  };
}
