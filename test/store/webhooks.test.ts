import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KyselyPlugin } from 'kysely';
import { noteChanges } from '../../src/store/noting.ts';
import { promiseCalls } from '../../src/store/promised-calls.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';
import { makeWebhookHint } from '../../src/store/webhooks.ts';
import { webhookStoreSuite } from '../conformance/webhook-store.ts';
import { buildLinkback } from '../support/build-linkback.ts';
import { buildPing } from '../support/build-ping.ts';
import { buildWebhook } from '../support/build-webhook.ts';
import { makeIds } from '../support/clock.ts';
import { migrations, openSqliteStore, removeFolder, type OpenedSqlite } from '../support/sqlite-store.ts';

webhookStoreSuite('the store on SQLite', (telling) => openSqliteStore({}, telling));

let opened: OpenedSqlite;

beforeEach(async () => {
  opened = await openSqliteStore({}, { tellCall: (event) => JSON.stringify({ event }) });
});

afterEach(async () => {
  await opened.close();
  removeFolder(dirname(dirname(opened.file)));
});

const leaseMs = 60_000;

describe('a service without webhooks', () => {
  it('asks for them seldom, however much happens', async () => {
    let asked = 0;
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        asked += 1;
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const hint = makeWebhookHint(opened.clock.now);
    const db = opened.engine.db.withPlugin(counting);
    for (let times = 0; times < 1000; times += 1) expect(await hint.isAny(db)).toBe(false);
    expect(asked).toBe(1);
    opened.clock.advance(30_000);
    await hint.isAny(db);
    expect(asked).toBe(2);
    // A clock that is set back must not make it wait until then.
    opened.clock.advance(-3_600_000);
    await hint.isAny(db);
    expect(asked).toBe(3);
  });

  it('does not believe an answer that a change overtook', async () => {
    const hint = makeWebhookHint(opened.clock.now);
    const answer = hint.isAny(opened.engine.db);
    await opened.store.saveWebhook(buildWebhook());
    hint.forget();
    await answer;
    expect(await hint.isAny(opened.engine.db)).toBe(true);
  });
});

describe('a unit of writing with many changes', () => {
  it('promises a call for each of them', async () => {
    await opened.store.saveWebhook(buildWebhook());
    await opened.store.saveWebhook(buildWebhook({ id: 'webhook-2' }));
    const promising = {
      hint: makeWebhookHint(opened.clock.now),
      tell: (event: string) => event,
      now: opened.clock.now,
      newId: makeIds('call'),
    };
    const noting = noteChanges(opened.engine, {
      tell: () => undefined,
      promise: (db, changes) => promiseCalls(db, changes, promising),
      promised: () => undefined,
    });
    await noting.write(async (_db, note) => {
      for (let count = 0; count < 333; count += 1) {
        const before = buildLinkback({ id: `linkback-${count}` });
        note({ before, after: { ...before, moderation: 'spam' } });
      }
    });
    for (const id of ['webhook-1', 'webhook-2']) {
      const { items } = await opened.store.deliveries(id, 1000);
      expect(new Set(items.map(({ linkbackId }) => linkbackId)).size).toBe(333);
    }
  });

  it('tells of a linkback once, from how it was before to how it is afterwards', async () => {
    const heard: unknown[] = [];
    const noting = noteChanges(opened.engine, {
      tell: (change) => heard.push(change),
      promise: async () => false,
      promised: () => undefined,
    });
    const [first, second, third] = ['pending', 'approved', 'spam'] as const;
    const one = buildLinkback({ id: 'one', moderation: first });
    await noting.write(async (_db, note) => {
      note({ before: one, after: { ...one, moderation: second } });
      note({ before: null, after: buildLinkback({ id: 'two' }) });
      note({ before: { ...one, moderation: second }, after: { ...one, moderation: third } });
      note({ before: buildLinkback({ id: 'two' }), after: null });
    });
    expect(heard).toEqual([{ before: one, after: { ...one, moderation: third } }]);
  });
});

describe('a service that starts again', () => {
  it('makes the calls that an earlier one had in hand, under the same ids', async () => {
    await opened.store.saveWebhook(buildWebhook());
    await opened.store.file(buildPing());
    opened.clock.advance(1000);
    const claim = { limit: 8, leaseMs, busyWebhooks: [] };
    const [lost] = await opened.store.claimDeliveries(claim);
    await opened.store.close();
    const engine = openSqlite({ file: opened.file, migrations, isService: true });
    const store = makeStore(engine, { now: opened.clock.now, newId: makeIds('later') });
    opened = { ...opened, store, close: store.close };
    const [lease] = await store.claimDeliveries(claim);
    expect(lease).toMatchObject({ id: lost?.id, body: lost?.body, attempts: 2 });
    expect(lease?.token).not.toBe(lost?.token);
  });
});
