import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isPositive, startLoad, type Load } from '../support/load.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const mebibyte = 1024 * 1024;
/** Where the service begins to complain of its write-ahead log. */
const warned = 64 * mebibyte;
const isLong = process.env['LINKBACKD_LONG'] === '1';

let folder: string;
let web: Web;
let service: Service | undefined;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
});

afterEach(async () => {
  await service?.close();
  await web.close();
  removeFolder(folder);
});

const walBytes = (): number => statSync(`${databaseIn(folder)}-wal`).size;

type Line = { readonly level: number; readonly kind?: string; readonly bytes?: number };

const toldOf = ({ output }: Service, kind: string): Line[] =>
  output()
    .stderr.split('\n')
    .filter((line) => line.includes(`"kind":"${kind}"`))
    .map((line) => JSON.parse(line) as Line);

/** Has the log grow by pings; in the normal run a command beside the service, which writes a lot, takes most of the work. */
async function growBeyond(bytes: number, { url }: Service, target: string): Promise<Load> {
  if (!isLong) {
    const beside = new Database(databaseIn(folder), { timeout: 5000 });
    beside.exec(`CREATE TABLE ballast AS SELECT zeroblob(${bytes - 2 * mebibyte}); DROP TABLE ballast`);
    beside.close();
  }
  let sent = 0;
  const load = startLoad(url, 4, () => {
    sent += 1;
    const source = web.url(`/entry?n=${sent}`);
    return walBytes() > bytes ? undefined : { dialect: 'webmention', source, target };
  });
  await load.over;
  return load;
}

describe('a write-ahead log that cannot be emptied, for somebody reads the database and does not end', () => {
  it(
    'is told of when it is too large, costs no ping, and is small again soon after that reader ends',
    { timeout: 120_000 },
    async () => {
      const target = web.url('/post');
      web.page('/post', '<title>Ours</title>');
      web.page('/entry', linkingPage(target));
      const running = (service = await startService({
        folder,
        env: { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all' },
      }));
      const reader = new Database(databaseIn(folder), { readonly: true });
      reader.exec('BEGIN');
      const countRows = reader.prepare<[], number>('SELECT count(*) FROM linkback').pluck();
      expect(countRows.get()).toBe(0);
      const load = await growBeyond(warned, running, target);
      expect(load.answers.filter((each) => !isPositive(each))).toEqual([]);
      const [warning] = await waitUntil(() => toldOf(running, 'log-grows'), { what: 'the warning' });
      expect(warning).toMatchObject({ level: 40, bytes: expect.any(Number) });
      expect((await running.get('/readyz')).status).toBe(200);

      // To this reader nothing has happened since; only now does it end.
      expect(countRows.get()).toBe(0);
      reader.close();
      await waitUntil(() => walBytes() <= warned / 4, {
        what: 'the log to be small again',
        timeoutMs: 60_000,
      });
      await waitUntil(() => toldOf(running, 'log-is-small-again').length === 1, { what: 'word of it' });

      await waitUntil(
        () =>
          readRows(folder, "SELECT id FROM linkback WHERE verification = 'verified'").length ===
          load.answers.length,
        { what: 'all to be verified', timeoutMs: 30_000, everyMs: 100 },
      );
      expect(findViolations(folder)).toEqual([]);
      expect(toldOf(running, 'log-grows')).toHaveLength(1);
      expect(await running.end('SIGTERM')).toBe(0);
    },
  );
});
