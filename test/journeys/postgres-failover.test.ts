import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { mention, sendWebmention, shownAt, statusOf } from '../support/announce.ts';
import { linkingPage } from '../support/linking-page.ts';
import { findUnequalEffects, findViolationsAt } from '../support/postgres-invariants.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { shareDatabase, type Processes } from '../support/processes.ts';
import { startWeb, type Web } from '../support/web.ts';

const patienceMs = 180_000;

let original: string;
let copy: string;
let web: Web;
let target: string;
let processes: Processes[];

beforeEach(async () => {
  [original, web] = await Promise.all([makeDatabase(), startWeb()]);
  copy = `${original}_copy`;
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
  processes = [];
});

afterEach(async () => {
  await Promise.all(processes.map((each) => each.close()));
  await web.close();
  for (const each of [copy, original]) await dropDatabase(each);
});

function share(url: string): Processes {
  const sharing = shareDatabase(url, { SITES: `blog=http://${web.host}/`, POLICY: 'approve-all' });
  processes.push(sharing);
  return sharing;
}

const source = (name: string): string => web.url(`/entry?n=${name}`);
const nameOf = (url: string): string => new URL(url).pathname.slice(1);

/** Everything that has a name of its own. */
const idsIn = async (url: string): Promise<readonly string[]> => {
  const rows = await statement<{ id: string }>(
    url,
    'SELECT id FROM linkback UNION ALL SELECT id FROM event UNION ALL SELECT id FROM job',
  );
  return rows.map(({ id }) => id);
};

describe('a failover to a copy that lags behind', () => {
  it(
    'loses what had not reached the copy, and nothing else; who sends again is filed again',
    async () => {
      const before = share(original);
      const [serving, worker] = [await before.serve('serving'), await before.work('worker')];
      for (const name of ['kept-1', 'kept-2'])
        expect(await mention(serving, source(name), target)).toMatchObject({ status: 'verified' });
      expect(await worker.end('SIGTERM')).toBe(0);
      const promised = await sendWebmention(serving, source('promised'), target);
      expect(promised.status).toBe(201);
      const { pathname: promisedAt } = new URL(promised.headers.get('location') ?? '');
      await before.close();
      // The copy is of this instant; all that follows does not reach it.
      await statement(
        `${inject('postgresUrl')}/postgres`,
        `CREATE DATABASE ${nameOf(copy)} TEMPLATE ${nameOf(original)}`,
      );
      const common = new Set(await idsIn(copy));

      const later = share(original);
      const laterServing = await later.serve('serving');
      const laterWorker = await later.work('worker');
      for (const name of ['lost-1', 'lost-2'])
        expect(await mention(laterServing, source(name), target)).toMatchObject({ status: 'verified' });
      await Promise.all([laterServing.end('SIGKILL'), laterWorker.end('SIGKILL')]);

      const after = share(copy);
      const [here, hereWorker] = [await after.serve('serving'), await after.work('worker')];
      expect(await statusOf(`${here.url}${promisedAt}`)).toMatchObject({ status: 'verified' });
      const shown = async (): Promise<unknown[]> =>
        (await shownAt(here, target)).map(({ source: { url } }) => url).sort();
      expect(await shown()).toEqual(['kept-1', 'kept-2', 'promised'].map(source).sort());
      for (const name of ['lost-1', 'lost-2', 'kept-1', 'new'])
        expect(await mention(here, source(name), target)).toMatchObject({ status: 'verified' });
      expect(await shown()).toEqual(
        ['kept-1', 'kept-2', 'lost-1', 'lost-2', 'new', 'promised'].map(source).sort(),
      );
      expect(await Promise.all([here.end('SIGTERM'), hereWorker.end('SIGTERM')])).toEqual([0, 0]);

      const inCopy = (await idsIn(copy)).filter((id) => !common.has(id));
      const inOriginal = new Set(await idsIn(original));
      expect(inCopy.length).toBeGreaterThan(5);
      expect(inCopy.filter((id) => inOriginal.has(id))).toEqual([]);
      expect(await findUnequalEffects(copy)).toEqual([]);
      expect(await findViolationsAt(copy)).toEqual([]);
    },
    patienceMs,
  );
});
