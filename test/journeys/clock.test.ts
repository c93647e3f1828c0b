import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention, statusOf, type At } from '../support/announce.ts';
import { databaseIn, readRows } from '../support/database.ts';
import { startHere, type Here } from '../support/here.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isLong } from '../support/long.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const hour = 3_600_000;

let web: Web;
let target: string;

beforeEach(async () => {
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
});

afterEach(() => web.close());

/** Sends a webmention that is taken, and gives the address of its status page. */
async function promised(at: At, path: string): Promise<string> {
  const answer = await sendWebmention(at, web.url(path), target);
  expect(answer.status).toBe(201);
  return answer.headers.get('location') ?? '';
}

/** How often the linkback of a source was found verified, by its history. */
const timesVerified = (folder: string, path: string): number =>
  readRows(
    folder,
    `SELECT event.id FROM event JOIN linkback ON linkback.id = linkback_id
     WHERE machine = 'verification' AND to_state = 'verified' AND source = '${web.url(path)}'`,
  ).length;

describe('a clock that jumps while the service runs', () => {
  let here: Here;

  async function start(limits: Readonly<Record<string, string>> = {}): Promise<void> {
    const env = { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all', ...limits };
    here = await startHere(env, { hostRestMs: 0 });
  }

  afterEach(async () => {
    expect(findViolations(here.folder)).toEqual([]);
    await here.close();
  });

  it('an hour ahead has what is in hand verified once, however often it is looked at', async () => {
    await start();
    const letGo = web.hold('/entry');
    const status = await promised(here, '/entry');
    await web.waitForHit('/entry');
    here.pass(hour);
    // A ping looks for work at once: the lease of what is in hand has run out by this clock.
    web.page('/other', linkingPage(target));
    await statusOf(await promised(here, '/other'), 'verified');
    letGo();
    await statusOf(status, 'verified');
    await waitUntil(() => readRows(here.folder, 'SELECT id FROM job').length === 0);
    expect(timesVerified(here.folder, '/entry')).toBe(1);
  });

  it('an hour back keeps nobody waiting: neither what is in hand, nor new pings', async () => {
    await start();
    const letGo = web.hold('/entry');
    const status = await promised(here, '/entry');
    await web.waitForHit('/entry');
    here.pass(-hour);
    letGo();
    await statusOf(status, 'verified');
    web.page('/after', linkingPage(target));
    await statusOf(await promised(here, '/after'), 'verified');
    expect(timesVerified(here.folder, '/entry')).toBe(1);
  });

  it('an hour back has a sender who sent many pings wait minutes, not an hour', async () => {
    await start({ LIMITS: 'on', PINGS_PER_MINUTE: '3' });
    for (const path of ['/entry', '/two', '/three']) await promised(here, path);
    here.pass(-hour);
    // The limit on callers is the first that is asked, and then that on the source's host.
    for (let refusals = 0; refusals < 2; refusals += 1) {
      expect((await sendWebmention(here, web.url('/four'), target)).status).toBe(429);
      here.pass(60_000);
    }
    await promised(here, '/four');
  });

  it('an hour back keeps none waiting whose time has come to be looked at again', async () => {
    await start();
    await statusOf(await promised(here, '/entry'), 'verified');
    here.pass(-hour);
    const database = new Database(databaseIn(here.folder), { timeout: 5000 });
    database.exec('UPDATE linkback SET recheck_at = 1');
    database.close();
    await web.waitForHit('/entry', 2);
    await waitUntil(() => readRows(here.folder, 'SELECT id FROM job').length === 0);
  });
});

const fakers = ['/usr/lib', '/usr/local/lib']
  .flatMap((root) =>
    ['.', ...(existsSync(root) ? readdirSync(root) : [])].map((each) => join(root, each, 'faketime')),
  )
  .map((folder) => join(folder, 'libfaketimeMT.so.1'));
const faker = fakers.find((each) => existsSync(each));
if (isLong && faker === undefined)
  console.warn('SKIPPED: faketime is not installed, so no clock can be moved.');

describe.runIf(isLong && faker !== undefined)('a machine whose clock jumps', () => {
  let folder: string;
  let service: Service | undefined;

  beforeEach(() => {
    folder = makeFolder();
  });

  afterEach(async () => {
    await service?.close();
    removeFolder(folder);
  });

  const jumpTo = (offset: string): void => writeFileSync(join(folder, 'clock'), `${offset}\n`);

  async function start(): Promise<Service> {
    service = await startService({
      folder,
      env: {
        SITES: `blog=http://${web.host}/`,
        POLICY: 'hold-all',
        LD_PRELOAD: faker ?? '',
        FAKETIME_TIMESTAMP_FILE: join(folder, 'clock'),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    return service;
  }

  /** How far the clock of the service is ahead of ours, in hours. */
  async function hoursAhead({ get }: Service): Promise<number> {
    const date = (await get('/healthz')).headers.get('date') ?? '';
    return Math.round((Date.parse(date) - Date.now()) / hour) + 0;
  }

  it('ahead, back and back again has everything verified once, also over a kill', async () => {
    jumpTo('+0');
    let running = await start();
    expect(await hoursAhead(running)).toBe(0);
    let n = 0;
    /** Has a page in hand while something happens to the service, and sees to it that it is verified in time, once. */
    const across = async (happens: () => Promise<void>): Promise<void> => {
      n += 1;
      const path = `/across-${n}`;
      web.page(path, linkingPage(target));
      const letGo = web.hold(path);
      const status = await promised(running, path);
      await web.waitForHit(path);
      await happens();
      letGo();
      await statusOf(status.replace(/^http:\/\/[^/]+/u, running.url), 'verified');
      web.page(`/after-${n}`, linkingPage(target));
      await statusOf(await promised(running, `/after-${n}`), 'verified');
      expect(timesVerified(folder, path)).toBe(1);
      expect(timesVerified(folder, `/after-${n}`)).toBe(1);
    };
    for (const [offset, hours] of [
      ['+1h', 1],
      ['-1h', -1],
      ['+0', 0],
      ['-1h', -1],
    ] as const) {
      await across(async () => {
        jumpTo(offset);
        await waitUntil(async () => (await hoursAhead(running)) === hours, { what: `a clock at ${offset}` });
      });
    }
    // Killed with a lease that ends in an hour by the clock of the next start.
    jumpTo('+0');
    await across(async () => {
      await running.end('SIGKILL');
      jumpTo('-1h');
      running = await start();
    });
    expect(await running.end('SIGTERM')).toBe(0);
    expect(findViolations(folder)).toEqual([]);
    expect(readRows(folder, 'SELECT id FROM job')).toEqual([]);
  });
});
