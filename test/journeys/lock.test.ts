import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendTrackback, sendWebmention } from '../support/announce.ts';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, loadDialects, startLoad } from '../support/load.ts';
import { lockDatabase } from '../support/lock-database.ts';
import { ownerOf } from '../support/owner.ts';
import { runToEnd, defaults, startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { callMethod } from '../support/xml-rpc.ts';

const isLong = process.env['LINKBACKD_LONG'] === '1';
const timeout = isLong ? 600_000 : 60_000;
/** How long a write waits for the lock of another process before it gives up, in milliseconds. */
const patienceMs = 5000;
/** How long the lock is held that is too long for everybody. */
const tooLongMs = isLong ? 30_000 : patienceMs + 2500;
/** How long one is held that only makes things slow. */
const aWhileMs = isLong ? 3000 : 1000;

let folder: string;
let web: Web;
let target: string;
let services: Service[];

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
  services = [];
});

afterEach(async () => {
  await Promise.all(services.map((each) => each.close()));
  await web.close();
  removeFolder(folder);
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const service = await startService({
    folder,
    env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all', ...env },
  });
  services.push(service);
  return service;
}

type Stored = { readonly source: string; readonly verification: string };
const stored = (): Stored[] => readRows(folder, 'SELECT source, verification FROM linkback ORDER BY id');

const untilVerified = (count: number): Promise<true> =>
  waitUntil(() => stored().filter((each) => each.verification === 'verified').length === count, {
    what: `${count} verified linkbacks`,
    timeoutMs: 30_000,
    everyMs: 50,
  });

/** Does something again and again until so much time has passed, and gives what it came to each time. */
async function during<Result>(ms: number, act: () => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const until = performance.now() + ms; performance.now() < until;) results.push(await act());
  return results;
}

const readsOf = async (service: Service): Promise<number[]> => {
  const paths = [`/api/linkbacks?target=${encodeURIComponent(target)}`, '/healthz'];
  const answers = await Promise.all([
    ...paths.map((path) => service.get(path)),
    service.api('GET', '/api/moderation/linkbacks'),
  ]);
  await Promise.all(answers.map((each) => each.arrayBuffer()));
  return answers.map((each) => each.status);
};

const allWell = new Set([200]);

describe('a database that another program has locked', () => {
  it('for a while makes pings wait, and nothing else', { timeout }, async () => {
    const service = await start();
    const lock = await lockDatabase(databaseIn(folder));
    const waiting = loadDialects.map((dialect) => {
      const source = web.url(`/entry?${dialect}`);
      if (dialect === 'pingback') return service.ping(source, target);
      const fields = [['url', source]] as const;
      return dialect === 'webmention'
        ? sendWebmention(service, source, target).then((answer) => String(answer.status))
        : sendTrackback(service, target, fields).then((answer) => answer.text());
    });
    const reads = await during(aWhileMs, () => readsOf(service));
    expect(new Set(reads.flat())).toEqual(allWell);
    expect(stored()).toEqual([]);
    await lock.release();
    const [pingback, webmention, trackback] = await Promise.all(waiting);
    expect(pingback).toMatch(/^The pingback is verified/u);
    expect(webmention).toBe('201');
    expect(trackback).toContain('<error>0</error>');
    await untilVerified(3);
    expect(findViolations(folder)).toEqual([]);
  });

  it(
    'for too long has pings and decisions refused for now, and what is stored shown; nothing is lost or doubled',
    { timeout },
    async () => {
      const service = await start({ LOG_LEVEL: 'error' });
      expect(await service.ping(web.url('/entry?before'), target)).toMatch(/^The pingback is verified/u);
      const { id } = await ownerOf(service).find(web.url('/entry?before'));
      // In hand, with its verdict to come while nothing can be written.
      web.page('/slow', linkingPage(target));
      const letGo = web.hold('/slow');
      const inHand = await sendWebmention(service, web.url('/slow'), target);
      expect(inHand.status).toBe(201);
      await web.waitForHit('/slow');

      const lock = await lockDatabase(databaseIn(folder));
      letGo();
      let n = 0;
      const load = startLoad(service.url, 10, () => {
        n += 1;
        return { dialect: loadDialects[n % 3] ?? 'pingback', source: web.url(`/entry?n=${n}`), target };
      });
      const decision = service.api('PATCH', `/api/moderation/linkbacks/${id}`, { moderation: 'approved' });
      const ready = service.get('/readyz');
      const reads = await during(tooLongMs, () => readsOf(service));
      expect(new Set(reads.flat())).toEqual(allWell);
      expect(load.answers.length).toBeGreaterThanOrEqual(10);
      for (const answered of load.answers) {
        expect(isPositive(answered)).toBe(false);
        expect(answered.status).toBe(answered.ping.dialect === 'pingback' ? 200 : 503);
        expect(answered.body).toContain('try again later');
        expect(Number(answered.retryAfter)).toBeGreaterThan(0);
      }
      expect((await decision).status).toBe(503);
      expect((await ready).status).toBe(503);
      expect(await (await ready).json()).toEqual({ status: 'unavailable', database: 'slow' });
      const refused = load.answers.map((each) => each.ping.source);

      const stopped = load.stop();
      await lock.release();
      await stopped;
      expect((await service.get('/readyz')).status).toBe(200);
      const taken = load.answers.filter(isPositive).map((each) => each.ping.source);
      const expected = [web.url('/entry?before'), web.url('/slow'), ...taken].sort();
      expect(
        stored()
          .map((each) => each.source)
          .sort(),
      ).toEqual(expected);
      // What was refused may come again, as senders are told.
      for (const source of refused.slice(0, 3)) {
        const called = await callMethod(`${service.url}/pingback`, 'pingback.ping', source, target);
        expect(called.says).toMatch(/^The pingback is verified/u);
      }
      await untilVerified(expected.length + 3);
      expect(web.hits('/slow')).toHaveLength(1);
      expect(readRows(folder, "SELECT * FROM job WHERE unfinished > 0 OR state = 'leased'")).toEqual([]);
      expect(findViolations(folder)).toEqual([]);
      expect(await service.end('SIGTERM')).toBe(0);
    },
  );
});

describe('a database that a service has', () => {
  it(
    'can be written by commands beside it, for a moment each, and costs neither of them anything',
    { timeout },
    async () => {
      const service = await start();
      let n = 0;
      const load = startLoad(service.url, 10, () => {
        n += 1;
        return { dialect: loadDialects[n % 3] ?? 'pingback', source: web.url(`/entry?n=${n}`), target };
      });
      const beside = new Database(databaseIn(folder), { timeout: patienceMs });
      beside.exec('CREATE TABLE beside (n INTEGER)');
      let written = 0;
      await waitUntil(
        () => {
          beside.exec(`BEGIN IMMEDIATE; INSERT INTO beside VALUES (1); COMMIT`);
          written += 1;
          return written >= 50 && load.answers.length >= 100;
        },
        { what: '50 commands and 100 pings', everyMs: 5, timeoutMs: 30_000 },
      );
      await load.stop();
      expect(load.answers.filter((each) => !isPositive(each))).toEqual([]);
      expect(beside.prepare('SELECT count(*) FROM beside').pluck().get()).toBe(written);
      beside.exec('DROP TABLE beside');
      beside.close();
      expect(stored()).toHaveLength(load.answers.length);
      await untilVerified(load.answers.length);
      expect(findViolations(folder)).toEqual([]);
    },
  );

  it('is not served by a second one, and the first does not notice', { timeout }, async () => {
    const service = await start();
    const letGo = web.hold('/entry');
    const answer = service.ping(web.url('/entry'), target);
    await web.waitForHit('/entry');
    // Were it to start, it would void what the first has in hand.
    for (const { code, stderr } of await Promise.all([1, 2].map(() => runToEnd(defaults(folder))))) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/Another linkbackd is serving \S+ already\.\nStop it first/u);
    }
    expect(readRows(folder, 'SELECT state FROM job')).toEqual([{ state: 'leased' }]);
    letGo();
    expect(await answer).toMatch(/^The pingback is (?:verified|queued)/u);
    await untilVerified(1);
    expect(web.hits('/entry')).toHaveLength(1);
    expect(findViolations(folder)).toEqual([]);
    expect(await service.end('SIGKILL')).toBe('SIGKILL');
    // However the first one ended, the file is free.
    expect((await (await start()).get('/readyz')).status).toBe(200);
  });
});
