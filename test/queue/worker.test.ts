import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedPing } from '../../src/linkback/accept.ts';
import type { Linkback } from '../../src/linkback/linkback.ts';
import { Unavailable } from '../../src/linkback/unavailable.ts';
import type { Outcome } from '../../src/linkback/verdict.ts';
import { makeOutcomes, type Outcomes } from '../../src/queue/outcomes.ts';
import { makeRetryAt } from '../../src/queue/retry.ts';
import {
  leaseMs,
  makeWorker,
  maxJobsInHand,
  type Worker,
  type WorkerOptions,
} from '../../src/queue/worker.ts';
import { buildFound, buildNotFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import { openSqliteStore, type OpenedSqlite } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const minute = 60_000;
const hour = 60 * minute;
const forever = 1_000_000;
const setback: Outcome = { kind: 'setback', detail: 'HTTP status 500' };

let opened: OpenedSqlite;
let outcomes: Outcomes;
let settled: { readonly id: string; readonly kind: Outcome['kind'] }[];
let defects: { readonly what: string; readonly error: unknown; readonly id: string | undefined }[];
let workers: Worker[];

beforeEach(async () => {
  opened = await openSqliteStore();
  outcomes = makeOutcomes();
  settled = [];
  defects = [];
  workers = [];
});

afterEach(async () => {
  await Promise.all(workers.map((each) => each.stop(0)));
  await opened.close();
});

type Verify = WorkerOptions['verify'];

function optionsWith(verify: Verify, change: Partial<WorkerOptions> = {}): WorkerOptions {
  return {
    store: opened.store,
    verify,
    tell: outcomes.tell,
    busyHosts: () => [],
    judging: () => ({ policy: 'hold-all' }),
    retryAt: makeRetryAt({ now: opened.clock.now, random: () => 0.5 }),
    now: opened.clock.now,
    log: {
      settled: ({ id }, { kind }) => settled.push({ id, kind }),
      defect: (what, error, id) => defects.push({ what, error, id }),
    },
    ...change,
  };
}

function startWorker(verify: Verify, change: Partial<WorkerOptions> = {}): Worker {
  const worker = makeWorker(optionsWith(verify, change));
  workers.push(worker);
  worker.start();
  return worker;
}

async function file(change: Partial<AcceptedPing> = {}): Promise<string> {
  const { linkbackId } = await opened.store.file(buildPing({ at: opened.clock.now(), ...change }));
  for (const worker of workers) worker.wake();
  return linkbackId;
}

const load = (id: string): Promise<Linkback | undefined> => opened.store.linkback(id);
const timesSettled = (id: string): number => settled.filter((each) => each.id === id).length;
const untilSettled = (id: string, times = 1): Promise<true> =>
  waitUntil(() => timesSettled(id) >= times, { what: `look ${times} at ${id}` });

/** Moves the clock and lets the worker see everything that is due by then: a ping filed now is looked at last. */
async function moveOn(ms: number): Promise<void> {
  opened.clock.advance(ms);
  await untilSettled(await file());
}

/** A verifier that gives these outcomes to the first linkback it sees, and finds the links of all others. */
function scripted(script: readonly (Outcome | Error)[]): { verify: Verify; looks: () => number } {
  let id: string | undefined;
  let looks = 0;
  return {
    looks: () => looks,
    verify: async (linkback) => {
      id ??= linkback.id;
      if (linkback.id !== id) return buildFound();
      looks += 1;
      const outcome = script[looks - 1] ?? buildFound();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
}

type Look = { readonly id: string; readonly letGo: (outcome: Outcome) => void; readonly signal: AbortSignal };

/** A verifier that holds every look until it is let go. */
function held() {
  const begun: Look[] = [];
  return {
    begun,
    untilBegun: (count: number) => waitUntil(() => begun.length >= count, { what: `${count} looks` }),
    /** Hears that it should stop, as a fetch does. */
    verify: (linkback: Linkback, signal: AbortSignal) =>
      new Promise<Outcome>((resolve, reject) => {
        begun.push({ id: linkback.id, letGo: resolve, signal });
        signal.addEventListener('abort', () => {
          reject(new Error('stopped', { cause: signal.reason }));
        });
      }),
    /** Does not. */
    verifyDeaf: (linkback: Linkback, signal: AbortSignal) =>
      new Promise<Outcome>((resolve) => {
        begun.push({ id: linkback.id, letGo: resolve, signal });
      }),
  };
}

describe('a job', () => {
  it('is worked on at once, and its verdict told to whoever waits, after it is written', async () => {
    startWorker(async () => buildFound());
    const ping = buildPing({ at: opened.clock.now() });
    const told = outcomes.next(ping.newId, forever);
    const stored = told.then(() => load(ping.newId));
    await file(ping);
    expect(await told).toBe('verified');
    expect(await stored).toMatchObject({ verification: 'verified' });
    expect(await opened.store.job(ping.newId)).toBeUndefined();
  });

  it('is woken, not found by looking again and again', async () => {
    startWorker(async () => buildFound());
    const from = performance.now();
    for (let count = 0; count < 10; count += 1) await untilSettled(await file());
    // Looking again and again would take a second each.
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it('that met temporary trouble is tried again after a while, and may still succeed', async () => {
    const { verify, looks } = scripted([setback, setback]);
    startWorker(verify);
    const ping = buildPing({ at: opened.clock.now() });
    const told = outcomes.next(ping.newId, forever);
    const id = await file(ping);
    expect(await told).toBe('upstream');
    expect(await load(id)).toMatchObject({ verification: 'unverified', checkedAt: null });
    expect(await opened.store.job(id)).toMatchObject({ setbacks: 1, dueAt: opened.clock.now() + minute });
    await moveOn(minute - 1);
    expect(looks()).toBe(1);
    await moveOn(1);
    await untilSettled(id, 2);
    expect(await opened.store.job(id)).toMatchObject({ setbacks: 2, dueAt: opened.clock.now() + 5 * minute });
    await moveOn(5 * minute);
    await untilSettled(id, 3);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
    const attempts = await opened.store.attempts(id);
    expect(attempts.map((each) => each.detail)).toEqual(['HTTP status 500', 'HTTP status 500']);
  });

  it('that meets nothing but trouble is refused as such when all its tries are used up', async () => {
    const { verify, looks } = scripted(Array<Outcome>(20).fill(setback));
    startWorker(verify);
    const id = await file();
    for (const [at, minutes] of [1, 5, 30, 120, 480, 1440].entries()) {
      await untilSettled(id, at + 1);
      expect(await load(id)).toMatchObject({ verification: 'unverified' });
      await moveOn(minutes * minute);
    }
    await untilSettled(id, 7);
    expect(await load(id)).toMatchObject({ verification: 'refused', refusal: 'upstream' });
    expect(await opened.store.job(id)).toBeUndefined();
    await moveOn(365 * 24 * hour);
    expect(looks()).toBe(7);
  });

  it('rests as long as the source asks for', async () => {
    const { verify, looks } = scripted([{ ...setback, retryAfterMs: 2 * hour }]);
    startWorker(verify);
    const id = await file();
    await untilSettled(id);
    await moveOn(2 * hour - 1);
    expect(looks()).toBe(1);
    await moveOn(1);
    await untilSettled(id, 2);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('whose host has been asked often enough waits for it, however often, and tells nobody a fault', async () => {
    const rest = { ...setback, restMs: hour };
    const { verify, looks } = scripted(Array<Outcome>(12).fill(rest));
    startWorker(verify);
    const ping = buildPing({ at: opened.clock.now() });
    const told = outcomes.next(ping.newId, forever);
    const id = await file(ping);
    expect(await told).toBeUndefined();
    for (let count = 1; count <= 12; count += 1) {
      await untilSettled(id, count);
      expect(await load(id)).toMatchObject({ verification: 'unverified' });
      expect(await opened.store.job(id)).toMatchObject({
        setbacks: 0,
        unfinished: 0,
        dueAt: opened.clock.now() + hour,
      });
      await moveOn(hour);
    }
    await untilSettled(id, 13);
    expect(looks()).toBe(13);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('that found no link looks a second time ten minutes later, and then no more', async () => {
    const { verify, looks } = scripted([buildNotFound(), buildNotFound()]);
    startWorker(verify);
    const id = await file();
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'refused', refusal: 'no-link' });
    await moveOn(10 * minute - 1);
    expect(looks()).toBe(1);
    await moveOn(1);
    await untilSettled(id, 2);
    expect(await opened.store.job(id)).toBeUndefined();
    await moveOn(24 * hour);
    expect(looks()).toBe(2);
  });

  it('verifies at its second look what it refused at the first', async () => {
    const { verify } = scripted([buildNotFound()]);
    startWorker(verify);
    const id = await file();
    await untilSettled(id);
    await moveOn(10 * minute);
    await untilSettled(id, 2);
    expect(await load(id)).toMatchObject({ verification: 'verified', refusal: null });
    const moves = (await opened.store.events(id)).map((event) => `${event.from} → ${event.to}`);
    expect(moves).toEqual(['unverified → refused', 'refused → verified']);
  });

  it('takes a verified link for gone after two more looks, one hour and one day later', async () => {
    const { verify } = scripted([buildFound(), buildNotFound(), buildNotFound(), buildNotFound()]);
    startWorker(verify);
    const id = await file();
    await untilSettled(id);
    await opened.store.verifyAgain(id);
    for (const [at, wait] of [hour, 24 * hour].entries()) {
      await moveOn(0);
      await untilSettled(id, 2 + at);
      expect(await load(id)).toMatchObject({ verification: 'verified' });
      expect(await opened.store.job(id)).toMatchObject({ dueAt: opened.clock.now() + wait });
      opened.clock.advance(wait);
    }
    await moveOn(0);
    await untilSettled(id, 4);
    expect(await load(id)).toMatchObject({ verification: 'gone' });
    expect(await opened.store.job(id)).toBeUndefined();
  });

  it('is promised by itself to what is verified, when its time has come', async () => {
    const { verify, looks } = scripted([]);
    startWorker(verify, { recheckAt: () => opened.clock.now() + 24 * hour });
    const id = await file();
    await untilSettled(id);
    await moveOn(24 * hour - 1);
    expect(looks()).toBe(1);
    await moveOn(minute);
    await untilSettled(id, 2);
    expect(looks()).toBe(2);
  });

  it('is about its own linkback: one erased meanwhile is told and logged to nobody', async () => {
    const looks = held();
    startWorker(looks.verify);
    const id = await file();
    await looks.untilBegun(1);
    const told = outcomes.next(id, 100);
    await opened.store.erase(id);
    looks.begun[0]?.letGo(buildFound());
    expect(await told).toBeUndefined();
    expect(settled).toEqual([]);
    expect(defects).toEqual([]);
  });
});

describe('a clock that jumps', () => {
  it('an hour ahead has no verdict written twice, though the lease of a job in hand has run out', async () => {
    const looks = held();
    const worker = startWorker(looks.verify, { busyHosts: () => 'ignore' });
    const id = await file();
    await looks.untilBegun(1);
    opened.clock.advance(hour);
    worker.wake();
    await looks.untilBegun(2);
    expect(looks.begun.map((each) => each.id)).toEqual([id, id]);
    for (const look of looks.begun) look.letGo(buildFound());
    await untilSettled(id);
    await worker.stop(forever);
    expect(settled).toEqual([{ id, kind: 'found' }]);
    expect(await opened.store.events(id)).toHaveLength(1);
    expect(await opened.store.job(id)).toBeUndefined();
  });

  it('an hour back does not undo a verdict that is under way', async () => {
    const looks = held();
    startWorker(looks.verify);
    const id = await file();
    await looks.untilBegun(1);
    opened.clock.advance(-hour);
    looks.begun[0]?.letGo(buildFound());
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
    const next = await file();
    await looks.untilBegun(2);
    looks.begun[1]?.letGo(buildFound());
    await untilSettled(next);
  });
});

describe('a job that ends its process', () => {
  /** What a process leaves behind that ends in the middle of an attempt: a lease that nobody gives back. */
  async function attemptThatDies(id: string): Promise<void> {
    const leases = await opened.store.claim({ limit: 10, leaseMs, busyHosts: [] });
    expect(leases.map((lease) => lease.linkbackId)).toEqual([id]);
    opened.clock.advance(leaseMs);
  }

  it('is tried three times, and then parked without another try', async () => {
    const id = await file();
    for (let deaths = 0; deaths < 3; deaths += 1) await attemptThatDies(id);
    const seen: string[] = [];
    startWorker(async (linkback) => {
      seen.push(linkback.id);
      return buildFound();
    });
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'refused', refusal: 'our-fault' });
    expect(await opened.store.job(id)).toMatchObject({ state: 'dead' });
    expect(await opened.store.attempts(id)).toMatchObject([
      { detail: '3 attempts ended without a result; the job is parked' },
    ]);
    await moveOn(24 * hour);
    expect(seen).not.toContain(id);
  });

  it('is told from those that were in hand beside it: each of them is looked at alone', async () => {
    const suspects: string[] = [];
    for (let count = 0; count < 4; count += 1) suspects.push(await file());
    await opened.store.claim({ limit: 10, leaseMs, busyHosts: [] });
    opened.clock.advance(leaseMs);
    const looks = held();
    startWorker(async (linkback, signal) =>
      suspects.includes(linkback.id) ? looks.verify(linkback, signal) : buildFound(),
    );
    for (let count = 1; count <= 4; count += 1) {
      await looks.untilBegun(count);
      // Others go on meanwhile.
      await untilSettled(await file());
      expect(looks.begun).toHaveLength(count);
      looks.begun[count - 1]?.letGo(buildFound());
    }
    for (const id of suspects) await untilSettled(id);
  });

  it('is none when the third try succeeds', async () => {
    const id = await file();
    for (let deaths = 0; deaths < 2; deaths += 1) await attemptThatDies(id);
    startWorker(async () => buildFound());
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('has a clean slate after any try that ended with a result', async () => {
    const id = await file();
    for (let deaths = 0; deaths < 2; deaths += 1) await attemptThatDies(id);
    const worker = startWorker(async () => setback);
    await untilSettled(id);
    await worker.stop(0);
    opened.clock.advance(minute);
    for (let deaths = 0; deaths < 2; deaths += 1) await attemptThatDies(id);
    startWorker(async () => buildFound());
    await untilSettled(id, 2);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('leaves what is verified as it was, and says why it is parked', async () => {
    const worker = startWorker(async () => buildFound());
    const id = await file();
    await untilSettled(id);
    await worker.stop(0);
    await opened.store.verifyAgain(id);
    for (let deaths = 0; deaths < 3; deaths += 1) await attemptThatDies(id);
    startWorker(async () => buildFound());
    await untilSettled(id, 2);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
    expect(await opened.store.job(id)).toMatchObject({ state: 'dead' });
    expect(await opened.store.attempts(id)).toHaveLength(1);
  });

  it('tells whoever waits for it that it is our fault', async () => {
    const id = await file();
    for (let deaths = 0; deaths < 3; deaths += 1) await attemptThatDies(id);
    const told = outcomes.next(id, forever);
    startWorker(async () => buildFound());
    expect(await told).toBe('our-fault');
  });
});

describe('what goes wrong on our side', () => {
  it('in looking is logged, and tried again like any trouble', async () => {
    const defect = new TypeError('x is undefined');
    const { verify } = scripted([defect]);
    startWorker(verify);
    const id = await file();
    await untilSettled(id);
    expect(defects).toEqual([{ what: 'verifying failed', error: defect, id }]);
    expect(await load(id)).toMatchObject({ verification: 'unverified' });
    const [attempt] = await opened.store.attempts(id);
    expect(attempt?.detail).toBe('a defect of ours: TypeError: x is undefined');
    await moveOn(minute);
    await untilSettled(id, 2);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('in writing leaves the job to its lease, with the attempt counted', async () => {
    let failures = 1;
    startWorker(async () => buildFound(), {
      store: {
        ...opened.store,
        finish: async (lease, settle) => {
          failures -= 1;
          if (failures >= 0) throw new TypeError('x is undefined');
          return opened.store.finish(lease, settle);
        },
      },
    });
    const id = await file();
    await waitUntil(() => defects.length > 0);
    expect(defects).toMatchObject([{ what: 'settling a job failed', id }]);
    expect(await opened.store.job(id)).toMatchObject({ state: 'leased', unfinished: 1 });
    await moveOn(leaseMs - 1);
    expect(timesSettled(id)).toBe(0);
    await moveOn(1);
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('in writing keeps the verdict while the store cannot write, and needs no other look', async () => {
    let failures = 2;
    const { verify, looks } = scripted([]);
    startWorker(verify, {
      store: {
        ...opened.store,
        finish: async (lease, settle) => {
          failures -= 1;
          if (failures >= 0) throw new Unavailable('The database is locked.');
          return opened.store.finish(lease, settle);
        },
      },
    });
    const id = await file();
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
    expect(looks()).toBe(1);
    expect(defects).toEqual([]);
  });

  it('in writing that lasts longer than the lease gives the job back, and the attempt does not count', async () => {
    let isFull = true;
    const { verify, looks } = scripted([]);
    startWorker(verify, {
      leaseMs: 500,
      store: {
        ...opened.store,
        finish: async (lease, settle) => {
          if (isFull) throw new Unavailable('The disk is full.');
          return opened.store.finish(lease, settle);
        },
      },
    });
    const id = await file();
    await waitUntil(() => defects.length > 0);
    expect(defects[0]).toMatchObject({ what: 'settling a job failed', id });
    await waitUntil(() => looks() > 3, { what: 'more looks than a poison job gets', timeoutMs: 20_000 });
    isFull = false;
    await untilSettled(id);
    expect(await load(id)).toMatchObject({ verification: 'verified' });
  });

  it('in taking jobs does not stop the worker', async () => {
    let failures = 2;
    const worker = startWorker(async () => buildFound(), {
      store: {
        ...opened.store,
        claim: async (claim) => {
          failures -= 1;
          if (failures >= 0) throw new Unavailable('The database is locked.');
          return opened.store.claim(claim);
        },
      },
    });
    await waitUntil(() => defects.length > 0);
    const id = await file();
    await waitUntil(() => {
      worker.wake();
      return timesSettled(id) > 0;
    });
    expect(defects.map((each) => each.what)).toEqual(['claiming jobs failed', 'claiming jobs failed']);
  });
});

describe('the jobs in hand', () => {
  it('are one for each host', async () => {
    const looks = held();
    startWorker(looks.verify);
    const first = await file({ jobHost: 'one.example' });
    await looks.untilBegun(1);
    const second = await file({ jobHost: 'one.example' });
    const other = await file({ jobHost: 'two.example' });
    await looks.untilBegun(2);
    expect(looks.begun.map((each) => each.id)).toEqual([first, other]);
    looks.begun[0]?.letGo(buildFound());
    await looks.untilBegun(3);
    expect(looks.begun[2]?.id).toBe(second);
  });

  it('are none of a host that is busy or rests', async () => {
    const looks = held();
    let resting = ['one.example'];
    const worker = startWorker(looks.verify, { busyHosts: () => resting });
    const first = await file({ jobHost: 'one.example' });
    const other = await file({ jobHost: 'two.example' });
    await looks.untilBegun(1);
    expect(looks.begun.map((each) => each.id)).toEqual([other]);
    resting = [];
    worker.wake();
    await looks.untilBegun(2);
    expect(looks.begun[1]?.id).toBe(first);
  });

  it('are no more than the limit, and the next one begins as soon as one ends', async () => {
    const looks = held();
    startWorker(looks.verify, { busyHosts: () => 'ignore' });
    for (let count = 0; count < maxJobsInHand + 2; count += 1) await file();
    await looks.untilBegun(maxJobsInHand);
    // A write that came after all of these has gone through; so would another claim have.
    await opened.store.check();
    expect(looks.begun).toHaveLength(maxJobsInHand);
    looks.begun[0]?.letGo(buildFound());
    await looks.untilBegun(maxJobsInHand + 1);
    expect(looks.begun).toHaveLength(maxJobsInHand + 1);
  });
});

describe('a crowd of jobs that do not end', () => {
  it('holds up neither those before it nor those behind it', async () => {
    const looks = held();
    for (let count = 0; count < 3 * maxJobsInHand; count += 1) await file();
    opened.clock.advance(1);
    const last = await file();
    startWorker(looks.verify, { busyHosts: () => 'ignore' });
    await looks.untilBegun(maxJobsInHand);
    const latest = looks.begun.find((each) => each.id === last);
    opened.clock.advance(1);
    const next = await file();
    expect(looks.begun).toHaveLength(maxJobsInHand);
    // Its place is for the next of the latest, whatever else has waited longer.
    latest?.letGo(buildFound());
    await looks.untilBegun(maxJobsInHand + 1);
    expect(looks.begun.at(-1)?.id).toBe(next);
  });
});

describe('stopping', () => {
  it('lets a job in hand end in its grace', async () => {
    const looks = held();
    const worker = startWorker(looks.verify);
    const id = await file();
    await looks.untilBegun(1);
    const stopped = worker.stop(forever);
    looks.begun[0]?.letGo(buildFound());
    await stopped;
    expect(await load(id)).toMatchObject({ verification: 'verified' });
    expect(await opened.store.job(id)).toBeUndefined();
  });

  it.each(['verify', 'verifyDeaf'] as const)(
    'gives a job back whose look does not end in its grace, as if it had not been taken (%s)',
    async (which) => {
      const looks = held();
      const worker = startWorker(looks[which]);
      const id = await file();
      await looks.untilBegun(1);
      const dueAt = opened.clock.now();
      await worker.stop(10);
      expect(looks.begun[0]?.signal.aborted).toBe(true);
      const job = await opened.store.job(id);
      expect(job).toEqual({ state: 'waiting', dueAt, setbacks: 0, looks: 0, unfinished: 0 });
      expect(defects).toEqual([]);
      startWorker(async () => buildFound());
      await untilSettled(id);
    },
  );

  it('takes nothing new', async () => {
    const looks = held();
    const worker = startWorker(looks.verify);
    await file();
    await looks.untilBegun(1);
    const stopped = worker.stop(forever);
    const late = await file();
    looks.begun[0]?.letGo(buildFound());
    await stopped;
    expect(looks.begun).toHaveLength(1);
    expect(await opened.store.job(late)).toMatchObject({ state: 'waiting', unfinished: 0 });
  });

  it('is done at once when there is nothing in hand, also before the start', async () => {
    const idle = startWorker(async () => buildFound());
    await untilSettled(await file());
    const from = performance.now();
    await idle.stop(forever);
    await makeWorker(optionsWith(async () => buildFound())).stop(forever);
    expect(performance.now() - from).toBeLessThan(900);
  });
});
