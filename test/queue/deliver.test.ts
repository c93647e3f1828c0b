import { dirname } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/linkback/unavailable.ts';
import type { Delivery } from '../../src/linkback/webhook.ts';
import { callBody } from '../../src/linkback/webhook-call.ts';
import {
  callLeaseMs,
  logLifeMs,
  makeDeliverer,
  maxCallsInHand,
  type Deliverer,
  type DelivererOptions,
  type Send,
  type Sent,
} from '../../src/queue/deliver.ts';
import { makeRetryAt, retryWaitsMs } from '../../src/queue/retry.ts';
import { buildPing } from '../support/build-ping.ts';
import { buildWebhook } from '../support/build-webhook.ts';
import { openSqliteStore, removeFolder, type OpenedSqlite } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';

const hour = 3_600_000;
const day = 24 * hour;
const ok: Sent = { kind: 'answer', status: 200 };

type Posted = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

let opened: OpenedSqlite;
let deliverers: Deliverer[];
let posted: Posted[];
let defects: { readonly what: string; readonly id: string | undefined }[];
/** What receivers answer, call by call; then 200. */
let answers: (Sent | Error)[];

beforeEach(async () => {
  [deliverers, posted, defects, answers] = [[], [], [], []];
  opened = await openSqliteStore(
    {},
    {
      tellCall: (event, { after }, at) => callBody(event, at, { id: after?.id }),
      promised: () => {
        for (const each of deliverers) each.wake();
      },
    },
  );
});

afterEach(async () => {
  await Promise.all(deliverers.map((each) => each.stop(0)));
  await opened.close();
  removeFolder(dirname(dirname(opened.file)));
});

const send: Send = async (url, posting) => {
  posted.push({ url: url.href, ...posting });
  const answer = answers.shift() ?? ok;
  if (answer instanceof Error) throw answer;
  return answer;
};

function start(change: Partial<DelivererOptions> = {}): Deliverer {
  const deliverer = makeDeliverer({
    store: opened.store,
    send,
    retryAt: makeRetryAt({ now: opened.clock.now, random: () => 0.5 }),
    now: opened.clock.now,
    log: {
      ended: () => undefined,
      defect: (what, _error, id) => defects.push({ what, id }),
    },
    ...change,
  });
  deliverers.push(deliverer);
  deliverer.start();
  return deliverer;
}

/** Lets time pass, and the deliverers see at once what is due by then. */
function pass(ms: number): void {
  opened.clock.advance(ms);
  for (const each of deliverers) each.wake();
}

const file = async (): Promise<string> =>
  (await opened.store.file(buildPing({ at: opened.clock.now() }))).linkbackId;
const log = async (webhookId = 'webhook-1'): Promise<readonly Delivery[]> =>
  (await opened.store.deliveries(webhookId, 100)).items;
const untilPosted = (count: number): Promise<true> =>
  waitUntil(() => posted.length >= count, { what: `call ${count}` });
const untilState = (state: Delivery['state'], count = 1): Promise<true> =>
  waitUntil(async () => (await log()).filter((each) => each.state === state).length >= count, {
    what: `${count} calls to be ${state}`,
  });

/** A receiver that lets every call wait until it is let go. */
function held() {
  const begun: { readonly url: string; readonly body: string; readonly letGo: (sent: Sent) => void }[] = [];
  let most = 0;
  let open = 0;
  const send: Send = (url, { body }, signal) =>
    new Promise((resolve, reject) => {
      open += 1;
      most = Math.max(most, open);
      const letGo = (sent: Sent): void => {
        open -= 1;
        resolve(sent);
      };
      begun.push({ url: url.href, body, letGo });
      signal.addEventListener('abort', () => reject(new Error('stopped', { cause: signal.reason })));
    });
  return {
    begun,
    send,
    most: () => most,
    untilBegun: (count: number) => waitUntil(() => begun.length >= count, { what: `${count} calls` }),
  };
}

describe('a call', () => {
  it('is made at once, and signed so that an independent library can tell', async () => {
    opened.clock.set(Date.now());
    const webhook = buildWebhook();
    await opened.store.saveWebhook(webhook);
    start();
    const id = await file();
    await untilState('delivered');
    const [call] = posted;
    if (call === undefined) throw new Error('there was no call');
    expect(call.url).toBe(webhook.url);
    expect(new Webhook(webhook.secret).verify(call.body, call.headers)).toEqual({
      type: 'linkback.received',
      timestamp: new Date(opened.clock.now()).toISOString(),
      data: { id },
    });
    const forged = () => new Webhook(webhook.secret).verify(`${call.body} `, call.headers);
    expect(forged).toThrow('No matching signature');
    expect(call.headers['content-type']).toBe('application/json');
    expect((await log())[0]).toMatchObject({
      id: call.headers['webhook-id'],
      status: 200,
      detail: 'HTTP status 200',
      attempts: 1,
    });
  });

  it('is woken, not found by looking again and again', async () => {
    await opened.store.saveWebhook(buildWebhook());
    start();
    const from = performance.now();
    for (let count = 1; count <= 10; count += 1) {
      await file();
      await untilPosted(count);
    }
    // Looking again and again would take a second each.
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it('is made again by the schedule, under the same id and with the time of the attempt, and then has failed', async () => {
    await opened.store.saveWebhook(buildWebhook());
    answers = Array<Sent>(20).fill({ kind: 'answer', status: 500 });
    start();
    await file();
    const began = opened.clock.now();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= retryWaitsMs.length; attempt += 1) {
      await untilPosted(attempt);
      await waitUntil(async () => (await log())[0]?.state === 'waiting');
      const [stored] = await log();
      expect(stored).toMatchObject({ attempts: attempt, status: 500, detail: 'HTTP status 500' });
      const wait = (stored?.dueAt ?? 0) - opened.clock.now();
      waits.push(wait);
      pass(wait);
    }
    expect(waits).toEqual(retryWaitsMs);
    await untilState('failed');
    expect(posted).toHaveLength(retryWaitsMs.length + 1);
    expect(new Set(posted.map((each) => each.headers['webhook-id'])).size).toBe(1);
    expect(new Set(posted.map((each) => each.body)).size).toBe(1);
    expect(posted.map((each) => Number(each.headers['webhook-timestamp']))).toEqual(
      [0, ...waits].map((_wait, at) =>
        Math.floor((began + waits.slice(0, at).reduce((sum, wait) => sum + wait, 0)) / 1000),
      ),
    );
  });

  it.each([
    ['a redirect', { kind: 'answer', status: 302 }],
    ['a refusal', { kind: 'answer', status: 400 }],
    ['an address that it may not talk to', { kind: 'unreachable', detail: 'it is at 127.0.0.1' }],
    ['a broken connection', { kind: 'trouble', detail: 'ECONNRESET' }],
  ] as const)('is tried again after %s', async (_what, answer) => {
    await opened.store.saveWebhook(buildWebhook());
    answers = [answer];
    start();
    await file();
    await waitUntil(async () => (await log())[0]?.attempts === 1 && (await log())[0]?.state === 'waiting');
    expect((await log())[0]).toMatchObject({ dueAt: opened.clock.now() + (retryWaitsMs[0] ?? 0) });
    pass(retryWaitsMs[0] ?? 0);
    await untilState('delivered');
    expect(posted).toHaveLength(2);
  });

  it('waits as long as its receiver asks for', async () => {
    await opened.store.saveWebhook(buildWebhook());
    answers = [{ kind: 'answer', status: 429, retryAfterMs: 3 * hour }];
    start();
    await file();
    await waitUntil(async () => (await log())[0]?.status === 429);
    expect((await log())[0]).toMatchObject({ state: 'waiting', dueAt: opened.clock.now() + 3 * hour });
  });

  it('switches its webhook off when the receiver is gone for good', async () => {
    await opened.store.saveWebhook(buildWebhook());
    answers = [{ kind: 'answer', status: 410 }];
    start();
    await file();
    await untilState('failed');
    expect(await opened.store.webhooks()).toEqual([buildWebhook({ isActive: false })]);
    await file();
    expect(posted).toHaveLength(1);
    expect(await log()).toHaveLength(1);
  });

  it('that meets a defect of ours is tried again, too, and logged', async () => {
    await opened.store.saveWebhook(buildWebhook());
    answers = [new TypeError('a bug')];
    start();
    await file();
    await waitUntil(async () => (await log())[0]?.detail === 'a defect of ours');
    expect(defects).toEqual([{ what: 'calling a webhook failed', id: (await log())[0]?.id }]);
    pass(retryWaitsMs[0] ?? 0);
    await untilState('delivered');
  });

  it('of another process is found within a second', async () => {
    await opened.store.saveWebhook(buildWebhook());
    start();
    await file();
    await untilState('delivered');
    await opened.raw(
      `INSERT INTO delivery (id, webhook_id, linkback_id, event, body, created_at, state, due_at, attempts)
       VALUES ('of-another', 'webhook-1', 'l', 'gone', '{}', 1, 'waiting', 1, 0)`,
    );
    await untilPosted(2);
    expect(posted[1]?.headers['webhook-id']).toBe('of-another');
  });
});

describe('calls to several webhooks', () => {
  it('are made beside one another, and those to one webhook one by one, in their order', async () => {
    const { begun, send, untilBegun } = held();
    for (const name of ['a', 'b']) {
      await opened.store.saveWebhook(buildWebhook({ id: name, url: `https://${name}.example/` }));
    }
    start({ send });
    await file();
    await untilBegun(2);
    const others = [await file(), await file()];
    expect(begun.map((each) => each.url).sort()).toEqual(['https://a.example/', 'https://b.example/']);
    const toA = () => begun.filter((each) => each.url === 'https://a.example/');
    for (let made = 1; made <= 3; made += 1) {
      await waitUntil(() => toA().length === made, { what: `call ${made} to a` });
      toA().at(-1)?.letGo(ok);
    }
    expect(
      toA()
        .slice(1)
        .map((each) => (JSON.parse(each.body) as { data: { id: string } }).data.id),
    ).toEqual(others);
    // The other one has not answered its first call all the while.
    expect(begun.filter((each) => each.url === 'https://b.example/')).toHaveLength(1);
  });

  it(`are made ${maxCallsInHand} at a time`, async () => {
    const { begun, send, most, untilBegun } = held();
    const names = Array.from({ length: maxCallsInHand + 3 }, (_, at) => `w${at + 10}`);
    for (const id of names)
      await opened.store.saveWebhook(buildWebhook({ id, url: `https://${id}.example/` }));
    start({ send });
    await file();
    await untilBegun(maxCallsInHand);
    for (let made = 0; made < names.length; made += 1) {
      await untilBegun(made + 1);
      begun[made]?.letGo(ok);
    }
    expect(most()).toBe(maxCallsInHand);
    expect(new Set(begun.map((each) => each.url)).size).toBe(names.length);
  });
});

describe('a deliverer that stops', () => {
  it('lets a call in hand end in time', async () => {
    const { begun, send, untilBegun } = held();
    await opened.store.saveWebhook(buildWebhook());
    const deliverer = start({ send });
    await file();
    await file();
    await untilBegun(1);
    const stopped = deliverer.stop(60_000);
    begun[0]?.letGo(ok);
    await stopped;
    expect((await log()).map(({ state }) => state)).toEqual(['waiting', 'delivered']);
    expect(begun).toHaveLength(1);
  });

  it('gives back what takes longer: it is made again under the same id, and has lost no attempt', async () => {
    const { send, untilBegun } = held();
    await opened.store.saveWebhook(buildWebhook());
    const deliverer = start({ send });
    await file();
    await untilBegun(1);
    await deliverer.stop(0);
    const [given] = await log();
    expect(given).toMatchObject({ state: 'waiting', attempts: 0, detail: 'the service stopped meanwhile' });
    start();
    await untilState('delivered');
    expect(posted[0]?.headers['webhook-id']).toBe(given?.id);
  });
});

describe('a deliverer whose process ends', () => {
  it('has its calls made by another, under the same id, when their leases run out', async () => {
    const { send, untilBegun } = held();
    await opened.store.saveWebhook(buildWebhook());
    start({ send });
    await file();
    await untilBegun(1);
    start();
    pass(callLeaseMs);
    await untilState('delivered');
    expect(posted[0]?.headers['webhook-id']).toBe((await log())[0]?.id);
    expect((await log())[0]).toMatchObject({ attempts: 2 });
  });

  it('does not have a call made for ever that never comes to an end', async () => {
    await opened.store.saveWebhook(buildWebhook());
    await file();
    await opened.raw('UPDATE delivery SET attempts = 10');
    start();
    await untilState('failed');
    expect(posted).toEqual([]);
    expect((await log())[0]).toMatchObject({ detail: '10 attempts did not end' });
  });
});

describe('a deliverer whose store fails', () => {
  it('goes on when it works again', async () => {
    let isBroken = true;
    await opened.store.saveWebhook(buildWebhook());
    await file();
    start({
      store: {
        ...opened.store,
        claimDeliveries: (claim) => {
          if (!isBroken) return opened.store.claimDeliveries(claim);
          isBroken = false;
          throw new Unavailable('the disk is full');
        },
      },
    });
    await untilState('delivered');
    expect(defects).toEqual([{ what: 'claiming calls to webhooks failed', id: undefined }]);
  });

  it('makes a call again whose end could not be written down', async () => {
    let isBroken = true;
    await opened.store.saveWebhook(buildWebhook());
    await file();
    start({
      store: {
        ...opened.store,
        finishDelivery: async (lease, end) => {
          if (!isBroken) return opened.store.finishDelivery(lease, end);
          isBroken = false;
          throw new Unavailable('the disk is full');
        },
      },
    });
    await waitUntil(() => defects.length === 1);
    pass(callLeaseMs);
    await untilState('delivered');
    expect(posted.map((each) => each.headers['webhook-id'])).toEqual(Array(2).fill((await log())[0]?.id));
  });
});

describe('the log of deliveries', () => {
  it('forgets what ended thirty days ago', async () => {
    expect(logLifeMs).toBe(30 * day);
    await opened.store.saveWebhook(buildWebhook());
    start();
    await file();
    await untilState('delivered');
    pass(30 * day - 1);
    await file();
    await untilState('delivered', 2);
    pass(2 * hour);
    await waitUntil(async () => (await log()).length === 1, { what: 'the old call to be forgotten' });
  });
});
