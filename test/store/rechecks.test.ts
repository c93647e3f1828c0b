import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../src/linkback/settle.ts';
import type { Outcome } from '../../src/linkback/verdict.ts';
import { makeRecheckAt } from '../../src/queue/retry.ts';
import { buildFound, buildNotFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import { openSqliteStore, type OpenedSqlite } from '../support/sqlite-store.ts';

const day = 24 * 3600 * 1000;
const days = [1, 7, 30, 90];

describe('the schedule of looks at what is verified', () => {
  it.each([
    [0, 1],
    [0.9, 1],
    [1, 7],
    [6, 7],
    [8, 30],
    [40, 90],
    [1000, 90],
  ])('waits, at an age of %d days, for %d more', (age, wait) => {
    const now = 5000 * day;
    const recheckAt = makeRecheckAt(days, { now: () => now, random: () => 0.5 });
    expect(recheckAt(now - age * day)).toBe(now + wait * day);
  });

  it('is spread by a fifth to both sides, and empty when there are no waits', () => {
    const at = (random: number): number | undefined =>
      makeRecheckAt([10], { now: () => 0, random: () => random })(0);
    expect([at(0), at(1)]).toEqual([8 * day, 12 * day]);
    expect(makeRecheckAt([], { now: () => 0, random: () => 0 })(0)).toBeUndefined();
  });
});

describe('a verified linkback', () => {
  let opened: OpenedSqlite;

  beforeEach(async () => {
    opened = await openSqliteStore();
  });

  afterEach(() => opened.close());

  /** Claims the one job that is due and settles it. */
  async function look(outcome: Outcome): Promise<void> {
    const { store, clock } = opened;
    const [lease] = await store.claim({ limit: 1, leaseMs: 1000, busyHosts: 'ignore' });
    if (lease === undefined) throw new Error('no job is due');
    const recheckAt = makeRecheckAt(days, { now: clock.now, random: () => 0.5 });
    await store.finish(lease, ({ linkback, hostIsApproved, now }) =>
      settle(linkback, outcome, {
        now,
        progress: lease.progress,
        policy: 'hold-all',
        hostIsApproved,
        retryAt: () => now + 1000,
        recheckAt,
      }),
    );
  }

  const claimable = async (): Promise<number> =>
    (await opened.store.claim({ limit: 9, leaseMs: 1, busyHosts: 'ignore' })).length;

  it('is promised a look when its time has come, once, and not before', async () => {
    const { store, clock } = opened;
    await store.file(buildPing({ at: clock.now() }));
    await look(buildFound());
    expect(await store.promiseRechecks(10)).toBe(0);
    clock.advance(day);
    expect(await store.promiseRechecks(10)).toBe(1);
    expect(await store.promiseRechecks(10)).toBe(0);
    await look(buildFound());
    clock.advance(6 * day);
    expect(await store.promiseRechecks(10)).toBe(0);
    clock.advance(day);
    expect(await store.promiseRechecks(10)).toBe(1);
  });

  it('keeps its schedule through temporary trouble, and has none any more when it is gone', async () => {
    const { store, clock } = opened;
    const { linkbackId } = await store.file(buildPing({ at: clock.now() }));
    await look(buildFound());
    clock.advance(day);
    await store.promiseRechecks(10);
    await look({ kind: 'setback', detail: 'HTTP status 500' });
    expect((await store.linkback(linkbackId))?.verification).toBe('verified');
    clock.advance(1000);
    await look(buildNotFound({ finding: 'gone', reason: 'source-unusable' }));
    expect((await store.linkback(linkbackId))?.verification).toBe('gone');
    clock.advance(1000 * day);
    expect(await store.promiseRechecks(10)).toBe(0);
    expect(await claimable()).toBe(0);
  });

  it('is looked at by and by when many are due at once', async () => {
    const { store, clock } = opened;
    for (let count = 0; count < 5; count += 1) {
      await store.file(buildPing({ at: clock.now() }));
      await look(buildFound());
    }
    clock.advance(day);
    expect(await store.promiseRechecks(3)).toBe(3);
    expect(await store.promiseRechecks(3)).toBe(2);
  });
});
