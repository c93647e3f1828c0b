import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, loadDialects, startLoad, type LoadPing } from '../support/load.ts';
import { lockDatabase } from '../support/lock-database.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

/** Docker and others kill what has not stopped ten seconds after the signal. */
const patienceMs = 9000;

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
    env: { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all', ...env },
  });
  services.push(service);
  return service;
}

const stored = (): string[] =>
  readRows<{ source: string }>(folder, 'SELECT source FROM linkback').map((each) => each.source);

const jobs = (): unknown[] => readRows(folder, 'SELECT state, unfinished, setbacks FROM job');

const untilVerified = (count: number): Promise<true> =>
  waitUntil(
    () =>
      readRows(folder, "SELECT id FROM linkback WHERE verification = 'verified'").length === count &&
      readRows(folder, 'SELECT id FROM job').length === 0,
    { what: `${count} verified linkbacks`, timeoutMs: 20_000 },
  );

/** Sends the signal and gives how the service ended, and after how long. */
async function end(
  service: Service,
  signal: 'SIGTERM' | 'SIGINT',
): Promise<{ code: number | string; ms: number }> {
  const from = performance.now();
  return { code: await service.end(signal), ms: performance.now() - from };
}

describe('a service under load that is told to stop', () => {
  it('answers whom it has let in, keeps what it promised, and goes', async () => {
    const service = await start();
    let sent = 0;
    const next = (): LoadPing | undefined => {
      sent += 1;
      const dialect = loadDialects[sent % 3] ?? 'pingback';
      return sent > 5000 ? undefined : { dialect, source: web.url(`/entry?n=${sent}`), target };
    };
    const load = startLoad(service.url, 50, next);
    await waitUntil(() => load.answers.length >= 300, { what: '300 answers', timeoutMs: 20_000 });
    const { code, ms } = await end(service, 'SIGTERM');
    await load.over;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(patienceMs);
    expect(sent).toBeLessThan(5000);

    const statuses = new Set(load.answers.map((each) => each.status));
    expect([...statuses].filter((status) => status >= 500 && status !== 503)).toEqual([]);
    for (const refused of load.answers.filter((each) => !isPositive(each))) {
      expect(refused.body).toContain('try again later');
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    }
    const promised = load.answers.filter(isPositive).map((each) => each.ping.source);
    expect(promised.length).toBeGreaterThanOrEqual(300);
    expect(promised.filter((source) => !stored().includes(source))).toEqual([]);
    expect(findViolations(folder)).toEqual([]);
    expect(readRows(folder, "SELECT id FROM job WHERE state = 'leased' OR unfinished > 0")).toEqual([]);

    await start();
    await untilVerified(stored().length);
    expect(findViolations(folder)).toEqual([]);
  });
});

describe.each(['SIGTERM', 'SIGINT'] as const)(
  'a service that gets %s while a source keeps it waiting',
  (signal) => {
    it('lets its caller go with "queued", gives the job back, and does it after the next start', async () => {
      const letGo = web.hold('/entry');
      const service = await start({ ANSWER_WITHIN_MS: '60000' });
      const answer = service.ping(web.url('/entry'), target);
      await web.waitForHit('/entry');
      const { code, ms } = await end(service, signal);
      expect(await answer).toMatch(/^The pingback is queued and will be verified\. Its status: http/u);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(patienceMs);
      expect(jobs()).toEqual([{ state: 'waiting', unfinished: 0, setbacks: 0 }]);
      expect(service.output().stderr).not.toMatch(/"level":50/u);
      letGo();
      await start();
      await untilVerified(1);
    });
  },
);

describe('a service that is stopping', () => {
  it('ends at once at a second signal, with nothing lost', async () => {
    const letGo = web.hold('/entry');
    const service = await start();
    await service.ping(web.url('/entry'), target);
    await web.waitForHit('/entry');
    const from = performance.now();
    const ended = service.end('SIGTERM');
    await waitUntil(
      () =>
        fetch(service.url).then(
          () => false,
          () => true,
        ),
      { what: 'the service hangs up' },
    );
    process.kill(service.pid, 'SIGTERM');
    expect(await ended).toBe('SIGTERM');
    expect(performance.now() - from).toBeLessThan(2000);
    letGo();
    await start();
    await untilVerified(1);
    expect(findViolations(folder)).toEqual([]);
  });

  it('does not wait for callers that never finish what they say', async () => {
    const service = await start();
    const { hostname, port } = new URL(service.url);
    const sayings = [
      '',
      'POST /ping',
      'POST /pingback HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<?xml',
    ];
    const sockets = sayings.map((saying) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined).write(saying);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    // Connections are taken in their order: once this is answered, the others are in.
    expect((await service.get('/healthz')).status).toBe(200);
    const { code, ms } = await end(service, 'SIGTERM');
    expect(code).toBe(0);
    expect(ms).toBeLessThan(patienceMs);
    for (const socket of sockets) socket.destroy();
  });

  it('ends well while a command beside it writes to the database', async () => {
    const service = await start();
    await service.ping(web.url('/entry'), target);
    await untilVerified(1);
    const lock = await lockDatabase(databaseIn(folder));
    const { code } = await end(service, 'SIGTERM');
    await lock.release();
    expect(code).toBe(0);
    expect(service.output().stderr).not.toMatch(/"level":[56]0|Error/u);
  });
});
