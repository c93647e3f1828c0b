import { copyFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention } from '../support/announce.ts';
import { damage } from '../support/damage.ts';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { defaults, runToEnd, startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const pageBytes = 4096;

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

async function start(): Promise<Service> {
  const service = await startService({
    folder,
    env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' },
  });
  services.push(service);
  return service;
}

/** Serves, takes a ping, and stops: everything is in the one file then. */
async function takeOne(): Promise<void> {
  const service = await start();
  expect(await service.ping(web.url('/entry'), target)).toMatch(/^The pingback is verified/u);
  expect(await service.end('SIGTERM')).toBe(0);
}

const refusal = async (): Promise<string> => (await runToEnd(defaults(folder))).stderr;

describe('a database of which a page is damaged', () => {
  it('is not served, and left as it is; the message leads to a backup that is', async () => {
    await takeOne();
    const file = databaseIn(folder);
    const backup = join(folder, 'backup.db');
    copyFileSync(file, backup);
    damage(file, pageBytes, Buffer.alloc(pageBytes, 0xa5));
    const before = readFileSync(file);
    const said = await refusal();
    expect(said).toMatch(/^linkbackd cannot start\. \S+ is damaged: /u);
    expect(said).toMatch(/move .* and the files beside it away, and copy a backup to its place/u);
    expect(readFileSync(file).equals(before)).toBe(true);

    for (const beside of ['', '-wal', '-shm']) rmSync(`${file}${beside}`, { force: true });
    copyFileSync(backup, file);
    const service = await start();
    expect((await service.get('/readyz')).status).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
    expect(readRows(folder, 'SELECT verification FROM linkback')).toEqual([{ verification: 'verified' }]);
    expect(findViolations(folder)).toEqual([]);
  });

  it('has the service say so while it runs, go on with what needs none of it, and end when told to', async () => {
    await takeOne();
    const file = databaseIn(folder);
    const service = await start();
    const sound = readFileSync(file);
    // All but the first page, which the service has in memory: a page that nobody reads hurts nobody.
    damage(file, pageBytes, Buffer.alloc(statSync(file).size - pageBytes, 0xa5));

    const list = await service.get(`/api/linkbacks?target=${encodeURIComponent(target)}`);
    expect(list.status).toBe(500);
    expect(await list.text()).not.toMatch(/sqlite|malformed|linkbackd\.db/iu);
    expect((await service.api('GET', '/api/moderation/linkbacks')).status).toBe(500);
    expect((await service.get('/healthz')).status).toBe(200);
    const late = await sendWebmention(service, web.url('/entry?late'), target);
    expect([500, 503]).toContain(late.status);
    const ready = await service.get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'unavailable', database: 'damaged' });
    const alarms = (): string[] =>
      service
        .output()
        .stderr.split('\n')
        .filter((line) => line.includes('"level":60'));
    await waitUntil(() => alarms().length > 0, { what: 'the alarm' });
    expect(alarms()).toHaveLength(1);
    expect(alarms()[0]).toMatch(/the database is damaged: stop the service.*copy a backup/u);
    expect(await service.end('SIGTERM')).toBe(0);
    expect(await refusal()).toMatch(/is damaged: /u);

    damage(file, 0, sound);
    rmSync(`${file}-wal`, { force: true });
    expect(findViolations(folder)).toEqual([]);
  });
});
