import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeJobDue, readRows } from '../support/database.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type Moderated, type ModeratedDetail, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Answer, type Web } from '../support/web.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

let folder: string;
let web: Web;
let target: string;
let service: Service;
let owner: Owner;

beforeAll(async () => {
  folder = makeFolder();
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  service = await startService({ folder, env: { SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' } });
  owner = ownerOf(service);
});

afterAll(async () => {
  expect(findViolations(folder)).toEqual([]);
  await service.close();
  await web.close();
  removeFolder(folder);
});

/** A source page of a test's own, and what may happen to it. */
function makeSource(path: string) {
  const source = web.url(path);
  const looks = (): number => web.hits(path).length;
  const links = linkingPage(target, `The page ${path}`);
  return {
    source,
    says: (answer: string | Answer) => web.page(path, answer),
    links: () => web.page(path, links),
    hasNoLink: () => web.page(path, '<title>No link</title><p>Nothing here.</p>'),
    gives: (status: number, headers: Readonly<Record<string, string>> = {}) =>
      web.page(path, { status, headers, body: 'Not now.' }),
    ping: () => service.ping(source, target),
    looks,
    find: () => owner.find(source),
    detail: async (): Promise<ModeratedDetail> => owner.detail((await owner.find(source)).id),
    /** Lets the time pass until the next look that is promised, and that look be over. */
    untilNextLook: async (): Promise<void> => {
      const before = looks();
      makeJobDue(folder, source);
      await untilLookedAt(before);
    },
    /** Has the owner ask for a look, and waits until it is over. */
    lookAgain: async (): Promise<void> => {
      const before = looks();
      const { id } = await owner.find(source);
      expect((await service.api('POST', `/api/moderation/linkbacks/${id}/verify`)).status).toBe(202);
      await untilLookedAt(before);
    },
  };

  async function untilLookedAt(before: number): Promise<void> {
    await waitUntil(() => looks() > before, { what: `another look at ${path}` });
    await waitUntil(
      async () => (await owner.detail((await owner.find(source)).id)).job?.['state'] !== 'leased',
      {
        what: `the end of the look at ${path}`,
      },
    );
  }
}

async function isShown({ id }: Moderated): Promise<boolean> {
  const response = await service.get(`/api/linkbacks?target=${encodeURIComponent(target)}&limit=100`);
  const { items } = (await response.json()) as { readonly items: readonly { readonly id: string }[] };
  return items.some((each) => each.id === id);
}

const waitOf = ({ job, attempts }: ModeratedDetail): number =>
  Date.parse(job?.dueAt ?? '') - Date.parse(attempts.at(-1)?.at ?? '');

describe('a source that has no link at first', () => {
  it.each([
    ['without-link', 200, /^fault 17/u],
    ['not-found', 404, /^fault 16/u],
  ])('is looked at a second time ten minutes later, and verified then (%s)', async (name, status, fault) => {
    const page = makeSource(`/late/${name}`);
    page.gives(status);
    expect(await page.ping()).toMatch(fault);
    const refused = await page.detail();
    expect(refused).toMatchObject({ verification: 'refused', job: { looks: 1 } });
    expect(waitOf(refused)).toBeGreaterThanOrEqual(10 * minute - second);
    expect(waitOf(refused)).toBeLessThanOrEqual(10 * minute + second);
    page.links();
    await page.untilNextLook();
    expect(await page.detail()).toMatchObject({ verification: 'verified', refusal: null, job: null });
  });

  it('is looked at at once when it is announced again', async () => {
    const page = makeSource('/late/announced-again');
    page.gives(404);
    expect(await page.ping()).toMatch(/^fault 16/u);
    page.links();
    expect(await page.ping()).toMatch(/^The pingback is verified/u);
    expect(await page.detail()).toMatchObject({ verification: 'verified', job: null });
  });
});

describe('a verified source', () => {
  async function publish(path: string) {
    const page = makeSource(path);
    page.links();
    expect(await page.ping()).toMatch(/^The pingback is verified/u);
    await owner.decide((await page.find()).id, 'approved');
    expect(await isShown(await page.find())).toBe(true);
    return page;
  }

  it('that answers 410 is gone at once, and is back, still approved, when the link returns', async () => {
    const page = await publish('/left/gone');
    page.gives(410);
    await page.lookAgain();
    expect(await page.detail()).toMatchObject({ verification: 'gone', moderation: 'approved', job: null });
    expect(await isShown(await page.find())).toBe(false);
    expect((await owner.list()).counts.approvedButGone).toBe(1);
    page.links();
    expect(await page.ping()).toMatch(/^The pingback is verified/u);
    expect(await page.find()).toMatchObject({ verification: 'verified', moderation: 'approved' });
    expect(await isShown(await page.find())).toBe(true);
    const moves = (await page.detail()).events.map((event) => `${event.from} → ${event.to}`);
    expect(moves).toEqual([
      'unverified → verified',
      'pending → approved',
      'verified → gone',
      'gone → verified',
    ]);
  });

  it.each([404, 200])('that loses its link (status %i) is gone after two more looks', async (status) => {
    const page = await publish(`/left/lost-${status}`);
    page.gives(status);
    await page.lookAgain();
    for (const wait of [hour, 24 * hour]) {
      const detail = await page.detail();
      expect(detail).toMatchObject({ verification: 'verified' });
      expect(await isShown(detail)).toBe(true);
      expect(Math.abs(waitOf(detail) - wait)).toBeLessThan(second);
      await page.untilNextLook();
    }
    const detail = await page.detail();
    expect(detail).toMatchObject({ verification: 'gone', moderation: 'approved', job: null });
    expect(await isShown(detail)).toBe(false);
  });

  it('that loses its link for an hour only stays as it was', async () => {
    const page = await publish('/left/for-an-hour');
    page.hasNoLink();
    await page.lookAgain();
    page.links();
    await page.untilNextLook();
    expect(await page.detail()).toMatchObject({
      verification: 'verified',
      moderation: 'approved',
      job: null,
    });
  });

  it.each(['rejected', 'spam'])(
    'that the owner called %s is not shown when it returns',
    async (moderation) => {
      const page = await publish(`/left/${moderation}`);
      await owner.decide((await page.find()).id, moderation);
      page.gives(410);
      await page.lookAgain();
      page.links();
      await page.lookAgain();
      expect(await page.find()).toMatchObject({ verification: 'verified', moderation });
      expect(await isShown(await page.find())).toBe(false);
    },
  );

  it('in trouble stays verified and shown, however long', async () => {
    const page = await publish('/left/in-trouble');
    page.gives(503);
    await page.lookAgain();
    for (let tries = 2; tries <= 7; tries += 1) {
      expect(await isShown(await page.find())).toBe(true);
      await page.untilNextLook();
    }
    expect(await page.detail()).toMatchObject({
      verification: 'verified',
      moderation: 'approved',
      job: null,
    });
    expect(await isShown(await page.find())).toBe(true);
  });
});

describe('a source that flaps between 500 and 200', () => {
  it('ends verified, as one linkback, with few attempts', async () => {
    const page = makeSource('/flapping');
    page.gives(500);
    expect(await page.ping()).toMatch(/^fault 50/u);
    expect(await page.find()).toMatchObject({ verification: 'unverified' });
    page.links();
    await page.untilNextLook();
    expect(await page.find()).toMatchObject({ verification: 'verified' });
    page.gives(500);
    await page.lookAgain();
    page.links();
    await page.untilNextLook();
    const detail = await page.detail();
    expect(detail).toMatchObject({ verification: 'verified', job: null });
    expect(detail.attempts).toHaveLength(2);
    const rows = readRows<{ source: string }>(folder, 'SELECT source FROM linkback');
    expect(rows.filter((each) => each.source === page.source)).toHaveLength(1);
  });

  it('is left in peace while it rests, however often it is announced', async () => {
    const page = makeSource('/flapping/announced');
    page.gives(500);
    expect(await page.ping()).toMatch(/^fault 50/u);
    page.links();
    await Promise.all(Array.from({ length: 5 }, () => service.ping(page.source, `${target}#again`)));
    expect(page.looks()).toBe(1);
  });
});

describe('a source that says when to come back', () => {
  it.each([
    ['120', 120 * second, 0],
    ['0', minute, 0],
    ['315360000', 24 * hour, 0],
    ['soon', minute, 0.2],
    ['-5', minute, 0.2],
  ])('with "%s" is left alone for %i ms', async (retryAfter, wait, jitter) => {
    for (const status of [429, 503]) {
      const page = makeSource(`/busy/${status}/${encodeURIComponent(retryAfter)}`);
      page.gives(status, { 'retry-after': retryAfter });
      expect(await page.ping()).toMatch(/^fault 50/u);
      const waited = waitOf(await page.detail());
      expect(waited).toBeGreaterThanOrEqual(wait * (1 - jitter) - second);
      expect(waited).toBeLessThanOrEqual(wait * (1 + jitter) + second);
    }
  });

  it('with a date is left alone until then', async () => {
    const page = makeSource('/busy/date');
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 10 * minute);
    page.gives(503, { 'retry-after': until.toUTCString() });
    expect(await page.ping()).toMatch(/^fault 50/u);
    const { job } = await page.detail();
    expect(Math.abs(Date.parse(job?.dueAt ?? '') - until.getTime())).toBeLessThan(second);
    page.links();
    await page.untilNextLook();
    expect(await page.find()).toMatchObject({ verification: 'verified' });
  });
});
