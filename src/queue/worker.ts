import { setTimeout as wait } from 'node:timers/promises';
import type { JobStore, Lease, QueueEnd, SettleBasis } from '../linkback/ports.ts';
import { settle, type SettleContext, type Settlement } from '../linkback/settle.ts';
import type { Linkback } from '../linkback/linkback.ts';
import { textKeyOf, type Weigh } from '../linkback/surroundings.ts';
import { Unavailable } from '../linkback/unavailable.ts';
import type { Outcome, NotFound } from '../linkback/verdict.ts';
import { makeAlarm } from './alarm.ts';
import { answerOf, type Outcomes } from './outcomes.ts';

/** Longer than the longest attempt, so that no heartbeat is needed: fetches have their deadline, reading its own. */
export const leaseMs = 60_000;
/** Jobs in hand at once: half of them are those that are due the longest, half the latest. */
export const maxJobsInHand = 64;
const ends = ['oldest', 'newest'] as const satisfies readonly QueueEnd[];
/** Attempts without a result after which a job is taken for one that ends the process, and parked. */
export const maxUnfinished = 3;
/** How long the worker sleeps at most, in milliseconds: work of others, and hosts that have rested, are noticed then. */
const longestSleepMs = 1000;
/** How often linkbacks are looked for whose time has come to be looked at again, in milliseconds. */
const scheduleEveryMs = 30_000;
/** How many of them become jobs at once: the rest is spread over the next rounds. */
const scheduledAtOnce = 200;
/** How long it waits after the store has failed. */
const storeTroubleMs = 1000;

export type WorkerOptions = {
  readonly store: JobStore;
  readonly verify: (linkback: Linkback, signal: AbortSignal) => Promise<Outcome>;
  /** Tells whoever waits for the verdict on their ping. */
  readonly tell: Outcomes['tell'];
  readonly busyHosts: () => readonly string[] | 'ignore';
  /** How a site judges what its owner has not seen. */
  readonly judging: (site: string) => Pick<SettleContext, 'policy' | 'rules' | 'thresholds'>;
  /** Finds evidence for spam. */
  readonly weigh?: Weigh;
  readonly retryAt: SettleContext['retryAt'];
  readonly recheckAt?: SettleContext['recheckAt'];
  readonly now: () => number;
  /** Told of everything that went wrong with a job, and of each job's end. */
  readonly log: WorkerLog;
  readonly leaseMs?: number;
};

export type WorkerLog = {
  readonly settled: (linkback: Linkback, outcome: Outcome) => void;
  readonly defect: (what: string, error: unknown, linkbackId?: string) => void;
};

export type Worker = {
  readonly start: () => void;
  /** Says that there may be work: cheap, and harmless when there is none. */
  readonly wake: () => void;
  /** Takes no new jobs, gives those in hand `graceMs` to end, releases the rest. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/**
 * Makes the worker: it takes due jobs, has them verified, and writes down what came of it.
 *
 * An attempt is counted before it begins, so that a page which ends the process is parked after {@link maxUnfinished}
 * attempts; jobs whose last attempt did not end are worked on one at a time, so that none is parked for another's
 * fault. No transaction is open while a job is worked on; a lease that was lost meanwhile changes nothing.
 *
 * Jobs are taken from both ends of the queue, with places for each: hosts that are silent by the hundred fill those of the
 * end where they stand, and what came before or after them goes on. Nothing waits for ever, for the oldest have theirs.
 */
export function makeWorker(options: WorkerOptions): Worker {
  const stopping = new AbortController();
  const inHand = new Map<Lease, { readonly from: QueueEnd; readonly work: Promise<void> }>();
  const alarm = makeAlarm();
  let loop = Promise.resolve();
  let isTaking = true;
  let scheduledAt = -Infinity;

  const schedule = async (): Promise<void> => {
    // The clock may have been set back meanwhile.
    const isEarly = Math.abs(options.now() - scheduledAt) < scheduleEveryMs;
    if (options.recheckAt === undefined || isEarly) return;
    scheduledAt = options.now();
    await options.store.promiseRechecks(scheduledAtOnce);
  };

  const hold = (lease: Lease, from: QueueEnd): void => {
    const work = workOn(lease, options, stopping.signal).finally(() => {
      inHand.delete(lease);
      alarm.ring();
    });
    inHand.set(lease, { from, work });
  };

  /** Takes jobs from one end while it has places; tells whether there may be more. */
  const takeFrom = async (from: QueueEnd): Promise<boolean> => {
    const held = [...inHand.values()].filter((each) => each.from === from).length;
    const limit = maxJobsInHand / ends.length - held;
    if (limit === 0) return true;
    const leases = await options.store.claim({
      limit,
      from,
      leaseMs: options.leaseMs ?? leaseMs,
      busyHosts: busyHosts(options, inHand.keys()),
      suspectInHand: [...inHand.keys()].some((lease) => lease.unfinished > 1),
    });
    for (const lease of leases) hold(lease, from);
    return leases.length === limit;
  };

  const take = async (): Promise<void> => {
    await schedule();
    const before = inHand.size;
    for (const end of ends) if (!(await takeFrom(end))) break;
    // A full hand is emptied by a job's end, which rings.
    await alarm.sleep(inHand.size > before ? 0 : await untilDue(options));
  };

  const run = async (): Promise<void> => {
    while (isTaking) {
      try {
        await take();
      } catch (error) {
        options.log.defect('claiming jobs failed', error);
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
      await Promise.all([...inHand.values()].map(({ work }) => work));
      clearTimeout(timer);
    },
  };
}

function busyHosts({ busyHosts }: WorkerOptions, inHand: Iterable<Lease>): readonly string[] | 'ignore' {
  const resting = busyHosts();
  return resting === 'ignore'
    ? resting
    : [...new Set([...resting, ...[...inHand].map((lease) => lease.host)])];
}

async function untilDue({ store, now }: WorkerOptions): Promise<number> {
  const due = await store.nextDue();
  // A job that is due now but was not claimed waits for its host or for somebody's lease.
  const wait = due === undefined || due <= now() ? longestSleepMs : due - now();
  return Math.min(wait, longestSleepMs);
}

async function workOn(lease: Lease, options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const until = performance.now() + (options.leaseMs ?? leaseMs);
  try {
    const linkback = await options.store.linkback(lease.linkbackId);
    if (linkback === undefined) return;
    const isPoison = lease.unfinished > maxUnfinished;
    const outcome = isPoison ? parked : await attempt(linkback, options, signal);
    const end = isPoison ? 'park' : 'finish';
    await onceItCanBeWritten(() => conclude(lease, outcome, options, end), until, signal);
  } catch (error) {
    await giveBack(lease, error, options, signal);
  }
}

/**
 * Keeps a verdict for as long as its lease holds while the store cannot write: the disk may be full, or the database
 * locked, for a minute, and looking again would find out nothing new.
 */
async function onceItCanBeWritten(
  write: () => Promise<void>,
  until: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await write();
      return;
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() >= until) throw error;
      await wait(storeTroubleMs, undefined, { signal });
    }
  }
}

/** A defect in verifying is ours, not the source's: it is logged, and tried again like any trouble. */
async function attempt(linkback: Linkback, options: WorkerOptions, signal: AbortSignal): Promise<Outcome> {
  try {
    signal.throwIfAborted();
    return await unlessStopped(options.verify(linkback, signal), signal);
  } catch (error) {
    signal.throwIfAborted();
    // The source is not to blame for our database.
    if (error instanceof Unavailable) throw error;
    options.log.defect('verifying failed', error, linkback.id);
    return { kind: 'setback', detail: `a defect of ours: ${String(error)}` };
  }
}

/** Work that does not hear the signal, such as reading a page, must not hold up the end of the service. */
async function unlessStopped<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const stop = Promise.withResolvers<never>();
  const onAbort = (): void => {
    stop.reject(new Error('the service is stopping', { cause: signal.reason }));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, stop.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const parked: NotFound = {
  kind: 'not-found',
  reason: 'our-fault',
  finding: 'absent',
  detail: `${maxUnfinished} attempts ended without a result; the job is parked`,
};

async function conclude(
  lease: Lease,
  outcome: Outcome,
  options: WorkerOptions,
  end: 'finish' | 'park',
): Promise<void> {
  const textKey = outcome.kind === 'found' ? textKeyOf(outcome.excerpt) : undefined;
  const judge = (basis: SettleBasis): Settlement => settleBasis(basis, lease, outcome, options);
  const linkback = await options.store[end](lease, judge, textKey);
  if (linkback === undefined) return;
  const isResting = outcome.kind === 'setback' && outcome.restMs !== undefined;
  const reason = outcome.kind === 'not-found' ? outcome.reason : undefined;
  const answer = isResting ? undefined : answerOf(linkback, outcome.kind, reason);
  options.tell({ linkbackId: linkback.id, answer });
  options.log.settled(linkback, outcome);
}

function settleBasis(
  { linkback, hostIsApproved, surroundings, now }: SettleBasis,
  { progress }: Lease,
  outcome: Outcome,
  { judging, weigh, retryAt, recheckAt }: WorkerOptions,
): Settlement {
  return settle(linkback, outcome, {
    ...judging(linkback.site),
    now,
    progress,
    hostIsApproved,
    weigh: (verified) => weigh?.(verified, surroundings, now) ?? [],
    retryAt,
    recheckAt,
  });
}

/**
 * Stopping, and a store that cannot write, give the job back: it did not end its process. Anything else leaves it to its
 * lease, so that the attempt counts as unfinished.
 */
async function giveBack(
  lease: Lease,
  error: unknown,
  options: WorkerOptions,
  signal: AbortSignal,
): Promise<void> {
  if (!signal.aborted) {
    options.log.defect('settling a job failed', error, lease.linkbackId);
    if (!(error instanceof Unavailable)) return;
  }
  try {
    await options.store.release(lease);
  } catch (releaseError) {
    options.log.defect('releasing a job failed', releaseError, lease.linkbackId);
  }
}
