import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention } from '../support/announce.ts';
import { buildPing } from '../support/build-ping.ts';
import { makeIds } from '../support/clock.ts';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isLong } from '../support/long.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, migrations, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startRaw, startWeb, type RawWeb, type Web } from '../support/web.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';
import { maxFetches, maxSilentFetches, silentAfterMs } from '../../src/web/turns.ts';

const silentHosts = isLong ? 1000 : 100;
const honestHosts = isLong ? 50 : 10;
const timeout = isLong ? 600_000 : 60_000;

let folder: string;
let web: Web;
let silent: RawWeb;
/** Since when each connection to a silent host is open. */
let openSince: Set<{ readonly at: number }>;
let target: string;
let service: Service;

beforeEach(async () => {
  folder = makeFolder();
  // On every address of loopback, each of which is a host of its own.
  web = await startWeb({ address: '0.0.0.0' });
  openSince = new Set();
  silent = await startRaw(
    (socket) => {
      const connection = { at: performance.now() };
      openSince.add(connection);
      socket.once('close', () => openSince.delete(connection)).resume();
    },
    { address: '0.0.0.0' },
  );
  target = `http://127.0.0.1:${portOf(web)}/post`;
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
});

afterEach(async () => {
  await service.close();
  await web.close();
  await silent.close();
  removeFolder(folder);
});

const portOf = ({ host }: { readonly host: string }): string => host.split(':')[1] ?? '';

/** Puts pings from so many hosts that never say a word where a service will find them. */
async function promiseSilentOnes(): Promise<void> {
  const engine = openSqlite({ file: databaseIn(folder), migrations, isService: true });
  const store = makeStore(engine, { now: Date.now, newId: makeIds() });
  for (let n = 0; n < silentHosts; n += 1) {
    const source = `http://127.1.${n >> 8}.${n & 255}:${portOf(silent)}/`;
    await store.file(buildPing({ source, target, at: Date.now() }));
  }
  await store.close();
}

const verified = (): number =>
  readRows(folder, "SELECT id FROM linkback WHERE verification = 'verified'").length;
const givenUp = (): number => readRows(folder, 'SELECT DISTINCT linkback_id FROM attempt').length;

describe('hosts that accept connections and never say a word', () => {
  it(
    `are ${silentHosts}, take no more than their share of sockets, and let others be verified beside them`,
    { timeout },
    async () => {
      await promiseSilentOnes();
      service = await startService({
        folder,
        env: { SITES: `blog=http://127.0.0.1:${portOf(web)}/`, POLICY: 'hold-all', LIMITS: 'on' },
      });
      let most = 0;
      let mostPatient = 0;
      const watch = setInterval(() => {
        most = Math.max(most, silent.connections().open);
        const longAgo = performance.now() - silentAfterMs * 2;
        mostPatient = Math.max(mostPatient, [...openSince].filter(({ at }) => at < longAgo).length);
      }, 20);
      await waitUntil(() => silent.connections().made >= maxFetches, { what: 'the first silent hosts' });
      for (let n = 0; n < honestHosts; n += 1) {
        const source = `http://127.2.0.${n}:${portOf(web)}/entry`;
        expect((await sendWebmention(service, source, target)).status).toBe(201);
      }
      await waitUntil(() => verified() === honestHosts, {
        what: 'the honest ones to be verified',
        timeoutMs: timeout / 2,
        everyMs: 50,
      });
      expect(givenUp()).toBeLessThan(silentHosts);
      await waitUntil(() => givenUp() === silentHosts, {
        what: 'every silent one to be given up for now',
        timeoutMs: timeout / 2,
        everyMs: 50,
      });
      clearInterval(watch);
      expect(most).toBeLessThanOrEqual(maxFetches);
      expect(mostPatient).toBeLessThanOrEqual(maxSilentFetches);
      // None of them is refused for its silence: each is tried again.
      expect(readRows(folder, "SELECT id FROM linkback WHERE verification = 'refused'")).toEqual([]);
      expect(findViolations(folder)).toEqual([]);
      expect(await service.end('SIGTERM')).toBe(0);
      expect(silent.connections().open).toBe(0);
    },
  );
});
