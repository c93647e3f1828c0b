import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, loadDialects, startLoad, type LoadPing } from '../support/load.ts';
import { buildNextVersion } from '../support/next-version.ts';
import { makeRandom } from '../support/random.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const isLong = process.env['LINKBACKD_LONG'] === '1';
const isMissing = spawnSync('cc', ['--version']).status !== 0;
if (isLong && isMissing) console.warn('SKIPPED: there is no C compiler (cc), so no power can be cut.');

const rounds = 20;
const roundMs = 60_000;

let folder: string;
let web: Web;
let service: Service | undefined;
let shim: string;

beforeEach(async () => {
  folder = realpathSync(makeFolder());
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(web.url('/post')));
  shim = join(folder, 'power-cut.so');
  const source = new URL('../support/power-cut.c', import.meta.url).pathname;
  const { status, stderr } = spawnSync('cc', [
    '-shared',
    '-fPIC',
    '-O2',
    '-Wall',
    '-Werror',
    '-o',
    shim,
    source,
  ]);
  if (status !== 0) throw new Error(stderr.toString());
});

afterEach(async () => {
  await service?.close();
  await web.close();
  removeFolder(folder);
});

/** Starts a service in a folder; what a power cut would leave of it is kept in the other, which begins as its copy. */
async function startOn(where: string, kept: string, main?: string): Promise<Service> {
  mkdirSync(where, { recursive: true });
  cpSync(where, kept, { recursive: true });
  service = await startService({
    folder: where,
    env: {
      SITES: `blog=http://${web.host}/`,
      POLICY: 'hold-all',
      LD_PRELOAD: shim,
      POWER_CUT_FROM: where,
      POWER_CUT_TO: kept,
    },
    ...(main === undefined ? {} : { main }),
  });
  return service;
}

/** Sends pings until enough are answered, then cuts the power: gives the sources that were promised by then. */
async function promisedUntilCut(running: Service, enough: number, next: () => LoadPing): Promise<string[]> {
  let isCut = false;
  const load = startLoad(running.url, 20, () => (isCut ? undefined : next()));
  await waitUntil(() => load.answers.length >= enough, {
    what: `${enough} answers`,
    everyMs: 1,
    timeoutMs: roundMs,
  });
  // Stopped, the process flushes nothing more; an answer that is under way was promised before.
  process.kill(running.pid, 'SIGSTOP');
  isCut = true;
  const promised = load.answers.filter(isPositive).map((each) => each.ping.source);
  await running.end('SIGKILL');
  await load.over;
  return promised;
}

/** What was kept, as whoever opens it finds it; the original is left for the next start to do the same. */
function recoveredCopy(kept: string): string {
  const copy = `${kept}-looked-at`;
  cpSync(kept, copy, { recursive: true });
  const database = new Database(databaseIn(copy));
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  return copy;
}

/** Gives ever new pings in all dialects. */
function newPings(): () => LoadPing {
  let n = 0;
  return () => {
    n += 1;
    return {
      dialect: loadDialects[n % 3] ?? 'pingback',
      source: web.url(`/entry?n=${n}`),
      target: web.url('/post'),
    };
  };
}

const sourcesIn = (where: string): Set<string> =>
  new Set(readRows<{ source: string }>(where, 'SELECT source FROM linkback').map((each) => each.source));

describe.runIf(isLong && !isMissing)('a power cut', () => {
  it(
    `loses nothing that was promised, in ${rounds} cuts on the same database`,
    async () => {
      const random = makeRandom();
      console.log(`LINKBACKD_SEED=${random.seed} repeats these cuts`);
      const next = newPings();
      const promised = new Set<string>();
      for (let round = 1; round <= rounds; round += 1) {
        const [where, kept] = [`${folder}/${round}`, `${folder}/${round + 1}`];
        const running = await startOn(where, kept);
        for (const source of await promisedUntilCut(running, 20 + random.below(250), next))
          promised.add(source);
        removeFolder(where);
        const looked = recoveredCopy(kept);
        const stored = sourcesIn(looked);
        expect([...promised].filter((source) => !stored.has(source))).toEqual([]);
        expect(findViolations(looked)).toEqual([]);
        removeFolder(looked);
      }
      const last = `${folder}/${rounds + 1}`;
      await startOn(last, `${folder}/last`);
      await waitUntil(
        () => readRows(last, "SELECT id FROM linkback WHERE verification <> 'verified'").length === 0,
        {
          what: 'all to be verified',
          timeoutMs: 120_000,
          everyMs: 200,
        },
      );
      expect(findViolations(last)).toEqual([]);
      console.log(`${promised.size} promised, ${sourcesIn(last).size} stored, in ${rounds} cuts`);
    },
    (rounds + 3) * roundMs,
  );

  it(
    'would lose some if commits were not flushed, which shows that this test can tell',
    { timeout: 2 * roundMs },
    async () => {
      const main = buildNextVersion(join(folder, 'careless'), '9000-nothing.sql', 'SELECT 1;');
      const file = join(folder, 'careless', 'dist', 'store', 'sqlite.js');
      const careless = readFileSync(file, 'utf8').replace('synchronous = FULL', 'synchronous = NORMAL');
      expect(careless).toContain('synchronous = NORMAL');
      writeFileSync(file, careless);
      const kept = `${folder}/kept`;
      const running = await startOn(`${folder}/where`, kept, main);
      const promised = await promisedUntilCut(running, 50, newPings());
      const stored = tryToRead(recoveredCopy(kept));
      expect(promised.filter((source) => !stored.has(source)).length).toBeGreaterThan(0);
    },
  );
});

/** What is stored in a database that may be without its tables. */
function tryToRead(where: string): Set<string> {
  try {
    return sourcesIn(where);
  } catch {
    return new Set();
  }
}
