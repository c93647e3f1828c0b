import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedPing, Filed } from '../../src/linkback/accept.ts';
import { dialects, type Linkback, type Moderation } from '../../src/linkback/linkback.ts';
import type { Claim, Lease, PublicQuery, SettleBasis } from '../../src/linkback/ports.ts';
import type { Store } from '../../src/linkback/store.ts';
import type { ModerationQuery } from '../../src/linkback/owner-ports.ts';
import { settle, type SettleContext, type Settlement } from '../../src/linkback/settle.ts';
import { textKeyOf } from '../../src/linkback/surroundings.ts';
import type { Outcome } from '../../src/linkback/verdict.ts';
import { buildFound, buildNotFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import type { Clock } from '../support/clock.ts';
import { decideOn } from '../support/owner.ts';

/** An empty store over some engine, and what a suite needs to see through it. */
export type OpenedStore = {
  readonly store: Store;
  /** The clock that the store goes by. */
  readonly clock: Clock;
  /** Runs one statement past the store: for what the tables themselves must refuse. */
  readonly raw: (sql: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
};

const second = 1000;
const minute = 60 * second;
const leaseMs = minute;
const anyHost: Claim = { limit: 100, leaseMs, busyHosts: 'ignore' };
const setback: Outcome = { kind: 'setback', detail: 'HTTP status 500' };
const person = { kind: 'person', name: 'Ada' } as const;

/** What every store promises, whatever engine it is over. */
export function storeSuite(name: string, open: () => Promise<OpenedStore>): void {
  let opened: OpenedStore;
  let store: Store;
  let clock: Clock;

  beforeEach(async () => {
    opened = await open();
    ({ store, clock } = opened);
  });

  afterEach(async () => {
    await opened.close();
  });

  const file = (change: Partial<AcceptedPing> = {}): Promise<Filed> =>
    store.file(buildPing({ at: clock.now(), ...change }));

  const load = async (id: string): Promise<Linkback> => {
    const linkback = await store.linkback(id);
    if (linkback === undefined) throw new Error(`there is no linkback ${id}`);
    return linkback;
  };

  const claimOne = async (change: Partial<Claim> = {}): Promise<Lease> => {
    const [lease, ...more] = await store.claim({ ...anyHost, ...change });
    if (lease === undefined || more.length > 0)
      throw new Error(`${more.length + Number(!!lease)} jobs, not one`);
    return lease;
  };

  const claimed = async (claim: Partial<Claim> = {}): Promise<string[]> =>
    (await store.claim({ ...anyHost, ...claim })).map((lease) => lease.linkbackId);

  const finish = (lease: Lease, outcome: Outcome, change: Partial<SettleContext> = {}) =>
    store.finish(lease, settling(lease, outcome, change));

  /** Files a ping and has its job end with an outcome. */
  const settled = async (outcome: Outcome, change: Partial<AcceptedPing> = {}): Promise<string> => {
    const { linkbackId } = await file(change);
    for (const lease of await store.claim(anyHost)) {
      if (lease.linkbackId === linkbackId) await finish(lease, outcome);
      else await store.release(lease);
    }
    return linkbackId;
  };

  const decided = async (id: string, moderation: Moderation): Promise<void> => {
    await decideOn(store, id, moderation);
  };

  /** Files a ping, has it verified, and approves it. */
  const published = async (
    change: Partial<AcceptedPing> = {},
    found: Partial<ReturnType<typeof buildFound>> = {},
  ): Promise<string> => {
    const id = await settled(buildFound(found), change);
    await decided(id, 'approved');
    return id;
  };

  describe(`${name}: taking a ping in`, () => {
    it('keeps the ping and promises a look at once, together', async () => {
      const ping = buildPing({ at: clock.now(), fragment: 'part', target: 'https://blog.example/post#part' });
      const filed = await store.file(ping);
      expect(filed).toEqual({
        linkbackId: ping.newId,
        statusId: ping.newStatusId,
        verification: 'unverified',
        parked: false,
      });
      expect(await store.linkback(filed.linkbackId)).toEqual({
        id: ping.newId,
        site: 'blog',
        type: 'mention',
        protocol: 'pingback',
        announcements: [
          {
            dialect: 'pingback',
            source: ping.source,
            target: ping.target,
            statusId: ping.newStatusId,
            held: false,
            claims: null,
            vouch: null,
            senderIp: ping.senderIp,
            firstAt: clock.now(),
            lastAt: clock.now(),
          },
        ],
        source: ping.source,
        sourceHost: ping.sourceHost,
        target: ping.target,
        fragment: 'part',
        verification: 'unverified',
        refusal: null,
        moderation: 'pending',
        facts: null,
        excerpt: null,
        evidence: null,
        signals: [],
        score: 0,
        receivedAt: clock.now(),
        checkedAt: null,
        verifiedAt: null,
        updatedAt: clock.now(),
      });
      expect(await store.job(filed.linkbackId)).toEqual({
        state: 'waiting',
        dueAt: clock.now(),
        setbacks: 0,
        looks: 0,
        unfinished: 0,
      });
    });

    it('gives a pair that comes again the same linkback and status id, and keeps the latest spelling', async () => {
      const first = await file({ pairKey: 'pair' });
      clock.advance(minute);
      const again = await file({ pairKey: 'pair', source: 'https://WWW.other.example/entry/' });
      expect(again).toEqual(first);
      const linkback = await load(first.linkbackId);
      expect(linkback.announcements).toMatchObject([
        {
          source: 'https://WWW.other.example/entry/',
          firstAt: clock.now() - minute,
          lastAt: clock.now(),
        },
      ]);
      // Not verified yet: perhaps its server knows this spelling, and not the one before.
      expect(linkback.source).toBe('https://WWW.other.example/entry/');
      expect((await store.counts()).verification.unverified).toBe(1);
    });

    it('keeps the spelling in which a pair was verified', async () => {
      const { linkbackId } = await file({ pairKey: 'pair', source: 'https://other.example/entry' });
      await finish(await claimOne(), buildFound());
      await file({ pairKey: 'pair', source: 'https://other.example/entry/' });
      expect((await load(linkbackId)).source).toBe('https://other.example/entry');
    });

    it('makes one linkback and one job of many pings of a pair at the same instant', async () => {
      const filed = await Promise.all(
        Array.from({ length: 30 }, (_, at) =>
          file({ pairKey: 'pair', dialect: dialects[at % 3] ?? 'pingback' }),
        ),
      );
      expect(new Set(filed.map((each) => each.linkbackId)).size).toBe(1);
      expect(new Set(filed.map((each) => each.statusId)).size).toBe(3);
      expect((await store.counts()).verification.unverified).toBe(1);
      expect(await claimed()).toHaveLength(1);
    });

    it('keeps the word of each dialect on one pair, with a status id for each', async () => {
      const filed: Filed[] = [];
      for (const dialect of dialects) {
        clock.advance(second);
        filed.push(await file({ pairKey: 'pair', dialect }));
      }
      const linkback = await load(filed[0]?.linkbackId ?? '');
      expect(linkback.protocol).toBe('pingback');
      expect(linkback.announcements.map((each) => each.dialect)).toEqual([...dialects]);
      expect(linkback.announcements.map((each) => each.statusId)).toEqual(filed.map((each) => each.statusId));
      expect(new Set(filed.map((each) => each.statusId)).size).toBe(3);
    });

    it('keeps what a sender claims of its page, as it said it last', async () => {
      const claims = { title: 'A title', excerpt: 'Some words', blogName: 'A blog', bytes: null };
      const { linkbackId } = await file({ pairKey: 'pair', dialect: 'trackback', claims });
      expect((await load(linkbackId)).announcements).toMatchObject([{ claims }]);
      await file({ pairKey: 'pair', dialect: 'trackback', claims: { ...claims, title: 'Another' } });
      expect((await load(linkbackId)).announcements).toMatchObject([
        { claims: { ...claims, title: 'Another' } },
      ]);
    });

    it('tells the state that the pair was in before', async () => {
      const verified = await settled(buildFound(), { pairKey: 'one' });
      const refused = await settled(buildNotFound(), { pairKey: 'other' });
      expect(await file({ pairKey: 'one' })).toMatchObject({
        linkbackId: verified,
        verification: 'verified',
      });
      expect(await file({ pairKey: 'other' })).toMatchObject({
        linkbackId: refused,
        verification: 'refused',
      });
    });

    it('touches neither what was verified nor what the owner decided when a pair comes again', async () => {
      const id = await published({ pairKey: 'pair' });
      const before = await load(id);
      clock.advance(minute);
      await file({ pairKey: 'pair' });
      const { announcements, ...rest } = await load(id);
      expect(rest).toEqual({ ...before, announcements: undefined });
      expect(announcements).toMatchObject([{ held: true }]);
    });
  });

  describe(`${name}: looking again at a pair that comes again`, () => {
    it('leaves a pair that was never looked at to the job it has', async () => {
      const { linkbackId } = await file({ pairKey: 'pair' });
      const dueAt = clock.now();
      clock.advance(second);
      await file({ pairKey: 'pair' });
      expect(await store.job(linkbackId)).toMatchObject({ state: 'waiting', dueAt });
    });

    it.each([5 * second, 29 * second])(
      'looks at a verified pair 30 s after its last look when it comes again %i ms after it',
      async (later) => {
        const id = await settled(buildFound(), { pairKey: 'pair' });
        const checkedAt = clock.now();
        clock.advance(later);
        await file({ pairKey: 'pair' });
        await file({ pairKey: 'pair' });
        expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt: checkedAt + 30 * second });
      },
    );

    it('looks at a verified pair at once when another dialect announces it, which has a rule of its own', async () => {
      const id = await settled(buildFound(), { pairKey: 'pair' });
      clock.advance(second);
      await file({ pairKey: 'pair', dialect: 'webmention' });
      expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt: clock.now() });
    });

    it('looks at a verified pair at once when the last look was longer ago', async () => {
      const id = await settled(buildFound(), { pairKey: 'pair' });
      clock.advance(31 * second);
      await file({ pairKey: 'pair' });
      expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt: clock.now() });
    });

    it.each([
      ['refused', buildNotFound()],
      ['gone', buildNotFound({ finding: 'gone' })],
    ])('looks at a %s pair at once, and counts its looks anew', async (state, last) => {
      const { linkbackId } = await file({ pairKey: 'pair' });
      if (state === 'gone') await finish(await claimOne(), buildFound());
      if (state === 'gone') await store.verifyAgain(linkbackId);
      await finish(await claimOne(), last);
      expect((await load(linkbackId)).verification).toBe(state);
      clock.advance(second);
      await file({ pairKey: 'pair' });
      expect(await store.job(linkbackId)).toMatchObject({ state: 'waiting', dueAt: clock.now(), looks: 0 });
    });

    it.each(['unverified', 'verified', 'refused', 'gone'])(
      'lets a source in trouble rest as long as was agreed, though its %s pair comes again and again',
      async (state) => {
        const { linkbackId } = await file({ pairKey: 'pair' });
        if (state === 'verified' || state === 'gone') await finish(await claimOne(), buildFound());
        if (state === 'gone') await store.verifyAgain(linkbackId);
        if (state === 'gone') await finish(await claimOne(), buildNotFound({ finding: 'gone' }));
        if (state === 'refused') await finish(await claimOne(), buildNotFound());
        expect((await load(linkbackId)).verification).toBe(state);
        if (state !== 'unverified') await store.verifyAgain(linkbackId);
        const retryAt = clock.now() + 5 * minute;
        await finish(await claimOne(), setback, { retryAt: () => retryAt });
        clock.advance(2 * minute);
        await file({ pairKey: 'pair' });
        expect(await store.job(linkbackId)).toMatchObject({ dueAt: retryAt, setbacks: 1 });
      },
    );

    it('runs a job once more when its pair comes again while it is in hand', async () => {
      const id = await settled(buildFound(), { pairKey: 'pair' });
      clock.advance(minute);
      await file({ pairKey: 'pair' });
      const lease = await claimOne();
      clock.advance(second);
      await file({ pairKey: 'pair' });
      const dueAt = clock.now() + 30 * second;
      clock.advance(second);
      expect(await store.job(id)).toMatchObject({ state: 'leased' });
      await finish(lease, buildFound());
      expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt, setbacks: 0, looks: 0 });
      clock.advance(30 * second);
      await finish(await claimOne(), buildFound());
      expect(await store.job(id)).toBeUndefined();
    });

    it('runs it once more at once when it is not verified, also when the look in hand met trouble', async () => {
      const id = await settled(buildNotFound(), { pairKey: 'pair' });
      await file({ pairKey: 'pair' });
      const lease = await claimOne();
      clock.advance(second);
      await file({ pairKey: 'pair' });
      await finish(lease, setback);
      expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt: clock.now(), setbacks: 0 });
    });

    it('lets the job in hand answer for an unverified pair that comes again in the same dialect', async () => {
      const source = 'https://other.example/entry';
      const { linkbackId } = await file({ pairKey: 'pair', source });
      const lease = await claimOne();
      await file({ pairKey: 'pair', source });
      await finish(lease, buildFound());
      expect(await store.job(linkbackId)).toBeUndefined();
    });

    it('runs it once more when another dialect announces the pair meanwhile, which that look knew nothing of', async () => {
      const { linkbackId } = await file({ pairKey: 'pair' });
      const lease = await claimOne();
      await file({ pairKey: 'pair', dialect: 'webmention' });
      await finish(lease, buildFound({ held: ['pingback'] }));
      await finish(await claimOne(), buildFound({ held: ['pingback', 'webmention'] }));
      const { announcements } = await load(linkbackId);
      expect(announcements.map((each) => each.held)).toEqual([true, true]);
      expect(await store.job(linkbackId)).toBeUndefined();
    });
  });

  describe(`${name}: a ping that says the same as one just before it`, () => {
    const words = { pairKey: 'pair', source: 'https://other.example/entry' } as const;

    it('is known by its pair, its dialect and its very words', async () => {
      expect(await store.recall(buildPing(words))).toBeUndefined();
      const claims = { title: 'A', excerpt: 'B', blogName: 'C', bytes: null };
      await file({ ...words, dialect: 'trackback', claims });
      await file({ ...words, dialect: 'webmention', vouch: 'https://friend.example/' });
      const saidAt = clock.now();
      clock.advance(second);
      const recall = (change: Partial<AcceptedPing>): ReturnType<Store['recall']> =>
        store.recall(buildPing({ ...words, senderIp: '192.0.2.9', ...change }));
      expect(await recall({ dialect: 'trackback', claims })).toEqual({ saidAt });
      expect(await recall({ dialect: 'webmention', vouch: 'https://friend.example/' })).toEqual({ saidAt });
      const others: Partial<AcceptedPing>[] = [
        { dialect: 'pingback' },
        { dialect: 'trackback', claims: { ...claims, title: 'D' } },
        { dialect: 'trackback', claims: null },
        { dialect: 'webmention', vouch: null },
        { dialect: 'trackback', claims, source: 'https://other.example/entry#x' },
        { dialect: 'trackback', claims, target: 'http://blog.example/post' },
      ];
      for (const other of others) expect(await recall(other)).toEqual({ saidAt: null });
      expect(await recall({ pairKey: 'other pair' })).toBeUndefined();
    });

    it.each([
      // A verified pair rests from the end of its last look, which was a second later.
      ['verified', buildFound(), 31 * second],
      ['refused', buildNotFound(), 30 * second],
      ['refused for good', buildNotFound({ finding: 'gone' }), 30 * second],
    ])(
      'has a pair that is %s by now looked at once more, when its time is over',
      async (_, outcome, restMs) => {
        const first = await file(words);
        const saidAt = clock.now();
        const notBefore = saidAt + 30 * second;
        clock.advance(second);
        await finish(await claimOne(), outcome);
        for (let count = 0; count < 3; count += 1) {
          clock.advance(second);
          expect(await file({ ...words, notBefore })).toMatchObject({ statusId: first.statusId });
        }
        expect(await store.job(first.linkbackId)).toMatchObject({ dueAt: saidAt + restMs });
      },
    );

    it.each(['waits', 'is in hand'])(
      'asks for nothing while the look of the one before %s',
      async (state) => {
        const { linkbackId } = await file(words);
        const notBefore = clock.now() + 30 * second;
        const lease = state === 'is in hand' ? await claimOne() : undefined;
        const job = await store.job(linkbackId);
        clock.advance(second);
        await file({ ...words, notBefore });
        expect(await store.job(linkbackId)).toEqual(job);
        await finish(lease ?? (await claimOne()), buildFound());
        expect(await store.job(linkbackId)).toBeUndefined();
      },
    );

    it('does not make its time longer', async () => {
      await file(words);
      const saidAt = clock.now();
      clock.advance(20 * second);
      await file({ ...words, notBefore: saidAt + 30 * second });
      expect(await store.recall(buildPing(words))).toEqual({ saidAt });
    });
  });

  describe(`${name}: counting promised work`, () => {
    it('counts jobs that wait and jobs in hand, no dead ones, and no further than asked', async () => {
      expect(await store.openJobs(10)).toBe(0);
      for (let count = 0; count < 5; count += 1) await file();
      expect(await store.openJobs(10)).toBe(5);
      expect(await store.openJobs(3)).toBe(3);
      const [parked, done] = await store.claim({ ...anyHost, limit: 2 });
      expect(await store.openJobs(10)).toBe(5);
      if (parked !== undefined)
        await store.park(parked, settling(parked, buildNotFound({ reason: 'our-fault' })));
      if (done !== undefined) await finish(done, buildFound());
      expect(await store.openJobs(10)).toBe(3);
    });
  });

  describe(`${name}: telling its numbers`, () => {
    it('counts nothing where there is nothing', async () => {
      const none = { waiting: 0, leased: 0, dueSince: undefined };
      expect(await store.numbers()).toEqual({ linkbacks: [], jobs: { ...none, dead: 0 }, calls: none });
    });

    it('counts linkbacks by their states, and jobs with the instant since which the oldest is due', async () => {
      const at = clock.now();
      await file();
      await file({ at: at + minute });
      const parked = await claimOne();
      await store.park(parked, settling(parked, buildNotFound({ reason: 'our-fault' })));
      expect((await store.numbers()).jobs).toEqual({ waiting: 1, leased: 0, dead: 1, dueSince: at + minute });
      clock.advance(minute);
      const lease = await claimOne();
      expect((await store.numbers()).jobs).toEqual({
        waiting: 0,
        leased: 1,
        dead: 1,
        dueSince: clock.now() + leaseMs,
      });
      await finish(lease, buildFound());
      const { linkbacks, jobs } = await store.numbers();
      expect(jobs).toEqual({ waiting: 0, leased: 0, dead: 1, dueSince: undefined });
      const counted = linkbacks.filter(({ count }) => count > 0).map((each) => JSON.stringify(each));
      expect(counted.sort()).toEqual([
        '{"moderation":"pending","verification":"refused","count":1}',
        '{"moderation":"pending","verification":"verified","count":1}',
      ]);
    });
  });

  describe(`${name}: leasing jobs`, () => {
    it('counts the attempt before the work begins', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      expect(lease).toMatchObject({ linkbackId, unfinished: 1, progress: { setbacks: 0, looks: 0 } });
      expect(await store.job(linkbackId)).toMatchObject({ state: 'leased', unfinished: 1 });
    });

    it('gives a job to one taker only', async () => {
      for (let count = 0; count < 20; count += 1) await file();
      const claims = await Promise.all(
        Array.from({ length: 5 }, () => store.claim({ ...anyHost, limit: 8 })),
      );
      const ids = claims.flat().map((lease) => lease.linkbackId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(20);
      expect(new Set(claims.flat().map((lease) => lease.token)).size).toBe(20);
    });

    it('takes what is due, the longest due first, and no more than asked for', async () => {
      const first = await file();
      clock.advance(second);
      const then = await file();
      clock.advance(second);
      await file();
      await file({ at: clock.now() + 1 });
      expect(await claimed({ limit: 2 })).toEqual([first.linkbackId, then.linkbackId]);
      expect(await claimed()).toHaveLength(1);
      expect(await claimed()).toEqual([]);
      clock.advance(1);
      expect(await claimed()).toHaveLength(1);
    });

    it('takes one job of each host and port at a time, and none of a busy host', async () => {
      const hosts = ['one.example', 'one.example', 'one.example:8443', 'two.example', 'busy.example'];
      for (const jobHost of hosts) {
        await file({ jobHost });
        clock.advance(1);
      }
      const leases = await store.claim({ limit: 10, leaseMs, busyHosts: ['busy.example'] });
      expect(leases.map((lease) => lease.host)).toEqual(['one.example', 'one.example:8443', 'two.example']);
      const inHand = leases.map((lease) => lease.host);
      const rest = await store.claim({ limit: 10, leaseMs, busyHosts: inHand });
      expect(rest.map((lease) => lease.host)).toEqual(['busy.example']);
    });

    it('finds the other hosts behind a crowd of one', async () => {
      for (let count = 0; count < 50; count += 1) await file({ jobHost: 'crowd.example' });
      clock.advance(1);
      await file({ jobHost: 'alone.example' });
      const [crowd, ...more] = await store.claim({ limit: 4, leaseMs, busyHosts: [] });
      expect(crowd?.host).toBe('crowd.example');
      expect(more).toEqual([]);
      const next = await store.claim({ limit: 4, leaseMs, busyHosts: ['crowd.example'] });
      expect(next.map((lease) => lease.host)).toEqual(['alone.example']);
    });

    it('takes jobs from the end that is asked for: those due the longest, or the latest', async () => {
      const hosts = ['first.example', 'second.example', 'third.example', 'last.example'];
      for (const jobHost of hosts) {
        await file({ jobHost });
        clock.advance(1);
      }
      const hostsOf = async (over: Partial<Claim>): Promise<string[]> =>
        (await store.claim({ ...anyHost, ...over })).map((lease) => lease.host);
      expect(await hostsOf({ from: 'newest', limit: 2 })).toEqual(['last.example', 'third.example']);
      expect(await hostsOf({ from: 'oldest', limit: 1 })).toEqual(['first.example']);
      expect(await hostsOf({})).toEqual(['second.example']);
    });

    it('takes several jobs of one host when hosts do not matter', async () => {
      for (let count = 0; count < 3; count += 1) await file({ jobHost: 'one.example' });
      expect(await claimed({ busyHosts: 'ignore' })).toHaveLength(3);
    });

    it('takes one job at a time whose last attempt did not end, for it may be the one that ends its process', async () => {
      for (let count = 0; count < 3; count += 1) await file();
      expect(await claimed()).toHaveLength(3);
      clock.advance(leaseMs);
      const { linkbackId: fresh } = await file();
      const [suspect, other, ...more] = await store.claim(anyHost);
      expect(suspect).toMatchObject({ unfinished: 2 });
      expect(other).toMatchObject({ linkbackId: fresh, unfinished: 1 });
      expect(more).toEqual([]);
      expect(await claimed({ suspectInHand: true })).toEqual([]);
      expect(await claimed()).toHaveLength(1);
      expect(await claimed()).toHaveLength(1);
      expect(await claimed()).toEqual([]);
    });

    it('leases a job afresh once its lease has run out, and not before', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      clock.advance(leaseMs - 1);
      expect(await claimed()).toEqual([]);
      clock.advance(1);
      const again = await claimOne();
      expect(again).toMatchObject({ linkbackId, jobId: lease.jobId, unfinished: 2 });
      expect(again.token).not.toBe(lease.token);
    });

    it('tells when the next job is due, and nothing when none is promised', async () => {
      expect(await store.nextDue()).toBeUndefined();
      await file({ at: clock.now() + minute });
      await file({ at: clock.now() + second });
      expect(await store.nextDue()).toBe(clock.now() + second);
      clock.advance(second);
      await finish(await claimOne(), buildFound());
      expect(await store.nextDue()).toBe(clock.now() + 59 * second);
    });
  });

  describe(`${name}: ending a job`, () => {
    it('writes the verdict, its event and the end of the job together', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      clock.advance(second);
      const linkback = await finish(lease, buildFound());
      expect(linkback).toMatchObject({
        verification: 'verified',
        checkedAt: clock.now(),
        verifiedAt: clock.now(),
      });
      expect(await store.linkback(linkbackId)).toEqual(linkback);
      const { facts, excerpt, evidence } = buildFound();
      expect(linkback).toMatchObject({ facts, excerpt, evidence, announcements: [{ held: true }] });
      expect(await store.events(linkbackId)).toEqual([
        {
          at: clock.now(),
          by: { kind: 'look' },
          why: 'The source links to the target.',
          machine: 'verification',
          from: 'unverified',
          to: 'verified',
        },
      ]);
      expect(await store.job(linkbackId)).toBeUndefined();
      expect(await store.attempts(linkbackId)).toEqual([]);
    });

    it('keeps the reason of a "no", what the attempt met, and promises the second look', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      await finish(lease, buildNotFound({ detail: 'no link to the target' }));
      expect(await load(linkbackId)).toMatchObject({ verification: 'refused', refusal: 'no-link' });
      expect(await store.attempts(linkbackId)).toEqual([
        { at: clock.now(), detail: 'no link to the target' },
      ]);
      const job = await store.job(linkbackId);
      expect(job).toMatchObject({
        state: 'waiting',
        dueAt: clock.now() + 10 * minute,
        looks: 1,
        unfinished: 0,
      });
      clock.advance(10 * minute);
      const again = await claimOne();
      expect(again.progress).toEqual({ setbacks: 0, looks: 1 });
      await finish(again, buildNotFound());
      expect(await store.job(linkbackId)).toBeUndefined();
    });

    it('counts setbacks in a row, and rests until the job is due again', async () => {
      const { linkbackId } = await file();
      const retryAt = (): number => clock.now() + minute;
      for (let setbacks = 0; setbacks < 3; setbacks += 1) {
        const lease = await claimOne();
        expect(lease).toMatchObject({ progress: { setbacks }, unfinished: 1 });
        await finish(lease, setback, { retryAt });
        expect(await claimed()).toEqual([]);
        expect(await store.job(linkbackId)).toMatchObject({
          setbacks: setbacks + 1,
          unfinished: 0,
          dueAt: retryAt(),
        });
        clock.advance(minute);
      }
      await finish(await claimOne(), setback, { retryAt: () => undefined });
      expect(await load(linkbackId)).toMatchObject({ verification: 'refused', refusal: 'upstream' });
      expect(await store.job(linkbackId)).toBeUndefined();
    });

    it('keeps the newest twenty attempts that found no link', async () => {
      const { linkbackId } = await file();
      for (let count = 1; count <= 25; count += 1) {
        const again = { detail: `attempt ${count}` };
        await finish(await claimOne(), { kind: 'setback', ...again }, { retryAt: () => clock.now() });
      }
      const kept = (await store.attempts(linkbackId)).map((each) => each.detail);
      expect(kept).toEqual(Array.from({ length: 20 }, (_, at) => `attempt ${at + 6}`));
    });

    it('knows about how many other pages the same words are said of, however often of each', async () => {
      const excerpt = { ...buildFound().excerpt, before: 'The very same words as on every other page: ' };
      const say = async (targetKey: string): Promise<number> => {
        await file({ targetKey, target: targetKey });
        const lease = await claimOne();
        let pages = -1;
        const settle = (basis: SettleBasis): Settlement => {
          pages = basis.surroundings.sameTextTargets;
          return settling(lease, buildFound({ excerpt }))(basis);
        };
        await store.finish(lease, settle, textKeyOf(excerpt));
        return pages;
      };
      const [one, two, three] = [
        'https://blog.example/1',
        'https://blog.example/2',
        'https://blog.example/3',
      ];
      expect([await say(one), await say(one), await say(one)]).toEqual([0, 0, 0]);
      expect([await say(two), await say(three), await say(one), await say(two)]).toEqual([1, 2, 2, 2]);
    });

    it('knows whether the owner has approved another linkback of the host on this site', async () => {
      const host = { sourceHost: 'friend.example', jobHost: 'friend.example' };
      const isApproved = async (change: Partial<AcceptedPing>): Promise<boolean> => {
        await file(change);
        const lease = await claimOne();
        let approved = false;
        await store.finish(lease, (basis) => {
          approved = basis.hostIsApproved;
          return settling(lease, buildFound())(basis);
        });
        return approved;
      };
      expect(await isApproved({ ...host, pairKey: 'first' })).toBe(false);
      const first = await file({ ...host, pairKey: 'first' });
      await finish(await claimOneAfter(31 * second), buildFound());
      await decided(first.linkbackId, 'approved');
      expect(await isApproved(host)).toBe(true);
      expect(await isApproved({ ...host, site: 'notes' })).toBe(false);
      expect(await isApproved({ sourceHost: 'stranger.example' })).toBe(false);
      await decided(first.linkbackId, 'rejected');
      expect(await isApproved(host)).toBe(false);
    });

    const claimOneAfter = (ms: number): Promise<Lease> => {
      clock.advance(ms);
      return claimOne();
    };

    it('lets nobody finish, park or release with a lease that another has taken over', async () => {
      const { linkbackId } = await file();
      const late = await claimOne();
      clock.advance(leaseMs);
      const lease = await claimOne();
      const before = await load(linkbackId);
      const untouched = { ...late, wasAsked: false };
      const settleLate = (basis: SettleBasis): Settlement => {
        untouched.wasAsked = true;
        return settling(late, buildNotFound())(basis);
      };
      expect(await store.finish(late, settleLate)).toBeUndefined();
      expect(await store.park(late, settleLate)).toBeUndefined();
      await store.release(late);
      expect(untouched.wasAsked).toBe(false);
      expect(await load(linkbackId)).toEqual(before);
      expect(await store.job(linkbackId)).toMatchObject({ state: 'leased', unfinished: 2 });
      expect(await store.events(linkbackId)).toEqual([]);

      expect(await finish(lease, buildFound())).toMatchObject({ verification: 'verified' });
      expect(await store.finish(late, settleLate)).toBeUndefined();
      expect((await load(linkbackId)).verification).toBe('verified');
      expect(await store.events(linkbackId)).toHaveLength(1);
      expect(await store.attempts(linkbackId)).toEqual([]);
    });

    it('lets a lease be used once', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      const ends = await Promise.all([finish(lease, buildFound()), finish(lease, buildFound())]);
      expect(ends.filter((each) => each !== undefined)).toHaveLength(1);
      expect(await store.events(linkbackId)).toHaveLength(1);
    });

    it('brings nothing back of what was erased while its job was in hand', async () => {
      const { linkbackId, statusId } = await file();
      const lease = await claimOne();
      expect(await store.erase(linkbackId)).toBe(true);
      expect(await finish(lease, buildFound())).toBeUndefined();
      expect(await store.linkback(linkbackId)).toBeUndefined();
      expect(await store.events(linkbackId)).toEqual([]);
      expect(await store.byStatusId(statusId, 1)).toBeUndefined();
      expect(await store.nextDue()).toBeUndefined();
      expect(total(await store.counts())).toBe(0);
    });

    it('changes nothing at all when working out the new state fails', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      const before = await load(linkbackId);
      const defect = new Error('a defect');
      const failing = store.finish(lease, () => {
        throw defect;
      });
      await expect(failing).rejects.toBe(defect);
      expect(await load(linkbackId)).toEqual(before);
      expect(await store.job(linkbackId)).toMatchObject({ state: 'leased', unfinished: 1 });
      expect(await finish(lease, buildFound())).toBeDefined();
    });

    it('gives a job back as if it had not been claimed', async () => {
      const { linkbackId } = await file();
      const dueAt = clock.now();
      clock.advance(second);
      await store.release(await claimOne());
      expect(await store.job(linkbackId)).toEqual({
        state: 'waiting',
        dueAt,
        setbacks: 0,
        looks: 0,
        unfinished: 0,
      });
      expect(await claimOne()).toMatchObject({ linkbackId, unfinished: 1 });
    });

    it('lets one look answer for what was asked while a job was in hand that is given back', async () => {
      const id = await settled(buildFound(), { pairKey: 'pair' });
      clock.advance(minute);
      await file({ pairKey: 'pair' });
      const lease = await claimOne();
      await file({ pairKey: 'pair' });
      await store.release(lease);
      await finish(await claimOne(), buildFound());
      expect(await store.job(id)).toBeUndefined();
    });
  });

  describe(`${name}: parking a poison job`, () => {
    const park = async (change: Partial<AcceptedPing> = {}): Promise<string> => {
      const { linkbackId } = await file(change);
      const lease = await claimOne();
      const outcome = buildNotFound({ reason: 'our-fault', detail: 'the job is parked' });
      await store.park(lease, settling(lease, outcome));
      return linkbackId;
    };

    it('refuses the linkback as our fault and keeps the job for the owner to see, but for no worker', async () => {
      const id = await park();
      expect(await load(id)).toMatchObject({ verification: 'refused', refusal: 'our-fault' });
      expect(await store.job(id)).toMatchObject({ state: 'dead', unfinished: 1 });
      expect(await store.attempts(id)).toMatchObject([{ detail: 'the job is parked' }]);
      clock.advance(365 * 24 * 60 * minute);
      expect(await claimed()).toEqual([]);
      expect(await store.nextDue()).toBeUndefined();
    });

    it('tells whoever sends the pair again that it is parked, and does not revive it', async () => {
      const id = await park({ pairKey: 'pair' });
      clock.advance(minute);
      expect(await file({ pairKey: 'pair' })).toMatchObject({ linkbackId: id, parked: true });
      expect(await claimed()).toEqual([]);
    });

    it('revives it when the owner has it looked at again, with a clean slate', async () => {
      const id = await park({ pairKey: 'pair' });
      clock.advance(minute);
      expect(await store.verifyAgain(id)).toBe(true);
      expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt: clock.now(), unfinished: 0 });
      const lease = await claimOne();
      expect(lease).toMatchObject({ linkbackId: id, unfinished: 1 });
      await finish(lease, buildFound());
      expect(await load(id)).toMatchObject({ verification: 'verified', refusal: null });
      expect(await file({ pairKey: 'pair' })).toMatchObject({ parked: false });
    });
  });

  describe(`${name}: having a linkback looked at by the owner's wish`, () => {
    it('promises a look at once', async () => {
      const id = await settled(buildFound());
      clock.advance(second);
      expect(await store.verifyAgain(id)).toBe(true);
      expect(await store.job(id)).toMatchObject({ state: 'waiting', dueAt: clock.now() });
    });

    it('does not wait for the end of a rest', async () => {
      const { linkbackId } = await file();
      await finish(await claimOne(), setback, { retryAt: () => clock.now() + 60 * minute });
      await store.verifyAgain(linkbackId);
      expect(await store.job(linkbackId)).toMatchObject({ dueAt: clock.now(), setbacks: 0 });
      expect(await claimed()).toEqual([linkbackId]);
    });

    it('runs a job once more that is in hand', async () => {
      const { linkbackId } = await file();
      const lease = await claimOne();
      await store.verifyAgain(linkbackId);
      await finish(lease, buildFound());
      expect(await claimed()).toEqual([linkbackId]);
    });

    it('knows nothing of what is not there', async () => {
      expect(await store.verifyAgain('nobody')).toBe(false);
      expect(await store.nextDue()).toBeUndefined();
    });
  });

  describe(`${name}: looking again by itself at what is verified`, () => {
    const day = 24 * 60 * minute;

    /** Files a ping and has it verified, to be looked at again after so many days. */
    const verifiedFor = async (days: number): Promise<string> => {
      const { linkbackId } = await file();
      await finish(await claimOne(), buildFound(), { recheckAt: () => clock.now() + days * day });
      return linkbackId;
    };

    it('promises a look when its time has come, once, the longest due first', async () => {
      const second = await verifiedFor(2);
      const first = await verifiedFor(1);
      const third = await verifiedFor(3);
      expect(await store.promiseRechecks(10)).toBe(0);
      clock.advance(day);
      expect(await store.promiseRechecks(10)).toBe(1);
      expect(await store.promiseRechecks(10)).toBe(0);
      expect(await claimed()).toEqual([first]);
      clock.advance(2 * day);
      expect(await store.promiseRechecks(1)).toBe(1);
      expect(await claimed()).toContain(second);
      expect(await store.promiseRechecks(10)).toBe(1);
      expect(await claimed()).toEqual([third]);
    });

    it('gives no second job to what has one', async () => {
      const id = await verifiedFor(1);
      await store.verifyAgain(id);
      clock.advance(day);
      await store.promiseRechecks(10);
      expect(await claimed()).toEqual([id]);
      expect(await claimed()).toEqual([]);
    });

    it('looks no more at what is gone or erased', async () => {
      const gone = await verifiedFor(1);
      await store.verifyAgain(gone);
      await finish(await claimOne(), buildNotFound({ finding: 'gone' }), {
        recheckAt: () => clock.now() + day,
      });
      expect((await load(gone)).verification).toBe('gone');
      await store.erase(await verifiedFor(1));
      clock.advance(365 * day);
      expect(await store.promiseRechecks(10)).toBe(0);
      expect(await claimed()).toEqual([]);
    });
  });

  describe(`${name}: what the public reads`, () => {
    const list = async (query: Partial<PublicQuery> = {}): Promise<string[]> =>
      (await store.publicList({ order: 'oldest', limit: 100, ...query })).items.map((each) => each.id);

    it('is what is verified and approved, and nothing else', async () => {
      const shown = await published();
      await settled(buildFound());
      const { linkbackId: unverified } = await file();
      await decided(unverified, 'approved');
      await finish(await claimOne(), setback);
      const refused = await settled(buildNotFound());
      await decided(refused, 'approved');
      const gone = await published();
      await store.verifyAgain(gone);
      await finish(await claimOne(), buildNotFound({ finding: 'gone' }));
      for (const moderation of ['rejected', 'spam'] as const)
        await decided(await settled(buildFound()), moderation);
      expect(await list()).toEqual([shown]);
      expect((await store.publicList({ order: 'oldest', limit: 1 })).items).toEqual([await load(shown)]);
    });

    it('shows a linkback the moment it is verified when the owner approved it before', async () => {
      const { linkbackId } = await file();
      await decided(linkbackId, 'approved');
      expect(await list()).toEqual([]);
      await finish(await claimOne(), buildFound());
      expect(await list()).toEqual([linkbackId]);
      await decided(linkbackId, 'spam');
      expect(await list()).toEqual([]);
    });

    it('can be asked for by page, site, type and time of verification', async () => {
      const here = await published({ targetKey: 'here' });
      const elsewhere = await published({ targetKey: 'elsewhere', site: 'notes' });
      clock.advance(minute);
      const reply = await published({ targetKey: 'here', at: clock.now() - 30 * second }, { type: 'reply' });
      expect(await list()).toEqual([here, elsewhere, reply]);
      expect(await list({ targetKey: 'here' })).toEqual([here, reply]);
      expect(await list({ targetKey: 'nowhere' })).toEqual([]);
      expect(await list({ site: 'notes' })).toEqual([elsewhere]);
      expect(await list({ type: 'reply' })).toEqual([reply]);
      expect(await list({ since: clock.now() })).toEqual([reply]);
      expect(await list({ since: clock.now() + 1 })).toEqual([]);
      expect(await list({ since: clock.now() - minute })).toHaveLength(3);
      expect(await list({ targetKey: 'here', type: 'mention', site: 'blog' })).toEqual([here]);
    });

    it('can be asked for by dialect, which counts where its link rule held', async () => {
      await file({ pairKey: 'pair' });
      const both = await file({ pairKey: 'pair', dialect: 'webmention' });
      await finish(await claimOne(), buildFound({ held: ['pingback'] }));
      await decided(both.linkbackId, 'approved');
      expect(await list({ protocol: 'pingback' })).toEqual([both.linkbackId]);
      expect(await list({ protocol: 'webmention' })).toEqual([]);
      await store.verifyAgain(both.linkbackId);
      await finish(await claimOne(), buildFound({ held: ['webmention'] }));
      expect(await list({ protocol: 'pingback' })).toEqual([]);
      expect(await list({ protocol: 'webmention' })).toEqual([both.linkbackId]);
    });

    it.each(['oldest', 'newest'] as const)(
      'comes in pages, the %s first, without gap or repeat',
      async (order) => {
        const all: string[] = [];
        for (let count = 0; count < 6; count += 1) {
          all.push(await published());
          await settled(buildFound());
        }
        const wanted = order === 'oldest' ? all : all.toReversed();
        for (const limit of [1, 2, 4, 6, 7]) {
          const query = { order, limit };
          expect(await pagesOf((after) => store.publicList({ ...query, ...after }))).toEqual(
            chunked(wanted, limit),
          );
        }
      },
    );

    it('goes on where it was when something was added or taken away meanwhile', async () => {
      const all: string[] = [];
      for (let count = 0; count < 4; count += 1) all.push(await published());
      const first = await store.publicList({ order: 'oldest', limit: 2 });
      await store.erase(all[1] ?? '');
      const last = await published();
      const query = { order: 'oldest', limit: 10, after: first.next ?? '' } as const;
      expect((await store.publicList(query)).items.map((each) => each.id)).toEqual([all[2], all[3], last]);
    });
  });

  describe(`${name}: what the owner reads`, () => {
    const list = async (query: Partial<ModerationQuery> = {}): Promise<string[]> =>
      (await store.moderationList({ order: 'oldest', limit: 100, ...query })).items.map((each) => each.id);

    it('can be asked for by site, by each state, by type and by time', async () => {
      const unverified = (await file({ site: 'notes' })).linkbackId;
      await finish(await claimOne(), setback, { retryAt: () => clock.now() + 60 * minute });
      const refused = await settled(buildNotFound());
      clock.advance(minute);
      const verified = await settled(buildFound({ type: 'like' }));
      await decided(verified, 'spam');
      expect(await list()).toEqual([unverified, refused, verified]);
      expect(await list({ site: 'notes' })).toEqual([unverified]);
      expect(await list({ moderation: 'pending' })).toEqual([unverified, refused]);
      expect(await list({ moderation: 'spam' })).toEqual([verified]);
      expect(await list({ verification: 'unverified' })).toEqual([unverified]);
      expect(await list({ verification: 'refused' })).toEqual([refused]);
      expect(await list({ verification: 'gone' })).toEqual([]);
      expect(await list({ type: 'like' })).toEqual([verified]);
      expect(await list({ since: clock.now() })).toEqual([verified]);
      expect(await list({ moderation: 'pending', verification: 'verified' })).toEqual([]);
    });

    it('can be asked for by any dialect that announced it', async () => {
      const both = (await file({ pairKey: 'pair' })).linkbackId;
      await file({ pairKey: 'pair', dialect: 'trackback' });
      const other = (await file({ dialect: 'webmention' })).linkbackId;
      expect(await list({ protocol: 'pingback' })).toEqual([both]);
      expect(await list({ protocol: 'trackback' })).toEqual([both]);
      expect(await list({ protocol: 'webmention' })).toEqual([other]);
    });

    it('can be asked for by host, with the hosts below it and none that only ends alike', async () => {
      const sourceHosts = [
        'spam.example',
        'a.b.spam.example',
        'notspam.example',
        'spam.example.org',
        'sp_m.example',
      ];
      const ids: string[] = [];
      for (const sourceHost of sourceHosts) ids.push((await file({ sourceHost })).linkbackId);
      expect(await list({ host: 'spam.example' })).toEqual([ids[0], ids[1]]);
      expect(await list({ host: 'sp_m.example' })).toEqual([ids[4]]);
      expect(await list({ host: '%' })).toEqual([]);
    });

    it('can be searched for words of either page, of title, author and excerpt, in any case', async () => {
      const { facts } = buildFound();
      const id = await settled(
        buildFound({
          facts: {
            ...facts,
            title: 'Über 100% Honeycomb_Leadership',
            author: { name: 'Ann O’Nym', url: null, photo: null },
          },
          excerpt: {
            before: 'the rub. ',
            link: 'Collective',
            after: ' creates C:\\',
            cutBefore: true,
            cutAfter: true,
          },
        }),
        { source: 'https://source.example/Some-Entry', target: 'https://blog.example/Our-Post' },
      );
      await file({ source: 'https://other.example/100-percent', target: 'https://blog.example/other' });
      const words = [
        'some-entry',
        'OUR-POST',
        'über',
        'ÜBER 100%',
        'b_l',
        'o’nym',
        'THE RUB',
        'collective',
        'c:\\',
      ];
      for (const q of words) expect({ q, found: await list({ q }) }).toEqual({ q, found: [id] });
      for (const q of ['100%percent', 'b-l', 'ann_o', 'nowhere', '%', '_', '\\']) {
        expect({ q, found: (await list({ q })).filter((each) => each !== id) }).toEqual({ q, found: [] });
      }
    });

    it.each(['oldest', 'newest'] as const)(
      'comes in pages, the %s first, without gap or repeat',
      async (order) => {
        const all: string[] = [];
        for (let count = 0; count < 5; count += 1) {
          all.push((await file()).linkbackId);
          await file({ site: 'notes' });
        }
        const wanted = order === 'oldest' ? all : all.toReversed();
        for (const limit of [1, 2, 5]) {
          const query = { order, limit, site: 'blog' };
          expect(await pagesOf((after) => store.moderationList({ ...query, ...after }))).toEqual(
            chunked(wanted, limit),
          );
        }
      },
    );

    it('is counted by state, for all sites or one', async () => {
      await published();
      await settled(buildNotFound());
      await file();
      await file({ site: 'notes' });
      expect(await store.counts()).toEqual({
        moderation: { pending: 3, approved: 1, rejected: 0, spam: 0 },
        verification: { unverified: 2, verified: 1, refused: 1, gone: 0 },
        waiting: 0,
        approvedButGone: 0,
        failed: 1,
      });
      expect(await store.counts('notes')).toEqual({
        moderation: { pending: 1, approved: 0, rejected: 0, spam: 0 },
        verification: { unverified: 1, verified: 0, refused: 0, gone: 0 },
        waiting: 0,
        approvedButGone: 0,
        failed: 0,
      });
      expect(total(await store.counts('nowhere'))).toBe(0);
    });
  });

  describe(`${name}: what the owner decides`, () => {
    it('is kept with who said so, when and why', async () => {
      const { linkbackId } = await file();
      clock.advance(second);
      await decideOn(store, linkbackId, 'rejected', 'not this one');
      expect(await load(linkbackId)).toMatchObject({ moderation: 'rejected', updatedAt: clock.now() });
      expect(await store.events(linkbackId)).toEqual([
        {
          at: clock.now(),
          by: person,
          why: 'not this one',
          machine: 'moderation',
          from: 'pending',
          to: 'rejected',
        },
      ]);
      await decided(linkbackId, 'rejected');
      expect(await store.events(linkbackId)).toHaveLength(1);
      expect(await decideOn(store, 'nobody', 'spam')).toBeNull();
    });

    it('and what a look finds never undo each other, however they meet', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 25; count += 1) ids.push((await file()).linkbackId);
      const leases = await store.claim(anyHost);
      await Promise.all(
        leases.flatMap((lease, at) => {
          const both = [() => finish(lease, buildFound()), () => decided(lease.linkbackId, 'approved')];
          return (at % 2 === 0 ? both : both.toReversed()).map((each) => each());
        }),
      );
      for (const id of ids) {
        expect(await load(id)).toMatchObject({ verification: 'verified', moderation: 'approved' });
        expect(await store.events(id)).toHaveLength(2);
      }
      expect((await store.publicList({ order: 'oldest', limit: 100 })).items).toHaveLength(25);
    });

    it('outlives gone and back', async () => {
      const id = await published();
      const look = async (outcome: Outcome): Promise<Linkback> => {
        await store.verifyAgain(id);
        await finish(await claimOne(), outcome);
        return load(id);
      };
      expect(await look(buildNotFound({ finding: 'gone' }))).toMatchObject({
        verification: 'gone',
        moderation: 'approved',
      });
      expect(await look(buildFound())).toMatchObject({ verification: 'verified', moderation: 'approved' });
      expect((await store.events(id)).map((event) => `${event.machine} ${event.from} ${event.to}`)).toEqual([
        'verification unverified verified',
        'moderation pending approved',
        'verification verified gone',
        'verification gone verified',
      ]);
    });
  });

  describe(`${name}: erasing`, () => {
    it('takes everything of a linkback with it and leaves the others', async () => {
      const { linkbackId: id, statusId } = await file({ pairKey: 'pair' });
      const { statusId: otherStatusId } = await file({ pairKey: 'pair', dialect: 'webmention' });
      await finish(await claimOne(), buildNotFound());
      await decided(id, 'approved');
      const other = await settled(buildNotFound());
      expect(await store.erase(id)).toBe(true);
      expect(await store.linkback(id)).toBeUndefined();
      expect(await store.job(id)).toBeUndefined();
      expect(await store.events(id)).toEqual([]);
      expect(await store.attempts(id)).toEqual([]);
      expect(await store.byStatusId(statusId, 1)).toBeUndefined();
      expect(await store.byStatusId(otherStatusId, 1)).toBeUndefined();
      expect(await store.erase(id)).toBe(false);
      expect(await store.events(other)).toHaveLength(1);
      expect(await store.job(other)).toBeDefined();
      expect(total(await store.counts())).toBe(1);
    });

    it('forgets the pair: it may come again as a new one', async () => {
      const first = await file({ pairKey: 'pair' });
      await store.erase(first.linkbackId);
      const again = await file({ pairKey: 'pair' });
      expect(again.linkbackId).not.toBe(first.linkbackId);
      expect(again.statusId).not.toBe(first.statusId);
      expect(again.verification).toBe('unverified');
    });
  });

  describe(`${name}: status ids`, () => {
    it('name their linkback until so long after the last ping that was given one', async () => {
      const { statusId, linkbackId } = await file({ pairKey: 'pair' });
      const at = clock.now();
      expect(await store.byStatusId(statusId, at)).toMatchObject({ id: linkbackId });
      expect(await store.byStatusId(statusId, at + 1)).toBeUndefined();
      clock.advance(minute);
      await file({ pairKey: 'pair' });
      expect(await store.byStatusId(statusId, at + 1)).toMatchObject({ id: linkbackId });
      expect(await store.byStatusId(linkbackId, 1)).toBeUndefined();
      expect(await store.byStatusId('', 1)).toBeUndefined();
    });
  });

  describe(`${name}: looks at our own pages, and tokens`, () => {
    it('keeps the last look at a page', async () => {
      expect(await store.targetLook('page')).toBeUndefined();
      await store.saveTargetLook('page', { isGone: true, page: null, publishedAt: null, expiresAt: 1000 });
      expect(await store.targetLook('page')).toEqual({
        isGone: true,
        page: null,
        publishedAt: null,
        expiresAt: 1000,
      });
      await store.saveTargetLook('page', { isGone: false, page: null, publishedAt: 5, expiresAt: 2000 });
      expect(await store.targetLook('page')).toEqual({
        isGone: false,
        page: null,
        publishedAt: 5,
        expiresAt: 2000,
      });
    });

    it('finds a token by its digest only', async () => {
      expect(await store.hasTokens()).toBe(false);
      const access = { scopes: ['read', 'send'], site: 'blog', expiresAt: 5000, lastUsedAt: null } as const;
      const token = { id: 'token-1', name: 'first', hash: 'a'.repeat(64), ...access, createdAt: clock.now() };
      await store.saveToken(token);
      expect(await store.hasTokens()).toBe(true);
      expect(await store.tokenByHash(token.hash)).toEqual(token);
      expect(await store.tokenByHash('b'.repeat(64))).toBeUndefined();
      await expect(store.saveToken({ ...token, id: 'token-2' })).rejects.toThrow(/constraint/iu);
    });

    it('says that it can be read and written', async () => {
      await expect(store.check()).resolves.toBeUndefined();
    });
  });

  describe(`${name}: the tables refuse`, () => {
    const id = "'linkback-of-the-test'";
    const event = (machine: string, from: string, to: string): string =>
      `INSERT INTO event (id, linkback_id, at, machine, mover, from_state, to_state, why)
       VALUES ('e', ${id}, 1, '${machine}', 'look', '${from}', '${to}', '')`;
    const ofLinkback = (set: string): string => `UPDATE linkback SET ${set} WHERE id = ${id}`;
    const ofJob = (set: string): string => `UPDATE job SET ${set} WHERE linkback_id = ${id}`;
    const ofAnnouncement = (set: string): string =>
      `UPDATE announcement SET ${set} WHERE linkback_id = ${id}`;
    const seen = "checked_at = 1, verified_at = 1, facts = '{}', excerpt = '{}'";

    const illegal: readonly (readonly [string, string])[] = [
      ['a refused linkback without a reason', ofLinkback("verification = 'refused', checked_at = 1")],
      ['a reason on a linkback that is not refused', ofLinkback("refusal = 'no-link'")],
      [
        'a reason that is none of ours',
        ofLinkback("verification = 'refused', checked_at = 1, refusal = 'because'"),
      ],
      ['a verification that is none of ours', ofLinkback("verification = 'maybe'")],
      ['a decision that is none of ours', ofLinkback("moderation = 'maybe'")],
      ['a type that is none of ours', ofLinkback("type = 'poke'")],
      ['a dialect that is none of ours', ofLinkback("protocol = 'gopher'")],
      ['showing what is not verified', ofLinkback("moderation = 'approved', is_public = 1")],
      ['showing what is not approved', ofLinkback(`verification = 'verified', ${seen}, is_public = 1`)],
      [
        'hiding what is verified and approved',
        ofLinkback(`verification = 'verified', ${seen}, moderation = 'approved'`),
      ],
      [
        'a verified linkback without facts',
        ofLinkback(`verification = 'verified', ${seen.replace("facts = '{}', ", '')}`),
      ],
      [
        'a verified linkback without an instant',
        ofLinkback("verification = 'verified', facts = '{}', excerpt = '{}'"),
      ],
      ['a gone linkback that never was verified', ofLinkback("verification = 'gone', checked_at = 1")],
      ['an instant of verification on what never was verified', ofLinkback(seen)],
      ['an instant before 1970', ofLinkback('received_at = -1')],
      ['a linkback without a source', ofLinkback("source = ''")],
      ['a source of 8193 characters', ofLinkback(`source = '${'x'.repeat(8193)}'`)],
      ['a half-truth', ofLinkback('is_public = 2')],
      ['a lease without a token', ofJob("state = 'leased', lease_until = 1")],
      ['a lease without an end', ofJob("state = 'leased', token = 't'")],
      ['a token on a job that is not leased', ofJob("token = 't'")],
      ['the end of a lease on a job that is not leased', ofJob('lease_until = 1')],
      ['a dead job with a lease', ofJob("state = 'dead', token = 't', lease_until = 1")],
      ['a look asked for meanwhile on a job that is not in hand', ofJob('again_at = 1')],
      ['a job in no known state', ofJob("state = 'tired'")],
      ['less than no attempts', ofJob('unfinished = -1')],
      ['less than no setbacks', ofJob('setbacks = -1')],
      [
        'a second job of one linkback',
        `INSERT INTO job (id, linkback_id, host, state, due_at, unfinished, setbacks, looks)
         VALUES ('j', ${id}, 'h', 'waiting', 1, 0, 0, 0)`,
      ],
      [
        'a job of no linkback',
        `INSERT INTO job (id, linkback_id, host, state, due_at, unfinished, setbacks, looks)
         VALUES ('j', 'nobody', 'h', 'waiting', 1, 0, 0, 0)`,
      ],
      ['a verification event in the words of moderation', event('verification', 'unverified', 'approved')],
      ['a moderation event in the words of verification', event('moderation', 'pending', 'verified')],
      ['going back to unverified', event('verification', 'verified', 'unverified')],
      ['a status id that can be guessed', ofAnnouncement("status_id = 'short'")],
      ['an announcement in no known dialect', ofAnnouncement("dialect = 'gopher'")],
      [
        'a token that is no digest',
        "INSERT INTO token (id, name, hash, created_at) VALUES ('t', 'n', 'secret', 1)",
      ],
      [
        'a look at a page that was no look',
        "INSERT INTO target_look (target_key, is_gone, expires_at) VALUES ('k', 7, 1)",
      ],
    ];

    it.each(illegal)('%s', async (_what, statement) => {
      await file({ newId: 'linkback-of-the-test' });
      await expect(opened.raw(statement)).rejects.toThrow(/constraint/iu);
    });

    it('nothing that is as it should be', async () => {
      await file({ newId: 'linkback-of-the-test' });
      await opened.raw(ofJob("state = 'leased', token = 't', lease_until = 1, again_at = 1"));
      await opened.raw(
        ofLinkback(`verification = 'verified', ${seen}, moderation = 'approved', is_public = 1`),
      );
      await opened.raw(ofLinkback("verification = 'gone', is_public = 0"));
      await opened.raw(event('verification', 'verified', 'gone'));
      await opened.raw(event('moderation', 'pending', 'approved').replace("'e'", "'f'"));
      expect(await store.events('linkback-of-the-test')).toHaveLength(2);
    });
  });
}

/** Settles as the worker does, at a site that holds everything. */
function settling(lease: Lease, outcome: Outcome, change: Partial<SettleContext> = {}) {
  return ({ linkback, hostIsApproved, now }: SettleBasis): Settlement =>
    settle(linkback, outcome, {
      now,
      hostIsApproved,
      progress: lease.progress,
      policy: 'hold-all',
      retryAt: () => now + minute,
      ...change,
    });
}

function total({ verification }: Awaited<ReturnType<Store['counts']>>): number {
  return Object.values(verification).reduce((sum, count) => sum + count, 0);
}

type ReadPage = (after: { readonly after?: string }) => ReturnType<Store['publicList']>;

/** Follows the cursors to the end, and gives the ids page by page. */
async function pagesOf(read: ReadPage): Promise<string[][]> {
  const pages: string[][] = [];
  let next: string | null = null;
  do {
    const page: Awaited<ReturnType<ReadPage>> = await read(next === null ? {} : { after: next });
    pages.push(page.items.map((each) => each.id));
    next = page.next;
  } while (next !== null);
  return pages;
}

function chunked(ids: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, at) =>
    ids.slice(at * size, (at + 1) * size),
  );
}
