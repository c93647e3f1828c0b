import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mention, sendWebmention, shownAt, statusOf } from '../support/announce.ts';
import { listenTo, type Listener } from '../support/event-source.ts';
import { linkingPage } from '../support/linking-page.ts';
import { startMailServer } from '../support/mail-server.ts';
import { ownerOf } from '../support/owner.ts';
import { findViolationsAt } from '../support/postgres-invariants.ts';
import { dropDatabase, makeDatabase } from '../support/postgres-store.ts';
import { statement } from '../support/postgres.ts';
import { shareDatabase, type Processes } from '../support/processes.ts';
import { addReceiver } from '../support/receiver.ts';
import type { Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

/** Starts of many processes take their time where the machine is busy. */
const startsMs = 60_000;

let database: string;
let web: Web;
let target: string;
let processes: Processes;
let one: Service;
let other: Service;
let workers: Service[];
const listeners: Listener[] = [];

beforeAll(async () => {
  [database, web] = await Promise.all([makeDatabase(), startWeb()]);
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  processes = shareDatabase(database, {
    SITES: `blog=http://${web.host}/`,
    POLICY: 'approve-all',
    // Whoever hears nothing of a verdict waits for all of it.
    ANSWER_WITHIN_MS: '10000',
  });
  const [serving, working] = [
    [processes.serve('one'), processes.serve('other')],
    [processes.work('worker-1'), processes.work('worker-2')],
  ] as const;
  [one, other] = await Promise.all(serving);
  workers = await Promise.all(working);
});

afterAll(async () => {
  for (const each of listeners) each.close();
  await processes.close();
  expect(await findViolationsAt(database)).toEqual([]);
  await web.close();
  await dropDatabase(database);
});

async function listen(service: Service): Promise<Listener> {
  const listener = await listenTo(`${service.url}/api/live?site=blog`);
  listeners.push(listener);
  await waitUntil(() => listener.lastId() !== '', { what: 'the stream begins' });
  return listener;
}

/** Has a page link to ours, announces it to a process, and gives the linkback's id once it is verified. */
async function receive(at: Service, path: string): Promise<string> {
  web.page(path, linkingPage(target));
  expect(await mention(at, web.url(path), target)).toMatchObject({ status: 'verified' });
  return (await ownerOf(at).find(web.url(path))).id;
}

/** The connection on which a process hears its neighbours is known by the last words on it. */
const onLine = "(query LIKE 'LISTEN%' OR query LIKE 'SELECT pg_notify%' OR query = 'SELECT 1')";

/** Cuts the line on which a process hears its neighbours, and cuts it again whenever it is mended. */
async function cutLine(name: string): Promise<() => Promise<void>> {
  let isOver = false;
  const cut = (): Promise<unknown[]> =>
    statement(
      database,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${name}'
       AND ${onLine}`,
    );
  expect(await cut()).toHaveLength(1);
  const cutting = waitUntil(
    async () => {
      if (!isOver) await cut();
      return isOver;
    },
    { what: 'the end of the cut', timeoutMs: 60_000 },
  );
  return async () => {
    isOver = true;
    await cutting;
  };
}

const hasLine = async (name: string): Promise<boolean> =>
  (
    await statement(
      database,
      `SELECT pid FROM pg_stat_activity WHERE application_name = '${name}' AND ${onLine}`,
    )
  ).length > 0;

describe('a pingback that one process takes and another verifies', () => {
  it.each([
    ['links', linkingPage, /^(?!fault|.*queued)/u],
    ['does not link', () => '<title>Nothing here</title>', /^fault 17:/u],
    ['is not there', () => ({ status: 404, body: 'Not found' }), /^fault 16:/u],
    ['fails', () => ({ status: 503, body: 'Later' }), /^fault 50:/u],
  ])('is answered as if one had done it all, when its page %s', async (what, page, answer) => {
    const path = `/${what.replaceAll(' ', '-')}`;
    web.page(path, page(target));
    expect(await one.ping(web.url(path), target)).toMatch(answer);
    const { id } = await ownerOf(one).find(web.url(path));
    const hasDone = ({ output }: Service): boolean => output().stderr.includes(`"linkback":"${id}"`);
    expect(workers.filter(hasDone)).toHaveLength(1);
    expect(one.output().stderr).not.toContain('"settled"');
  });
});

describe('a process whose line to the others is cut', () => {
  it('says that a ping is queued, and hears verdicts again when the line is mended', async () => {
    web.page('/unheard', '<title>Nothing here</title>');
    const mend = await cutLine('one');
    try {
      // Nothing but a verdict that came just while the line was there can tell it sooner.
      expect(await one.ping(web.url('/unheard'), target)).toMatch(/queued|^fault 17:/u);
    } finally {
      await mend();
    }
    await waitUntil(() => hasLine('one'), { what: 'the line is mended' });
    web.page('/heard', '<title>Nothing here</title>');
    expect(await one.ping(web.url('/heard'), target)).toMatch(/^fault 17:/u);
    expect(await one.ping(web.url('/unheard'), target)).toMatch(/^fault 17:/u);
    expect(one.output().stderr).toContain('the database answers again');
  });

  it('lets the others know that they may have missed something', async () => {
    const id = await receive(one, '/missed');
    const stream = await listen(other);
    const mend = await cutLine('one');
    await ownerOf(one).decide(id, 'rejected');
    await mend();
    await waitUntil(() => stream.events().some(({ event }) => event === 'missed' || event === 'removed'), {
      what: 'the stream of the other process says something',
    });
  });

  it('is not stopped by words that it does not understand', async () => {
    await statement(database, "SELECT pg_notify('linkbackd', 'hello'), pg_notify('linkbackd', '[1]')");
    await statement(database, `SELECT pg_notify('linkbackd', '{"from":"me","said":["{", "null", "{}"]}')`);
    web.page('/after-hello', '<title>Nothing here</title>');
    expect(await one.ping(web.url('/after-hello'), target)).toMatch(/^fault 17:/u);
  });
});

describe('the live streams of a process', () => {
  it('tell what a worker has settled, and what was decided at another process', async () => {
    const stream = await listen(one);
    const id = await receive(other, '/told');
    await waitUntil(() =>
      stream.events().some(({ event, data }) => event === 'approved' && data.includes(id)),
    );
    await ownerOf(other).decide(id, 'spam');
    await waitUntil(() =>
      stream.events().some(({ event, data }) => event === 'removed' && data.includes(id)),
    );
  });

  it('tell to read the list again after a bulk decision at another process', async () => {
    const ids = [await receive(other, '/bulk-1'), await receive(other, '/bulk-2')];
    const stream = await listen(one);
    const decided = await other.api('POST', '/api/moderation/decisions', { ids, moderation: 'rejected' });
    expect(decided.status).toBe(200);
    await waitUntil(() => stream.events().some(({ event }) => event === 'missed'), { what: 'missed' });
    expect((await shownAt(one, target)).filter(({ id }) => ids.includes(id))).toEqual([]);
  });
});

describe('what is set up at one process', () => {
  it('is known to the others at once: a site', async () => {
    const garden = await startWeb();
    try {
      garden.page('/tree', '<title>A tree</title>');
      web.page('/to-the-garden', linkingPage(garden.url('/tree')));
      const made = await one.api('POST', '/api/sites', { slug: 'garden', addresses: [garden.url('/')] });
      expect(made.status).toBe(201);
      // Who takes the ping has to know it, and who verifies it.
      await waitUntil(async () => {
        const answer = await other.ping(web.url('/to-the-garden'), garden.url('/tree'));
        return !answer.startsWith('fault 33') && !answer.includes('queued');
      });
      expect(await shownAt(one, garden.url('/tree'))).toHaveLength(1);
    } finally {
      await garden.close();
    }
  });

  it('is known to the others at once: a rule', async () => {
    const rule = await one.api('POST', '/api/moderation/rules', {
      action: 'reject',
      sourcePrefix: web.url('/ruled'),
    });
    expect(rule.status, await rule.text()).toBe(201);
    await waitUntil(async () => {
      const path = `/ruled-${performance.now()}`;
      const id = await receive(other, path);
      return (await ownerOf(other).detail(id)).moderation === 'rejected';
    });
  });

  it('is used by the others: a webhook', async () => {
    const receiver = await addReceiver(one, web, '/hook');
    const id = await receive(other, '/for-the-hook');
    await receiver.waitFor('linkback.verified', id);
    await ownerOf(other).decide(id, 'rejected');
    await receiver.waitFor('linkback.decided', id);
    const known = receiver.calls().filter(({ data }) => data.id === id);
    expect(new Set(known.map((call) => call.id)).size).toBe(known.length);
  });
});

describe('several processes with a digest', () => {
  it(
    'send one',
    async () => {
      const [own, mail] = await Promise.all([makeDatabase(), startMailServer()]);
      const those = shareDatabase(own, { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' });
      try {
        const serving = await those.serve('serving');
        const first = await those.work('first');
        await receive(serving, '/for-the-digest');
        expect(await first.end('SIGTERM')).toBe(0);
        const digest = {
          DIGEST: 'daily',
          DIGEST_TO: 'me@blog.example',
          DIGEST_FROM: 'it@blog.example',
          SMTP_URL: mail.url,
        };
        const working = await Promise.all([1, 2, 3].map((n) => those.work(`worker-${n}`, digest)));
        await waitUntil(() => mail.letters().length > 0, { what: 'a letter' });
        // Each has begun to look before it stops, and ends what it began.
        expect(await Promise.all(working.map((each) => each.end('SIGTERM')))).toEqual([0, 0, 0]);
        expect(mail.offered()).toBe(1);
      } finally {
        await Promise.all([those.close(), mail.close()]);
        await dropDatabase(own);
      }
    },
    startsMs,
  );
});

describe('a process that is told to stop', () => {
  it(
    'gives back what it has in hand, and another does it',
    async () => {
      web.page('/held', linkingPage(target));
      const letGo = web.hold('/held');
      const response = await sendWebmention(one, web.url('/held'), target);
      await web.waitForHit('/held');
      expect(await Promise.all(workers.map((each) => each.end('SIGTERM')))).toEqual([0, 0]);
      expect(
        await statement(
          database,
          `SELECT state, unfinished, setbacks FROM job JOIN linkback ON linkback.id = linkback_id
         WHERE source = '${web.url('/held')}'`,
        ),
      ).toEqual([{ state: 'waiting', unfinished: 0, setbacks: 0 }]);
      workers = [await processes.work('worker-3')];
      letGo();
      expect(await statusOf(response.headers.get('location') ?? '')).toMatchObject({ status: 'verified' });
    },
    startsMs,
  );

  it('ends with 0, whatever it does', async () => {
    const all = [one, other, ...workers];
    expect(await Promise.all(all.map((each) => each.end('SIGTERM')))).toEqual([0, 0, 0]);
    for (const each of all) expect(each.output().stderr).not.toContain('Stopping took too long');
  });
});
