import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, startLoad } from '../support/load.ts';
import { isLong } from '../support/long.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { misbehaviours, onRequest, startRaw, startWeb, type RawWeb, type Web } from '../support/web.ts';
import Database from 'better-sqlite3';

const rounds = isLong ? 1000 : 40;
const timeout = isLong ? 600_000 : 90_000;

const kinds = [
  'resets before a word',
  'hangs up without a word',
  'reset after headers',
  'reset mid-body',
  'content-length too long',
  'chunk size that is no number',
  'chunks without an end',
  'garbage instead of HTTP',
] as const;

let folder: string;
let web: Web;
let target: string;
let broken: RawWeb[];
let isMended: boolean;
let service: Service;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
  isMended = false;
  const page = linkingPage(target);
  const sound = `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`;
  broken = await Promise.all(
    kinds.map((kind) =>
      startRaw(
        onRequest((socket, request) => {
          if (isMended) socket.end(sound);
          else misbehaviours[kind](socket, request);
        }),
      ),
    ),
  );
  service = await startService({ folder, env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' } });
});

afterEach(async () => {
  await service.close();
  await Promise.all(broken.map((each) => each.close()));
  await web.close();
  removeFolder(folder);
});

const count = (where: string): number => readRows(folder, `SELECT id FROM linkback WHERE ${where}`).length;
const openSockets = (): number => broken.reduce((sum, each) => sum + each.connections().open, 0);
const openDescriptors = (): number => readdirSync(`/proc/${service.pid}/fd`).length;
const memoryMb = (): number =>
  Number(/^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]) / 1024;

async function promise(sources: readonly string[]): Promise<void> {
  let n = -1;
  const load = startLoad(service.url, 10, () => {
    const source = sources[(n += 1)];
    return source === undefined ? undefined : { dialect: 'webmention', source, target };
  });
  await load.over;
  expect(load.answers.filter(isPositive)).toHaveLength(sources.length);
}

/** Makes every job due now, beside the running service. */
function letTimePass(): void {
  const database = new Database(databaseIn(folder), { timeout: 5000 });
  database.exec("UPDATE job SET due_at = 1 WHERE state = 'waiting'");
  database.close();
}

describe('sources whose connections break', () => {
  it(
    `are tried again and leave nothing open, in ${rounds} rounds, and are verified once they are mended`,
    { timeout },
    async () => {
      // One sound page first, so that everything there is once is there.
      await promise([web.url('/entry?first')]);
      await waitUntil(() => count("verification = 'verified'") === 1, {
        what: 'a sound page to be verified',
      });
      const before = { descriptors: openDescriptors(), memory: memoryMb() };

      const sources = Array.from(
        { length: rounds },
        (_, n) => broken[n % broken.length]?.url(`/entry?n=${n}`) ?? '',
      );
      await promise(sources);
      await waitUntil(() => readRows(folder, 'SELECT DISTINCT linkback_id FROM attempt').length === rounds, {
        what: 'a look at each of them',
        timeoutMs: timeout / 2,
        everyMs: 50,
      });
      expect(count("verification = 'unverified'")).toBe(rounds);
      expect(readRows(folder, "SELECT id FROM job WHERE state = 'waiting' AND setbacks = 1")).toHaveLength(
        rounds,
      );
      await waitUntil(() => openSockets() === 0, { what: 'all sockets to be closed' });
      await waitUntil(() => openDescriptors() <= before.descriptors + 5, {
        what: 'all descriptors to be given back',
      });
      expect(memoryMb() - before.memory).toBeLessThan(150);
      expect(findViolations(folder)).toEqual([]);

      isMended = true;
      letTimePass();
      await waitUntil(() => count("verification = 'verified'") === rounds + 1, {
        what: 'all to be verified',
        timeoutMs: timeout / 2,
        everyMs: 50,
      });
      expect(findViolations(folder)).toEqual([]);
      expect(await service.end('SIGTERM')).toBe(0);
    },
  );
});

describe('a source whose TLS handshake never ends', () => {
  it('is tried again, and leaves nothing open', { timeout }, async () => {
    // It reads, for else it would not notice that it was left.
    const silent = await startRaw((socket) => void socket.resume());
    broken.push(silent);
    const sources = Array.from({ length: isLong ? 100 : 5 }, (_, n) => `https://${silent.host}/entry?n=${n}`);
    await promise(sources);
    await waitUntil(
      () =>
        readRows(folder, "SELECT id FROM job WHERE state = 'waiting' AND setbacks = 1").length ===
        sources.length,
      { what: 'a look at each of them', timeoutMs: timeout / 2, everyMs: 50 },
    );
    await waitUntil(() => silent.connections().open === 0, { what: 'all sockets to be closed' });
    expect(count("verification = 'unverified'")).toBe(sources.length);
    expect(findViolations(folder)).toEqual([]);
  });
});
