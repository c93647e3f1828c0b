import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { PingAnswer } from './linkback/answered.ts';
import { dialects, moderations, verifications, type Dialect } from './linkback/linkback.ts';
import type { Numbers } from './linkback/ports.ts';
import type { NotFound } from './linkback/verdict.ts';
import { tellOfProcess } from './process-metrics.ts';

/** What a verification spends its time on. */
export const stages = ['look', 'fetch', 'read', 'vouch', 'ask', 'settle'] as const;
export type Stage = (typeof stages)[number];

/** What is asked of others, and for what. */
export const requestKinds = ['source', 'target', 'vouch', 'webhook', 'akismet'] as const;
export type RequestKind = (typeof requestKinds)[number];

/** What came of asking: the class of the answer's status, or why there was none. */
export const requestOutcomes = [
  '1xx',
  '2xx',
  '3xx',
  '4xx',
  '5xx',
  'unreachable',
  'trouble',
  'later',
  'ended',
] as const;
export type RequestOutcome = (typeof requestOutcomes)[number];

export type VerificationOutcome = 'found' | 'setback' | NotFound['reason'];

/** How an attempt to call a webhook ended; `waiting` is tried again. */
export const callEnds = ['delivered', 'waiting', 'failed'] as const;
export const leaseWorks = ['verification', 'webhook'] as const;
export const storeFailures = ['unavailable', 'damaged'] as const;
export const jobStates = ['waiting', 'leased', 'dead'] as const;
export const callStates = ['waiting', 'leased'] as const;

/** What the program tells of its work while it does it. Durations are in seconds. */
export type Metrics = {
  readonly answered: (dialect: Dialect, answer: PingAnswer, seconds: number) => void;
  readonly verified: (outcome: VerificationOutcome, seconds: number) => void;
  readonly spent: (stage: Stage, seconds: number) => void;
  readonly asked: (kind: RequestKind, outcome: RequestOutcome) => void;
  readonly called: (end: (typeof callEnds)[number]) => void;
  readonly leaseLost: (work: (typeof leaseWorks)[number]) => void;
  readonly wrote: (seconds: number) => void;
  readonly writeFailed: (why: (typeof storeFailures)[number]) => void;
  readonly committed: (units: number) => void;
  /** Everything, in the text format of Prometheus. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
  /** Measures no more. */
  readonly close: () => void;
};

export type MetricsOptions = {
  readonly version: string;
  readonly now: () => number;
  /** What is counted in the database when somebody asks. */
  readonly count: () => Promise<Numbers>;
  /** A clock that never jumps, in milliseconds. */
  readonly elapsed?: () => number;
};

/** A database that takes longer to count than this is left out, in milliseconds: the rest is told all the same. */
const countWithinMs = 2000;
/** Counting walks through the open jobs, so it is done at most so often, in milliseconds. */
const countEveryMs = 1000;

/**
 * Makes the numbers of one service: a registry of its own, for a process may hold several services.
 *
 * Labels have values of closed lists only, never a host or an address, so that strangers cannot make them grow.
 *
 * Spec: Prometheus text format 0.0.4, and its conventions for names.
 */
export function makeMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const ofProcess = tellOfProcess(registry);
  tellVersion(registry, options.version);
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: readonly string[]): Counter =>
    new Counter({ name, help, labelNames, registers });
  const histogram = (
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): Histogram => new Histogram({ name, help, buckets: [...buckets], labelNames, registers });

  const pings = counter('linkbackd_pings_total', 'Pings, by what their sender was told.', [
    'dialect',
    'answer',
  ]);
  const waits = histogram(
    'linkbackd_ping_answer_seconds',
    'How long senders waited for their answer.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5, 10],
    ['dialect'],
  );
  const verifications = counter('linkbackd_verifications_total', 'Verifications, by what came of them.', [
    'outcome',
  ]);
  const verifying = histogram(
    'linkbackd_verification_seconds',
    'How long verifications took, from taking the job until its end was known.',
    [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60],
  );
  const spending = histogram(
    'linkbackd_verification_stage_seconds',
    'What verifications spent their time on.',
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20],
    ['stage'],
  );
  const requests = counter(
    'linkbackd_outbound_requests_total',
    'Requests to others, each with its redirects.',
    ['kind', 'outcome'],
  );
  const calls = counter('linkbackd_webhook_calls_total', 'Attempts to call webhooks, by how they ended.', [
    'end',
  ]);
  const lost = counter(
    'linkbackd_leases_lost_total',
    'Work whose end was not written: another had taken it meanwhile, or it was erased.',
    ['work'],
  );
  const writes = histogram(
    'linkbackd_store_write_seconds',
    'How long writes took, from asking until durable.',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  );
  const failures = counter('linkbackd_store_failures_total', 'Writes that failed.', ['why']);
  const units = histogram(
    'linkbackd_store_commit_units',
    'Writes that shared one transaction.',
    [1, 2, 4, 8, 16, 32, 64],
  );
  const tellNumbers = makeTellNumbers(registry, options);
  // Series that are there from the start, so that a first event is an increase like any other.
  for (const why of storeFailures) failures.inc({ why }, 0);
  for (const work of leaseWorks) lost.inc({ work }, 0);
  for (const end of callEnds) calls.inc({ end }, 0);
  for (const dialect of dialects) pings.inc({ dialect, answer: 'success' }, 0);

  return {
    answered: (dialect, answer, seconds) => {
      pings.inc({ dialect, answer });
      waits.observe({ dialect }, seconds);
    },
    verified: (outcome, seconds) => {
      verifications.inc({ outcome });
      verifying.observe(seconds);
    },
    spent: (stage, seconds) => spending.observe({ stage }, seconds),
    asked: (kind, outcome) => requests.inc({ kind, outcome }),
    called: (end) => calls.inc({ end }),
    leaseLost: (work) => lost.inc({ work }),
    wrote: (seconds) => writes.observe(seconds),
    writeFailed: (why) => failures.inc({ why }),
    committed: (count) => units.observe(count),
    text: async () => {
      await tellNumbers();
      return registry.metrics();
    },
    contentType: registry.contentType,
    close: ofProcess.close,
  };
}

function tellVersion(registry: Registry, version: string): void {
  const info = new Gauge({
    name: 'linkbackd_build_info',
    help: 'The version that runs; always 1.',
    labelNames: ['version'],
    registers: [registry],
  });
  info.set({ version }, 1);
}

/** Makes the gauges of what is stored. Each is set anew when somebody asks, or left out when the database does not tell. */
function makeTellNumbers(
  registry: Registry,
  { count, now, elapsed = () => performance.now() }: MetricsOptions,
): () => Promise<void> {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const up = gauge('linkbackd_database_up', 'Whether the database told its numbers when last asked.');
  const jobs = gauge('linkbackd_jobs', 'Verifications that are promised; dead ones wait for the owner.', [
    'state',
  ]);
  const jobAge = gauge('linkbackd_oldest_due_job_age_seconds', 'How late the job is that is due longest.', [
    'work',
  ]);
  const calls = gauge('linkbackd_webhook_queue', 'Calls to webhooks that are promised.', ['state']);
  const linkbacks = gauge('linkbackd_linkbacks', 'Linkbacks as they stand.', ['verification', 'moderation']);
  const ask = sharedFor(countEveryMs, count, elapsed);

  const show = (numbers: Numbers): void => {
    up.set(1);
    for (const state of jobStates) jobs.set({ state }, numbers.jobs[state]);
    for (const state of callStates) calls.set({ state }, numbers.calls[state]);
    jobAge.set({ work: 'verification' }, secondsSince(numbers.jobs.dueSince, now()));
    jobAge.set({ work: 'webhook' }, secondsSince(numbers.calls.dueSince, now()));
    for (const verification of verifications)
      for (const moderation of moderations) linkbacks.set({ verification, moderation }, 0);
    for (const { verification, moderation, count } of numbers.linkbacks)
      linkbacks.set({ verification, moderation }, count);
  };

  return async () => {
    try {
      show(await within(countWithinMs, ask()));
    } catch {
      // Old numbers would look like new ones.
      for (const each of [jobs, jobAge, calls, linkbacks]) each.reset();
      up.set(0);
    }
  };
}

function secondsSince(instant: number | undefined, now: number): number {
  return instant === undefined ? 0 : Math.max(0, now - instant) / 1000;
}

/** Asks once at a time, and gives whoever asks within so many milliseconds afterwards the same answer. */
function sharedFor<Answer>(
  ms: number,
  ask: () => Promise<Answer>,
  elapsed: () => number,
): () => Promise<Answer> {
  let shared: Promise<Answer> | undefined;
  let answeredAt = Infinity;
  return () => {
    if (shared !== undefined && elapsed() - answeredAt < ms) return shared;
    answeredAt = Infinity;
    return (shared = ask().finally(() => (answeredAt = elapsed())));
  };
}

/** Gives up on what takes longer; it goes on, and nobody minds how it ends. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
