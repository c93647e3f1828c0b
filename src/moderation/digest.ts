import { setTimeout as wait } from 'node:timers/promises';
import type { LinkbackEvent } from '../linkback/event.ts';
import type { Linkback, Moderation } from '../linkback/linkback.ts';
import type { ModerationStore, ScheduleStore } from '../linkback/owner-ports.ts';
import { reasonSentences } from '../linkback/refusal.ts';
import type { DigestPeriod, DigestSettings } from './digest-settings.ts';
import { composeDigest, type DigestItem, type DigestNews, type Listed } from './digest-text.ts';
import type { SendMail } from './mail.ts';

/** How many linkbacks each list names at most. */
const shownWaiting = 20;
const shownOthers = 10;
/** So many of what happened by itself are looked through. */
const lookedThrough = 100;
/** A linkback that was received so long before the last digest may have been settled since, in milliseconds. */
const settledLateMs = 3 * 24 * 3_600_000;

const dayMs = 24 * 3_600_000;
/** When a digest that could not be sent is tried again. */
const retryEveryMs = 3_600_000;
/** How often the clock is looked at, and how often others' work is noticed, in milliseconds. */
const lookEveryMs = 1000;
const askEveryMs = 60_000;

export type DigestOptions = {
  readonly store: Pick<ModerationStore, 'moderationList' | 'walk' | 'events' | 'attempts'> & ScheduleStore;
  readonly settings: Pick<DigestSettings, 'every' | 'hour'>;
  readonly sendMail: SendMail;
  readonly baseUrl: () => string;
  readonly now: () => number;
  readonly log: {
    readonly sent: (waiting: number) => void;
    readonly failed: (detail: string) => void;
  };
};

export type Digest = {
  readonly start: () => void;
  /** Begins none any more, and waits so long for the one that is on its way. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** The names under which the store knows whose turn it is. */
const turns = { sent: 'digest', attempt: 'digest attempt' } as const;

/**
 * Makes the sender of digests: one e-mail a day or a week with what waits for the owner, and none when nothing does.
 *
 * One that was due while nobody was there is sent as soon as somebody is; the first comes when it is switched on. One
 * process sends it. When the mail server does not take it, it is tried again an hour later.
 *
 * Limits: {@link shownWaiting} linkbacks that wait, {@link shownOthers} of each other kind.
 */
export function makeDigest(options: DigestOptions): Digest {
  const { store, settings, now, log } = options;
  let looking: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let askedAt = -Infinity;
  let doneSlot = -Infinity;

  const send = async (): Promise<void> => {
    const slot = latestSlot(now(), settings);
    if (slot === doneSlot || Math.abs(now() - askedAt) < askEveryMs) return;
    askedAt = now();
    const sentAt = await store.turnTakenAt(turns.sent);
    if (sentAt === undefined || sentAt < slot) {
      const triedAt = await store.turnTakenAt(turns.attempt);
      if (!(await store.takeTurn(turns.attempt, retryEveryMs))) return;
      // The last one tells of what had happened when it was begun.
      const since =
        sentAt === undefined ? slot - periodMs[settings.every] : Math.min(sentAt, triedAt ?? sentAt);
      await sendNews(options, since);
      // Said afterwards: a mail too many is better than none.
      await store.takeTurn(turns.sent, 1);
    }
    doneSlot = slot;
  };

  const look = (): void => {
    sending ??= send()
      .catch((error: unknown) => log.failed(error instanceof Error ? error.message : String(error)))
      .finally(() => (sending = undefined));
  };

  return {
    start: () => {
      look();
      looking = setInterval(look, lookEveryMs).unref();
    },
    stop: async (graceMs) => {
      clearInterval(looking);
      await Promise.race([sending, wait(graceMs, undefined, { ref: false })]);
    },
  };
}

const periodMs: Readonly<Record<DigestPeriod, number>> = { daily: dayMs, weekly: 7 * dayMs };

/** The latest instant at which a digest was due: at its hour, for a weekly one on a Monday. */
export function latestSlot(now: number, { every, hour }: DigestOptions['settings']): number {
  const today = Math.floor(now / dayMs) * dayMs + hour * 3_600_000;
  const slot = today > now ? today - dayMs : today;
  const daysSinceMonday = (new Date(slot).getUTCDay() + 6) % 7;
  return every === 'daily' ? slot : slot - daysSinceMonday * dayMs;
}

async function sendNews(options: DigestOptions, since: number): Promise<void> {
  const news = await gatherNews(options.store, since);
  if (news.waiting.count === 0) return;
  const frame = { baseUrl: options.baseUrl(), every: options.settings.every };
  await options.sendMail(composeDigest(news, frame));
  options.log.sent(news.waiting.count);
}

async function gatherNews(store: DigestOptions['store'], since: number): Promise<DigestNews> {
  const waiting = { moderation: 'pending', verification: 'verified' } as const;
  let count = 0;
  const { isComplete } = await store.walk(waiting, (batch) => (count += batch.length));
  const { items } = await store.moderationList({ ...waiting, order: 'newest', limit: shownWaiting });
  return {
    waiting: { items: items.map((linkback) => ({ linkback })), count, isAll: isComplete },
    approved: await movedByItself(store, 'approved', since),
    spam: await movedByItself(store, 'spam', since),
    failed: await failedSince(store, since),
  };
}

async function movedByItself(
  store: DigestOptions['store'],
  moderation: Moderation,
  since: number,
): Promise<Listed> {
  const query = { moderation, since: since - settledLateMs, order: 'newest', limit: lookedThrough } as const;
  const { items, next } = await store.moderationList(query);
  const moved: DigestItem[] = [];
  for (const linkback of items) {
    const move = (await store.events(linkback.id)).findLast(({ machine }) => machine === 'moderation');
    if (move !== undefined && move.at > since && move.by.kind !== 'person') moved.push(item(linkback, move));
  }
  return shorten(moved, next === null);
}

function item(linkback: Linkback, { why }: LinkbackEvent): DigestItem {
  return why === '' ? { linkback } : { linkback, remark: why };
}

async function failedSince(store: DigestOptions['store'], since: number): Promise<Listed> {
  const query = { attention: 'failed', since, order: 'newest', limit: lookedThrough } as const;
  const { items, next } = await store.moderationList(query);
  const failed: DigestItem[] = [];
  for (const linkback of items) {
    const remark =
      linkback.refusal === null
        ? (await store.attempts(linkback.id)).at(-1)?.detail
        : reasonSentences[linkback.refusal];
    failed.push(remark === undefined ? { linkback } : { linkback, remark });
  }
  return shorten(failed, next === null);
}

function shorten(items: readonly DigestItem[], isAll: boolean): Listed {
  return { items: items.slice(0, shownOthers), count: items.length, isAll };
}
