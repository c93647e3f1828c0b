import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention } from '../support/announce.ts';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, startLoad } from '../support/load.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const isLong = process.env['LINKBACKD_LONG'] === '1';
const timeout = 120_000;
/** Files and sockets that the service may have open at once. */
const descriptors = 128;
const crowd = 200;

let folder: string;
let web: Web;
let target: string;
let service: Service;
let idle: Socket[];

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
  idle = [];
  service = await startService({
    folder,
    env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all', LOG_LEVEL: 'warn' },
    through: ['sh', '-c', 'ulimit -n "$1"; shift; exec "$@"', 'sh', String(descriptors)],
  });
});

afterEach(async () => {
  for (const socket of idle) socket.destroy();
  await service.close();
  await web.close();
  removeFolder(folder);
});

/** Makes every job due now, beside the running service. */
function letTimePass(): void {
  const database = new Database(databaseIn(folder), { timeout: 5000 });
  database.exec("UPDATE job SET due_at = 1 WHERE state = 'waiting'");
  database.close();
}

/** Connects so many callers who then say nothing, and waits until all have got through or were turned away. */
async function crowdIn(count: number): Promise<void> {
  const { hostname, port } = new URL(service.url);
  idle = Array.from({ length: count }, () => connect(Number(port), hostname).on('error', () => undefined));
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
}

const openDescriptors = (): number => readdirSync(`/proc/${service.pid}/fd`).length;
/** Sends a ping over a connection of its own: one that stands already goes on being served. */
const ping = (n: number): Promise<Response> =>
  sendWebmention(service, web.url(`/entry?n=${n}`), target, { connection: 'close' });

async function isTurnedAway(): Promise<boolean> {
  const { status, headers } = await ping(0);
  return status === 503 && Number(headers.get('retry-after')) > 0;
}

const verified = (): number =>
  readRows(folder, "SELECT id FROM linkback WHERE verification = 'verified'").length;

const untilVerified = (count: number): Promise<true> =>
  waitUntil(() => verified() === count, {
    what: `${count} verified linkbacks`,
    timeoutMs: 30_000,
    everyMs: 50,
  });

describe('a service that may have few files and sockets open', () => {
  it(
    'tells newcomers to come back while silent callers crowd it, does its work, and recovers by itself',
    { timeout },
    async () => {
      const letGo = web.hold('/entry');
      const before = [await ping(1), await ping(2)];
      expect(before.map((each) => each.status)).toEqual([201, 201]);
      await web.waitForHit('/entry', 2);

      await crowdIn(crowd);
      await waitUntil(isTurnedAway, { what: 'newcomers to be turned away' });
      expect(openDescriptors()).toBeLessThan(descriptors);
      letGo();
      await untilVerified(2);
      expect(await isTurnedAway()).toBe(true);
      expect(service.output().stderr).toContain('too many callers at once');

      // They leave; in the long run they do not, and are hung up on.
      if (!isLong) for (const socket of idle) socket.destroy();
      await waitUntil(async () => (await ping(3)).status === 201, {
        what: 'callers to be heard again',
        timeoutMs: 30_000,
        everyMs: 200,
      });
      await untilVerified(3);
      expect(findViolations(folder)).toEqual([]);
      expect(await service.end('SIGTERM')).toBe(0);
    },
  );

  it('answers more callers than it has room for, and keeps what it promised', { timeout }, async () => {
    let n = 0;
    const load = startLoad(service.url, crowd, () => {
      n += 1;
      return n > 600 ? undefined : { dialect: 'webmention', source: web.url(`/entry?n=${n}`), target };
    });
    await load.over;
    expect(load.answers.filter(({ status }) => status !== 201 && status !== 503)).toEqual([]);
    const promised = load.answers.filter(isPositive).map((each) => each.ping.source);
    expect(promised.length).toBeGreaterThan(40);
    // The others heard 503, or were hung up on before they could hear it.
    expect(promised.length).toBeLessThan(600);
    await waitUntil(
      () => {
        // Fetches for which there was no socket are tried again in a minute: let it pass.
        letTimePass();
        return verified() === promised.length;
      },
      { what: 'all to be verified', timeoutMs: 60_000, everyMs: 500 },
    );
    const stored = readRows<{ source: string }>(folder, 'SELECT source FROM linkback');
    expect(stored.map((each) => each.source).sort()).toEqual(promised.sort());
    expect((await ping(1000)).status).toBe(201);
    expect(findViolations(folder)).toEqual([]);
    expect(await service.end('SIGTERM')).toBe(0);
  });
});
