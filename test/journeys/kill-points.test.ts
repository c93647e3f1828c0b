import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention, shownAt } from '../support/announce.ts';
import { databaseIn, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { lockDatabase } from '../support/lock-database.ts';
import { ownerOf } from '../support/owner.ts';
import { makeRandom, type Random } from '../support/random.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const rounds = process.env['LINKBACKD_LONG'] === '1' ? 50 : 3;
const roundMs = 40_000;
/** After the next start a job that was in hand is taken up again within this time. */
const takenUpWithinMs = 5000;

let folder: string;
let web: Web;
let service: Service;
let random: Random;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  web.page('/post', '<title>Ours</title>');
  random = makeRandom();
});

afterEach(async () => {
  await service.close();
  await web.close();
  removeFolder(folder);
});

async function start(): Promise<void> {
  service = await startService({ folder, env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' } });
}

const jobsOf = (source: string): unknown[] =>
  readRows(
    folder,
    `SELECT state, unfinished FROM job JOIN linkback ON linkback.id = linkback_id WHERE source = '${source}'`,
  );

/** A moment in the life of a job: brings the job of a page there, after its ping was taken, and gives the way back. */
type Point = (path: string, page: string) => Promise<() => Promise<void> | void>;

/** Lets up to so much time pass, so that rounds differ. */
async function upTo(ms: number): Promise<void> {
  const moment = performance.now() + random.below(ms);
  await waitUntil(() => performance.now() >= moment, { everyMs: 1 });
}

/** Answers a page by hand, and tells when the last byte is on its way. */
function answerOnce(path: string, answer: (response: ServerResponse) => void): Promise<void> {
  return new Promise((resolve) => {
    web.page(path, (_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.once('finish', resolve);
      answer(response);
    });
  });
}

/** So many words before the link that reading them takes its time. */
const longPage = (page: string): string =>
  page.replace('<p>', `${'<p>Many words <b>before</b> the link.</p>\n'.repeat(15_000)}<p>`);

const points: Readonly<Record<string, Point>> = {
  'waits for a page': async (path) => {
    const letGo = web.hold(path);
    await web.waitForHit(path);
    await upTo(20);
    return letGo;
  },
  'has half of a page': async (path, page) => {
    void answerOnce(path, (response) => response.write(page.slice(0, 50)));
    await web.waitForHit(path);
    await upTo(100);
    return () => undefined;
  },
  'reads a page': async (path, page) => {
    // Without our own page there is no verdict, however fast the source is read.
    const letGo = web.hold('/post');
    await answerOnce(path, (response) => response.end(longPage(page)));
    await upTo(150);
    return letGo;
  },
  'has a verdict that is not written yet': async (path, page) => {
    const letGo = web.hold(path);
    const isAnswered = answerOnce(path, (response) => response.end(page));
    await web.waitForHit(path);
    const lock = await lockDatabase(databaseIn(folder));
    letGo();
    await isAnswered;
    await upTo(500);
    return () => lock.release();
  },
};

describe('a service that is killed while it', () => {
  it.each(Object.entries(points))(
    `%s does that job soon after the next start, and there is one linkback of it (${rounds} rounds)`,
    async (_name, reach) => {
      console.log(`LINKBACKD_SEED=${random.seed} repeats these rounds`);
      await start();
      for (let round = 1; round <= rounds; round += 1) {
        const path = `/entry-${round}`;
        const [source, target] = [web.url(path), web.url(`/post?n=${round}`)];
        const page = linkingPage(target);
        const reached = reach(path, page);
        expect((await sendWebmention(service, source, target)).status).toBe(201);
        const goOn = await reached;
        expect(await service.end('SIGKILL')).toBe('SIGKILL');
        await goOn();
        expect(jobsOf(source)).toEqual([{ state: 'leased', unfinished: 1 }]);
        expect(findViolations(folder)).toEqual([]);

        web.page(path, page);
        const before = web.hits(path).length;
        await start();
        await waitUntil(() => web.hits(path).length > before, {
          what: 'the next look',
          timeoutMs: takenUpWithinMs,
        });
        await waitUntil(() => jobsOf(source).length === 0, { what: 'the end of the job' });
        const owner = ownerOf(service);
        await owner.decide((await owner.find(source)).id, 'approved');
        expect((await shownAt(service, target)).map((each) => each.source.url)).toEqual([source]);
      }
      expect(findViolations(folder)).toEqual([]);
    },
    (rounds + 1) * roundMs,
  );
});
