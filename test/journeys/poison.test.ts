import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

let folder: string;
let web: Web;
let target: string;
let service: Service | undefined;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/poison', linkingPage(target));
});

afterEach(async () => {
  await service?.close();
  await web.close();
  removeFolder(folder);
});

async function start(): Promise<Service> {
  const env = { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all', ANSWER_WITHIN_MS: '60000' };
  service = await startService({ folder, env });
  return service;
}

/** Has the process end in the middle of its nth look at the source. */
async function dieDuringLook(running: Service, n: number): Promise<void> {
  await web.waitForHit('/poison', n);
  expect(await running.end('SIGKILL')).toBe('SIGKILL');
}

type Job = { readonly state: string; readonly unfinished: number };
const jobs = (): Job[] => readRows(folder, 'SELECT state, unfinished FROM job');

describe('a source that ends the process whenever it is read', () => {
  it('is given up after three times, and the service stays up', async () => {
    const letGo = web.hold('/poison');
    const source = web.url('/poison');
    let running = await start();
    const unanswered = running.ping(source, target).catch(() => 'nothing');
    await dieDuringLook(running, 1);
    expect(await unanswered).toBe('nothing');
    for (const n of [2, 3]) await dieDuringLook(await start(), n);
    expect(jobs()).toEqual([{ state: 'leased', unfinished: 3 }]);

    running = await start();
    await waitUntil(() => jobs()[0]?.state === 'dead', { what: 'the job to be parked' });
    expect(web.hits('/poison')).toHaveLength(3);
    expect((await running.get('/readyz')).status).toBe(200);
    expect(findViolations(folder)).toEqual([]);

    const owner = ownerOf(running);
    const { id } = await owner.find(source);
    const detail = await owner.detail(id);
    expect(detail).toMatchObject({
      verification: 'refused',
      refusal: { reason: 'our-fault' },
      job: { state: 'dead' },
    });
    expect(detail.attempts.map((each) => each.detail)).toEqual([
      '3 attempts ended without a result; the job is parked',
    ]);
    expect(await running.ping(source, target)).toMatch(/^fault 0: Something went wrong/u);
    expect(jobs()).toMatchObject([{ state: 'dead' }]);

    letGo();
    expect((await running.api('POST', `/api/moderation/linkbacks/${id}/verify`)).status).toBe(202);
    await waitUntil(() => jobs().length === 0, { what: 'the revived job to be done' });
    expect(await owner.find(source)).toMatchObject({ verification: 'verified', refusal: null });
    expect(await running.ping(source, target)).toMatch(/^fault 48/u);
    expect(await running.end('SIGTERM')).toBe(0);
    expect(findViolations(folder)).toEqual([]);
  });

  it('does not take down with it those that were in hand beside it', async () => {
    web.page('/innocent', linkingPage(target));
    const letPoisonGo = web.hold('/poison');
    const letInnocentGo = web.hold('/innocent');
    let running = await start();
    for (const path of ['/innocent', '/poison'])
      void running.ping(web.url(path), target).catch(() => undefined);
    await web.waitForHit('/innocent', 1);
    await dieDuringLook(running, 1);
    letInnocentGo();
    for (const n of [2, 3]) await dieDuringLook(await start(), n);
    running = await start();
    const owner = ownerOf(running);
    await waitUntil(async () => (await owner.find(web.url('/poison'))).verification === 'refused');
    expect(await owner.find(web.url('/innocent'))).toMatchObject({ verification: 'verified' });
    letPoisonGo();
  });

  it('is read like any other when the third try goes well', async () => {
    const letGo = web.hold('/poison');
    const running = await start();
    void running.ping(web.url('/poison'), target).catch(() => undefined);
    await dieDuringLook(running, 1);
    await dieDuringLook(await start(), 2);
    letGo();
    await start();
    await waitUntil(() => jobs().length === 0, { what: 'the job to be done' });
    expect(readRows(folder, 'SELECT verification FROM linkback')).toEqual([{ verification: 'verified' }]);
    expect(findViolations(folder)).toEqual([]);
  });
});
