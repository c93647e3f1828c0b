import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Moderation } from '../../src/linkback/linkback.ts';
import { settle } from '../../src/linkback/settle.ts';
import type { Store } from '../../src/linkback/store.ts';
import type { Outcome } from '../../src/linkback/verdict.ts';
import type { Delivery, DeliveryLease, TellCall } from '../../src/linkback/webhook.ts';
import { buildFound } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import { buildWebhook } from '../support/build-webhook.ts';
import type { Clock } from '../support/clock.ts';
import { decideOn } from '../support/owner.ts';
import type { OpenedStore } from './store.ts';

const second = 1000;
const minute = 60 * second;
const leaseMs = minute;

/** What a store is told to tell, and whom to tell of it. */
export type Telling = { readonly tellCall: TellCall; readonly promised: () => void };

/** What every store promises to whoever is told of changes. */
export function webhookStoreSuite(name: string, open: (telling: Telling) => Promise<OpenedStore>): void {
  let opened: OpenedStore;
  let store: Store;
  let clock: Clock;
  let promised: number;

  beforeEach(async () => {
    promised = 0;
    opened = await open({
      tellCall: (event, { before, after }, at) =>
        JSON.stringify({ event, at, target: (after ?? before)?.target, title: after?.facts?.title }),
      promised: () => void (promised += 1),
    });
    ({ store, clock } = opened);
  });

  afterEach(async () => {
    await opened.close();
  });

  const file = async (change: Parameters<typeof buildPing>[0] = {}): Promise<string> =>
    (await store.file(buildPing({ at: clock.now(), ...change }))).linkbackId;

  const look = async (outcome: Outcome): Promise<void> => {
    for (const lease of await store.claim({ limit: 100, leaseMs, busyHosts: 'ignore' })) {
      const context = { progress: lease.progress, policy: 'hold-all', retryAt: () => undefined } as const;
      await store.finish(lease, ({ linkback, hostIsApproved, now }) =>
        settle(linkback, outcome, { ...context, now, hostIsApproved }),
      );
    }
  };

  const decided = async (id: string, moderation: Moderation): Promise<void> => {
    await decideOn(store, id, moderation);
  };

  const log = async (webhookId = 'webhook-1'): Promise<readonly Delivery[]> =>
    (await store.deliveries(webhookId, 100)).items;
  const events = async (webhookId?: string): Promise<string[]> =>
    (await log(webhookId)).map((each) => each.event).reverse();

  const claim = (
    change: { readonly limit?: number; readonly busyWebhooks?: readonly string[] } = {},
  ): Promise<readonly DeliveryLease[]> =>
    store.claimDeliveries({ limit: 8, leaseMs, busyWebhooks: [], ...change });
  const claimOne = async (): Promise<DeliveryLease> => {
    const [lease, ...more] = await claim();
    if (lease === undefined || more.length > 0)
      throw new Error(`${more.length + Number(!!lease)} calls, not one`);
    return lease;
  };
  const delivered = { state: 'delivered', status: 204, detail: 'HTTP status 204' } as const;
  const failed = { state: 'failed', status: 500, detail: 'HTTP status 500' } as const;

  describe(`${name}: webhooks`, () => {
    it('are kept as they are given, the oldest first, and changed and forgotten by their id', async () => {
      const [one, two] = [buildWebhook(), buildWebhook({ id: 'webhook-2', site: 'blog', events: ['gone'] })];
      await store.saveWebhook(two);
      await store.saveWebhook(one);
      expect(await store.webhooks()).toEqual([one, two]);
      const changed = buildWebhook({ url: 'https://other.example/', isActive: false, events: [] });
      await store.saveWebhook(changed);
      expect(await store.deleteWebhook('webhook-2')).toBe(true);
      expect(await store.deleteWebhook('webhook-2')).toBe(false);
      expect(await store.webhooks()).toEqual([changed]);
    });

    it('are told of nothing that happened before they were there', async () => {
      await file();
      await store.saveWebhook(buildWebhook());
      expect(await log()).toEqual([]);
      expect(promised).toBe(0);
    });

    it('take their log with them', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      await store.deleteWebhook('webhook-1');
      await file();
      await store.saveWebhook(buildWebhook());
      expect(await log()).toEqual([]);
    });
  });

  describe(`${name}: what is promised to webhooks`, () => {
    it('is one call for each thing that happens, in its order, with the words of its moment', async () => {
      await store.saveWebhook(buildWebhook());
      const id = await file();
      await look(buildFound());
      clock.advance(second);
      await decided(id, 'approved');
      expect(await events()).toEqual(['received', 'verified', 'decided', 'published']);
      const all = await log();
      expect(all.map((each) => each.linkbackId)).toEqual([id, id, id, id]);
      expect(JSON.parse(all[3]?.body ?? '')).toEqual({
        event: 'received',
        at: clock.now() - second,
        target: 'https://blog.example/post',
      });
      expect(JSON.parse(all[0]?.body ?? '')).toMatchObject({ event: 'published', title: 'A title' });
      expect(all[0]).toMatchObject({
        webhookId: 'webhook-1',
        state: 'waiting',
        attempts: 0,
        dueAt: clock.now(),
        createdAt: clock.now(),
        endedAt: null,
        status: null,
        detail: null,
      });
      expect(promised).toBe(3);
    });

    it('is what a webhook asked for, of its own site, while it is switched on', async () => {
      await store.saveWebhook(buildWebhook({ id: 'all' }));
      await store.saveWebhook(buildWebhook({ id: 'off', isActive: false }));
      await store.saveWebhook(buildWebhook({ id: 'foreign', site: 'notes' }));
      await store.saveWebhook(buildWebhook({ id: 'own', site: 'blog', events: ['verified'] }));
      await file();
      await look(buildFound());
      expect(await events('all')).toEqual(['received', 'verified']);
      expect(await events('off')).toEqual([]);
      expect(await events('foreign')).toEqual([]);
      expect(await events('own')).toEqual(['verified']);
    });

    it('is nothing when nothing changes', async () => {
      await store.saveWebhook(buildWebhook());
      const id = await file();
      await decided(id, 'pending');
      expect(await events()).toEqual(['received']);
      expect(promised).toBe(1);
    });

    it('is nothing of what was undone', async () => {
      await store.saveWebhook(buildWebhook());
      const id = await file();
      await look(buildFound());
      await opened.raw(
        "INSERT INTO publication (serial, public_at, withdrawn_at, site, target, target_key) VALUES (1, 1, 1, 's', 't', 'k')",
      );
      await expect(decided(id, 'approved')).rejects.toThrow(/constraint/iu);
      expect(await events()).toEqual(['received', 'verified']);
    });

    it('names the page under which a linkback is filed in the end', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      const filing = {
        source: 'https://source.example/a',
        target: 'https://blog.example/real#part',
        targetKey: 'the real page',
        pairKey: 'the real pair',
      };
      await look(buildFound({ filing }));
      const [verified, received] = await log();
      expect(verified).toMatchObject({ event: 'verified' });
      expect(JSON.parse(verified?.body ?? '')).toMatchObject({ target: filing.target });
      expect(JSON.parse(received?.body ?? '')).toMatchObject({ target: 'https://blog.example/post' });
    });

    it('holds for webhooks of another process, a little later', async () => {
      await file();
      await opened.raw(
        "INSERT INTO webhook (id, url, secret, events, is_active, created_at) VALUES ('webhook-1', 'https://r.example/', 'a secret of another process', '[\"received\"]', 1, 1)",
      );
      clock.advance(30 * second);
      await file();
      expect(await events()).toEqual(['received']);
      await opened.raw("DELETE FROM webhook WHERE id = 'webhook-1'");
      // Nobody said that it is gone: pings are taken all the same.
      await file();
    });
  });

  describe(`${name}: erasing a linkback`, () => {
    it('forgets what was told of it and what would have been, and says only that it was withdrawn', async () => {
      await store.saveWebhook(buildWebhook());
      const id = await file();
      await look(buildFound());
      await decided(id, 'approved');
      await store.finishDelivery(await claimOne(), delivered);
      const other = await file();
      expect(await store.erase(id)).toBe(true);
      const left = await log();
      expect(left.map(({ event, linkbackId }) => [event, linkbackId])).toEqual([
        ['withdrawn', id],
        ['received', other],
      ]);
    });

    it('is not told when nobody could see the linkback', async () => {
      await store.saveWebhook(buildWebhook());
      await store.erase(await file());
      expect(await log()).toEqual([]);
    });

    it('ends a call that is in hand, and its replay', async () => {
      await store.saveWebhook(buildWebhook());
      const id = await file();
      const lease = await claimOne();
      await store.erase(id);
      expect(await store.finishDelivery(lease, delivered)).toBe(false);
      expect(await store.replay('webhook-1', lease.id)).toBe(false);
    });
  });

  describe(`${name}: making calls`, () => {
    it('leases the first call of each webhook, and counts the attempt', async () => {
      await store.saveWebhook(buildWebhook());
      await store.saveWebhook(buildWebhook({ id: 'webhook-2' }));
      const first = await file();
      clock.advance(second);
      await file();
      const leases = await claim();
      expect(leases.map(({ webhook, attempts }) => [webhook.id, attempts]).sort()).toEqual([
        ['webhook-1', 1],
        ['webhook-2', 1],
      ]);
      const [lease] = leases;
      expect(lease).toMatchObject({ event: 'received', createdAt: clock.now() - second });
      expect(lease?.webhook).toEqual(buildWebhook({ id: lease?.webhook.id ?? '' }));
      const stored = (await log()).find((each) => each.state === 'leased');
      expect(stored).toMatchObject({ linkbackId: first, attempts: 1 });
      expect(await claim()).toEqual([]);
    });

    it('keeps to the order of what happened, one call of a webhook at a time', async () => {
      await store.saveWebhook(buildWebhook());
      const id = await file();
      await look(buildFound());
      await decided(id, 'approved');
      const made: string[] = [];
      for (let calls = 0; calls < 4; calls += 1) {
        const lease = await claimOne();
        made.push(lease.event);
        expect(await store.finishDelivery(lease, delivered)).toBe(true);
      }
      expect(made).toEqual(['received', 'verified', 'decided', 'published']);
      expect(await claim()).toEqual([]);
      expect((await log()).map(({ state, status, endedAt }) => [state, status, endedAt])).toEqual(
        Array(4).fill(['delivered', 204, clock.now()]),
      );
    });

    it('leaves busy webhooks alone, and takes no more than it may', async () => {
      for (const id of ['a', 'b', 'c']) await store.saveWebhook(buildWebhook({ id }));
      await file();
      const leases = await claim({ limit: 1, busyWebhooks: ['a'] });
      expect(leases.map(({ webhook }) => webhook.id)).toEqual(['b']);
      expect((await claim()).map(({ webhook }) => webhook.id).sort()).toEqual(['a', 'c']);
    });

    it('takes what is due the longest first, so that no webhook is forgotten over others', async () => {
      await store.saveWebhook(buildWebhook({ id: 'busy' }));
      for (let count = 0; count < 3; count += 1) await file();
      await store.saveWebhook(buildWebhook({ id: 'late' }));
      clock.advance(second);
      await file();
      const order: string[] = [];
      for (let calls = 0; calls < 5; calls += 1) {
        const [lease] = await claim({ limit: 1 });
        if (lease === undefined) break;
        order.push(lease.webhook.id);
        await store.finishDelivery(lease, delivered);
      }
      expect(order.slice(0, 3)).toEqual(['busy', 'busy', 'busy']);
      expect(order.slice(3).sort()).toEqual(['busy', 'late']);
    });

    it('tries again when it was told to, under the same id and behind what has no trouble', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      const lease = await claimOne();
      const dueAt = clock.now() + minute;
      await store.finishDelivery(lease, { state: 'waiting', status: 500, detail: 'HTTP status 500', dueAt });
      expect((await log())[0]).toMatchObject({
        state: 'waiting',
        status: 500,
        attempts: 1,
        endedAt: null,
        dueAt,
      });
      expect(await store.nextDelivery([])).toBe(dueAt);
      expect(await claim()).toEqual([]);
      await file();
      const other = await claimOne();
      expect(other.id).not.toBe(lease.id);
      await store.finishDelivery(other, delivered);
      clock.advance(minute);
      expect(await claimOne()).toMatchObject({ id: lease.id, attempts: 2, body: lease.body });
    });

    it('does not count an attempt that was given back, and keeps its place', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      await file();
      const first = await claimOne();
      clock.advance(second);
      const end = { state: 'waiting', status: null, detail: 'stopping', isGivenBack: true } as const;
      await store.finishDelivery(first, end);
      expect(await claimOne()).toMatchObject({ id: first.id, attempts: 1 });
    });

    it('gives a call to another when its lease has run out, and takes no word from the first', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      const lost = await claimOne();
      expect(await store.nextDelivery([])).toBe(clock.now() + leaseMs);
      expect(await store.nextDelivery(['webhook-1'])).toBeUndefined();
      clock.advance(leaseMs);
      const taken = await claimOne();
      expect(taken).toMatchObject({ id: lost.id, attempts: 2 });
      expect(await store.finishDelivery(lost, delivered)).toBe(false);
      expect(await store.finishDelivery(taken, failed)).toBe(true);
      expect((await log())[0]).toMatchObject({ state: 'failed', status: 500 });
      expect(await store.finishDelivery(taken, delivered)).toBe(false);
    });

    it('says when the next call is due, but not of busy webhooks nor of those that are off', async () => {
      expect(await store.nextDelivery([])).toBeUndefined();
      await store.saveWebhook(buildWebhook());
      await store.saveWebhook(buildWebhook({ id: 'webhook-2' }));
      await file();
      expect(await store.nextDelivery([])).toBe(clock.now());
      expect(await store.nextDelivery(['webhook-1', 'webhook-2'])).toBeUndefined();
      await store.saveWebhook(buildWebhook({ isActive: false }));
      expect(await store.nextDelivery(['webhook-2'])).toBeUndefined();
    });
  });

  describe(`${name}: a webhook that is switched off`, () => {
    it('has nothing waiting any more, and keeps its log', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      await store.saveWebhook(buildWebhook({ isActive: false }));
      expect((await log())[0]).toMatchObject({
        state: 'failed',
        endedAt: clock.now(),
        detail: 'the webhook is switched off',
      });
      await store.saveWebhook(buildWebhook());
      expect(await claim()).toEqual([]);
    });

    it('is so when its receiver is gone for good, with all that waits', async () => {
      await store.saveWebhook(buildWebhook());
      await store.saveWebhook(buildWebhook({ id: 'webhook-2' }));
      await file();
      await file();
      const lease = (await claim()).find(({ webhook }) => webhook.id === 'webhook-1');
      if (lease === undefined) throw new Error('it was not claimed');
      await store.finishDelivery(lease, { state: 'failed', status: 410, detail: 'gone', switchesOff: true });
      expect((await store.webhooks()).map(({ id, isActive }) => [id, isActive])).toEqual([
        ['webhook-1', false],
        ['webhook-2', true],
      ]);
      expect((await log()).map(({ state, status }) => [state, status])).toEqual([
        ['failed', null],
        ['failed', 410],
      ]);
      await file();
      expect(await log()).toHaveLength(2);
      expect(await events('webhook-2')).toHaveLength(3);
    });

    it('does not get back what was in hand meanwhile', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      const lease = await claimOne();
      await store.saveWebhook(buildWebhook({ isActive: false }));
      const dueAt = clock.now() + minute;
      await store.finishDelivery(lease, { state: 'waiting', status: 500, detail: 'trouble', dueAt });
      expect((await log())[0]).toMatchObject({ state: 'failed' });
    });
  });

  describe(`${name}: the log of a webhook`, () => {
    it('is read in pages, the newest first', async () => {
      await store.saveWebhook(buildWebhook());
      for (let count = 0; count < 5; count += 1) await file();
      const all = (await log()).map(({ id }) => id);
      const first = await store.deliveries('webhook-1', 2);
      const second = await store.deliveries('webhook-1', 2, first.next ?? '');
      const third = await store.deliveries('webhook-1', 2, second.next ?? '');
      expect([first, second, third].map(({ items }) => items.map(({ id }) => id))).toEqual([
        all.slice(0, 2),
        all.slice(2, 4),
        all.slice(4),
      ]);
      expect(third.next).toBeNull();
      expect(await store.deliveries('webhook-2', 2)).toEqual({ items: [], next: null });
    });

    it('forgets what ended long ago, and never what waits', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      await file();
      await store.finishDelivery(await claimOne(), delivered);
      clock.advance(minute);
      expect(await store.forgetDeliveries(clock.now() - minute)).toBe(0);
      expect(await store.forgetDeliveries(clock.now())).toBe(1);
      expect((await log()).map(({ state }) => state)).toEqual(['waiting']);
    });

    it('has what was sent, sent once more under the same id', async () => {
      await store.saveWebhook(buildWebhook());
      await file();
      const lease = await claimOne();
      await store.finishDelivery(lease, failed);
      const before = promised;
      expect(await store.replay('webhook-2', lease.id)).toBe(false);
      expect(await store.replay('webhook-1', 'another')).toBe(false);
      expect(promised).toBe(before);
      expect(await store.replay('webhook-1', lease.id)).toBe(true);
      expect(promised).toBe(before + 1);
      expect(await claimOne()).toMatchObject({ id: lease.id, body: lease.body, attempts: 1 });
      expect(await store.replay('webhook-1', lease.id)).toBe(true);
      expect(await claim()).toEqual([]);
    });

    it('lists a test, which tells of no linkback', async () => {
      expect(await store.promiseTest('webhook-1', 'test-1', '{}')).toBe(false);
      await store.saveWebhook(buildWebhook({ events: [] }));
      expect(await store.promiseTest('webhook-1', 'test-1', '{}')).toBe(true);
      expect(await log()).toMatchObject([{ id: 'test-1', event: 'test', linkbackId: null, body: '{}' }]);
      await store.saveWebhook(buildWebhook({ isActive: false }));
      expect(await store.promiseTest('webhook-1', 'test-2', '{}')).toBe(false);
    });
  });
}
