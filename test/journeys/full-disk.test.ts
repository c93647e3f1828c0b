import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { mountSmallDisk, smallDisksAreMissing } from '../support/small-disk.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { callMethod } from '../support/xml-rpc.ts';

/** A disk of this size for each file, in kibibytes: enough to start on. */
const diskKb = 1024;
const mostPings = 500;

const isMissing =
  spawnSync('prlimit', ['--version']).status !== 0 && process.env['LINKBACKD_NO_SKIPS'] !== '1';
if (isMissing) console.warn('SKIPPED: prlimit (util-linux) is not installed, so no disk can be made full.');

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

async function start(through: readonly string[] = []): Promise<Service> {
  const env = { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all', LOG_LEVEL: 'error' };
  const service = await startService({ folder, env, through });
  services.push(service);
  return service;
}

/** Lets the files of a running process grow to this size, in bytes, and no further. */
function letFilesGrow({ pid }: Service, bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
  if (status !== 0) throw new Error(stderr.toString());
}

const ping = (service: Service, n: number) =>
  callMethod(`${service.url}/pingback`, 'pingback.ping', web.url(`/entry?n=${n}`), target);

/** Sends pings until one is refused, and gives the number of the last one that was taken. */
async function fill(service: Service, first = 1): Promise<number> {
  for (let n = first; n <= mostPings; n += 1) {
    const { says, headers, status } = await ping(service, n);
    if (!says.startsWith('fault')) continue;
    expect(status).toBe(200);
    expect(says).toMatch(/^fault 0: .*try again later/u);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    return n - 1;
  }
  throw new Error('the disk did not get full');
}

const verified = (): number =>
  readRows(folder, "SELECT id FROM linkback WHERE verification = 'verified'").length;

describe.skipIf(isMissing)('a service whose disk is full', () => {
  const small = ['prlimit', `--fsize=${diskKb * 1024}:`];

  it('refuses pings for now, shows what it has, says that it is not ready, and recovers by itself', async () => {
    const service = await start(small);
    const taken = await fill(service);
    expect(taken).toBeGreaterThan(0);

    const form = new URLSearchParams({ source: web.url('/entry?form'), target });
    const webmention = await fetch(`${service.url}/webmention`, { method: 'POST', body: form });
    expect(webmention.status).toBe(503);
    expect(Number(webmention.headers.get('retry-after'))).toBeGreaterThan(0);

    const shown = await service.get(`/api/linkbacks?target=${encodeURIComponent(target)}&limit=100`);
    const { items } = (await shown.json()) as { readonly items: readonly unknown[] };
    expect(items.length).toBeGreaterThan(0);
    const { id } = await ownerOf(service).find(web.url('/entry?n=1'));
    const decision = await service.api('PATCH', `/api/moderation/linkbacks/${id}`, { moderation: 'spam' });
    expect(decision.status).toBe(503);
    expect(Number(decision.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await service.get('/healthz')).status).toBe(200);
    // What it writes to find out is little, and may still find room for a while.
    const ready = await waitUntil(async () => {
      const answer = await service.get('/readyz');
      return answer.status === 503 && answer;
    });
    expect(await ready.json()).toEqual({ status: 'unavailable', database: 'cannot write' });

    letFilesGrow(service, 'unlimited');
    expect((await service.get('/readyz')).status).toBe(200);
    expect((await ping(service, taken + 1)).says).toMatch(/^The pingback is/u);
    expect(await service.end('SIGTERM')).toBe(0);
    expect(findViolations(folder)).toEqual([]);

    await start();
    await waitUntil(() => verified() === taken + 1, { what: 'all to be verified' });
    expect(findViolations(folder)).toEqual([]);
  });

  it('stops well all the same, and loses nothing', async () => {
    const service = await start();
    expect((await ping(service, 1)).says).toMatch(/^The pingback is verified/u);
    letFilesGrow(service, 4096);
    expect(await service.end('SIGTERM')).toBe(0);
    expect(service.output().stderr).not.toMatch(/^\s+at /mu);
    await start();
    expect(verified()).toBe(1);
    expect(findViolations(folder)).toEqual([]);
  });

  it('tells at the start that there is no room', async () => {
    await expect(start(['prlimit', '--fsize=4096:'])).rejects.toThrow(
      /linkbackd cannot start\..*\n.*has room/u,
    );
  });
});

describe.skipIf(smallDisksAreMissing)('a service on a disk that others fill', () => {
  it(
    'refuses pings for now, shows what it has, and recovers by itself when they make room',
    { timeout: 60_000 },
    async () => {
      const unmount = mountSmallDisk(folder, 4 * 1024);
      try {
        const service = await start();
        expect((await ping(service, 1)).says).toMatch(/^The pingback is verified/u);
        const filling = join(folder, 'filling');
        fillUp(filling);
        const taken = await fill(service, 2);
        const ready = await service.get('/readyz');
        expect(ready.status).toBe(503);
        expect(await ready.json()).toEqual({ status: 'unavailable', database: 'cannot write' });
        expect((await service.get('/healthz')).status).toBe(200);
        const { items } = await ownerOf(service).list();
        expect(items.length).toBeGreaterThan(0);

        rmSync(filling);
        await waitUntil(async () => (await service.get('/readyz')).status === 200, {
          what: 'it to be ready again',
        });
        expect((await ping(service, taken + 1)).says).toMatch(/^The pingback is/u);
        await waitUntil(() => verified() === taken + 1, { what: 'all to be verified', timeoutMs: 30_000 });
        expect(findViolations(folder)).toEqual([]);
        expect(await service.end('SIGTERM')).toBe(0);
      } finally {
        await Promise.all(services.map((each) => each.close()));
        unmount();
      }
    },
  );
});

/** Writes a file until there is no room for more. */
function fillUp(file: string): void {
  const kilobyte = Buffer.alloc(1024);
  try {
    for (;;) appendFileSync(file, kilobyte);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}
