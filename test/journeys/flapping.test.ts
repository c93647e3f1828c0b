import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention, shownAt } from '../support/announce.ts';
import { readRows } from '../support/database.ts';
import { startHere, type Here } from '../support/here.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { ownerOf, type ModeratedDetail, type Owner } from '../support/owner.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

let web: Web;
let target: string;
let source: string;
let here: Here;
let owner: Owner;

beforeEach(async () => {
  web = await startWeb();
  target = web.url('/post');
  source = web.url('/entry');
  web.page('/post', '<title>Ours</title>');
  here = await startHere({ SITES: `blog=http://${web.host}/`, POLICY: 'hold-all' }, { isStanding: true });
  owner = ownerOf(here);
});

afterEach(async () => {
  expect(findViolations(here.folder)).toEqual([]);
  expect(readRows(here.folder, 'SELECT id FROM linkback')).toHaveLength(1);
  await here.close();
  await web.close();
});

const gives = (status: number, headers: Readonly<Record<string, string>> = {}): void =>
  web.page('/entry', { status, headers, body: status === 200 ? linkingPage(target) : 'Not now.' });

async function promise(): Promise<void> {
  expect((await sendWebmention(here, source, target)).status).toBe(201);
}

/** Waits for the end of the nth look at the source, and gives what is known of it then. */
async function afterLook(n: number): Promise<ModeratedDetail> {
  await web.waitForHit('/entry', n);
  return waitUntil(
    async () => {
      const detail = await owner.detail((await owner.find(source)).id);
      return detail.job?.['state'] !== 'leased' && detail;
    },
    { what: `the end of look ${n}` },
  );
}

describe('a source that answers 500 and 200 in turns', () => {
  it('is verified by its second look, as one linkback, and stays so however it goes on', async () => {
    let requests = 0;
    web.page('/entry', (_request, response) => {
      requests += 1;
      response.statusCode = requests % 2 === 1 ? 500 : 200;
      response.setHeader('content-type', 'text/html');
      response.end(linkingPage(target));
    });
    await promise();
    expect(await afterLook(1)).toMatchObject({ verification: 'unverified', attempts: [{ detail: /500/u }] });
    here.pass(2 * minute);
    const verified = await afterLook(2);
    expect(verified).toMatchObject({ verification: 'verified', job: null });
    expect(verified.attempts.length).toBeLessThanOrEqual(3);
    await owner.decide(verified.id, 'approved');
    // Looked at again by itself: once more it is in trouble first, and shown all the while.
    here.pass(48 * hour);
    expect(await afterLook(3)).toMatchObject({ verification: 'verified', job: { setbacks: 1 } });
    expect(await shownAt(here, target)).toHaveLength(1);
    here.pass(2 * minute);
    expect(await afterLook(4)).toMatchObject({ verification: 'verified', job: null });
  });
});

describe('a source that is missing, gone, and there again', () => {
  it('is refused while it is not there, and verified when it is announced anew', async () => {
    gives(404);
    await promise();
    expect(await afterLook(1)).toMatchObject({ verification: 'refused', job: { looks: 1 } });
    gives(410);
    here.pass(11 * minute);
    expect(await afterLook(2)).toMatchObject({ verification: 'refused', job: null });
    gives(200);
    // By itself nobody looks again.
    here.pass(100 * 24 * hour);
    expect(await owner.find(source)).toMatchObject({ verification: 'refused' });
    await promise();
    expect(await afterLook(3)).toMatchObject({ verification: 'verified', refusal: null, job: null });
    expect(web.hits('/entry')).toHaveLength(3);
  });
});

describe('a source that says when to come back', () => {
  const inTenMinutes = (): string =>
    new Date(Math.ceil(here.now() / second) * second + 10 * minute).toUTCString();

  it.each<[string, () => string, number, number]>([
    ['in 120 seconds', () => '120', 2 * minute, 0],
    ['at a date', inTenMinutes, 10 * minute, second],
    ['in ten years, of which a day is granted', () => String(10 * 365 * 24 * 3600), 24 * hour, 0],
    ['in words that nobody understands, so that our own schedule holds', () => 'soon', minute, 0.2 * minute],
  ])('is left alone until then: %s', async (_, retryAfter, wait, give) => {
    gives(503, { 'retry-after': retryAfter() });
    await promise();
    const { job } = await afterLook(1);
    const waited = Date.parse(job?.dueAt ?? '') - here.now();
    expect(Math.abs(waited - wait)).toBeLessThanOrEqual(give);
    gives(200);
    here.pass(waited - 1);
    // Another ping does not make it come sooner.
    await promise();
    await here.get('/readyz');
    expect(web.hits('/entry')).toHaveLength(1);
    here.pass(1);
    expect(await afterLook(2)).toMatchObject({ verification: 'verified', job: null });
  });
});
