import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mention, sendWebmention, shownAt, statusOf } from '../support/announce.ts';
import { linkingPage } from '../support/linking-page.ts';
import { findUnequalEffects, findViolationsAt } from '../support/postgres-invariants.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { named, shareDatabase, type Processes } from '../support/processes.ts';
import { layLine, type Line } from '../support/slow-line.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const patienceMs = 180_000;

let database: string;
let line: Line;
let web: Web;
let target: string;
let processes: Processes;

beforeEach(async () => {
  [database, web] = await Promise.all([makeDatabase(), startWeb()]);
  line = await layLine(database);
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  processes = shareDatabase(database, {
    SITES: `blog=http://${web.host}/`,
    POLICY: 'approve-all',
    DATABASE_TIMEOUT_MS: '1000',
  });
});

afterEach(async () => {
  line.thaw();
  await processes.close();
  await line.close();
  await web.close();
  await dropDatabase(database);
});

/** For a process whose database is behind the line. */
const throughTheLine = (name: string): { readonly DATABASE_URL: string } => ({
  DATABASE_URL: named(line.through(database), name),
});

describe('a worker whose database falls silent', () => {
  it(
    'loses its job to another one, whose word counts, and works on when the database speaks again',
    async () => {
      web.page('/entry', linkingPage(target, 'What the frozen one saw'));
      const letGo = web.hold('/entry');
      const serving = await processes.serve('serving');
      const frozen = await processes.work('frozen', throughTheLine('frozen'));
      const response = await sendWebmention(serving, web.url('/entry'), target);
      const location = response.headers.get('location') ?? '';
      await web.waitForHit('/entry');
      // It has our own page; only what the other page says is missing.
      const looks = (): Promise<unknown[]> => statement(database, 'SELECT target_key FROM target_look');
      await waitUntil(async () => (await looks()).length === 1, { what: 'the look at our own page' });
      line.freeze();
      letGo();

      const says = (words: string): Promise<unknown> =>
        waitUntil(() => frozen.output().stderr.includes(words), { what: words, timeoutMs: 60_000 });
      await says('Query read timeout');
      // New connections come to nothing, too.
      await says('timeout expired');

      // A minute later:
      await statement(database, "UPDATE job SET lease_until = 1 WHERE state = 'leased'");
      web.page('/entry', linkingPage(target, 'What the other one saw'));
      const letOtherGo = web.hold('/entry');
      await processes.work('another');
      await web.waitForHit('/entry', 2);

      line.thaw();
      await waitUntil(
        async () => {
          const path = `/later-${performance.now()}`;
          web.page(path, linkingPage(target));
          await mention(serving, web.url(path), target);
          return frozen.output().stderr.includes('"settled"');
        },
        { what: 'the frozen one works again', timeoutMs: 60_000 },
      );
      // While it stops it tries for three seconds more to write what it had found out.
      expect(await frozen.end('SIGTERM')).toBe(0);
      letOtherGo();
      expect(await statusOf(location)).toMatchObject({ status: 'verified' });

      const titles = (await shownAt(serving, target)).map(({ source }) => source.title);
      expect(titles).toContain('What the other one saw');
      expect(titles).not.toContain('What the frozen one saw');
      expect(await findUnequalEffects(database)).toEqual([]);
      expect(await findViolationsAt(database)).toEqual([]);
    },
    patienceMs,
  );
});

describe('a process that serves while its database is silent', () => {
  it(
    'says "later" in time, calls the database slow, and takes pings again when it speaks',
    async () => {
      web.page('/entry', linkingPage(target));
      const serving = await processes.serve('serving', throughTheLine('serving'));
      await processes.work('worker');
      expect(await mention(serving, web.url('/entry'), target)).toMatchObject({ status: 'verified' });

      line.freeze();
      const refused = await sendWebmention(serving, web.url('/entry?n=2'), target);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      const ready = await serving.get('/readyz');
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'unavailable', database: 'slow' }]);
      expect((await serving.get('/healthz')).status).toBe(200);

      line.thaw();
      await waitUntil(async () => (await serving.get('/readyz')).status === 200, { timeoutMs: 30_000 });
      expect(await mention(serving, web.url('/entry?n=2'), target)).toMatchObject({ status: 'verified' });
      expect(await serving.end('SIGTERM')).toBe(0);
      expect(await findUnequalEffects(database)).toEqual([]);
      expect(await findViolationsAt(database)).toEqual([]);
    },
    patienceMs,
  );
});
