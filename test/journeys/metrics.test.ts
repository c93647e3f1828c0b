import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialects, moderations, verifications } from '../../src/linkback/linkback.ts';
import { reasons } from '../../src/linkback/refusal.ts';
import {
  callEnds,
  callStates,
  jobStates,
  leaseWorks,
  requestKinds,
  requestOutcomes,
  stages,
  storeFailures,
} from '../../src/metrics.ts';
import { mention, sendTrackback, sendWebmention } from '../support/announce.ts';
import { readRows } from '../support/database.ts';
import { startHere, type Here } from '../support/here.ts';
import { linkingPage } from '../support/linking-page.ts';
import { numbersText, readNumbers, valueOf, type Series } from '../support/numbers.ts';
import { addWebhook } from '../support/receiver.ts';
import { adminToken } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { callMethod } from '../support/xml-rpc.ts';

const metricsToken = 'reads-numbers-only';

let web: Web;
let here: Here;
let target: string;

beforeAll(async () => {
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', 'ours');
  web.page('/links', linkingPage(target));
  web.page('/links-too', linkingPage(target));
  web.page('/does-not', '<p>no link</p>');
  web.page('/broken', { status: 500, body: '' });
  here = await startHere({
    SITES: `blog=${web.url('/')}`,
    METRICS_TOKEN: metricsToken,
    // However busy the machine is, a pingback is answered with its verdict.
    ANSWER_WITHIN_MS: '60000',
  });
});

afterAll(async () => {
  await here.close();
  await web.close();
});

const read = async (): Promise<readonly Series[]> => readNumbers(await numbersText(here, metricsToken));

/** Waits for a number: what is stored is counted once in a second only. */
const until = (
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): Promise<readonly Series[]> =>
  waitUntil(
    async () => {
      const series = await read();
      return valueOf(series, name, labels) === value && series;
    },
    { what: `${name} ${JSON.stringify(labels)} to be ${value}`, everyMs: 50 },
  );

describe('the numbers of a service', () => {
  it('count each ping by its dialect and what its sender was told', async () => {
    const ping = (source: string) => callMethod(`${here.url}/pingback`, 'pingback.ping', source, target);
    await ping(web.url('/links'));
    await ping(web.url('/links'));
    await ping(web.url('/does-not'));
    await fetch(`${here.url}/pingback`, { method: 'POST', body: 'no XML' });
    await mention(here, web.url('/links-too'), target);
    expect((await sendWebmention(here, web.url('/links'), 'https://elsewhere.example/')).status).toBe(400);
    await sendTrackback(here, target, [['url', web.url('/links-too')]]);
    const series = await read();
    const told = series
      .filter(({ name, value }) => name === 'linkbackd_pings_total' && value > 0)
      .map(({ labels, value }) => `${labels['dialect'] ?? ''} ${labels['answer'] ?? ''} ${value}`);
    expect(told.sort()).toEqual([
      'pingback already-registered 1',
      'pingback malformed 1',
      'pingback no-link 1',
      'pingback success 1',
      'trackback success 1',
      'webmention success 1',
      'webmention target-closed 1',
    ]);
    expect(valueOf(series, 'linkbackd_ping_answer_seconds_count', { dialect: 'pingback' })).toBe(4);
    expect(valueOf(series, 'linkbackd_ping_answer_seconds_sum', { dialect: 'pingback' })).toBeGreaterThan(0);
  });

  it('take the time of verifications, stage by stage, and count what is asked of others', async () => {
    await sendWebmention(here, web.url('/broken'), target);
    const series = await until('linkbackd_verifications_total', { outcome: 'setback' }, 1);
    expect(valueOf(series, 'linkbackd_verifications_total', { outcome: 'found' })).toBeGreaterThanOrEqual(2);
    expect(valueOf(series, 'linkbackd_verifications_total', { outcome: 'no-link' })).toBe(1);
    for (const stage of ['look', 'fetch', 'read', 'settle'])
      expect(
        valueOf(series, 'linkbackd_verification_stage_seconds_count', { stage }),
        stage,
      ).toBeGreaterThanOrEqual(3);
    const asked = (kind: string, outcome: string): number =>
      valueOf(series, 'linkbackd_outbound_requests_total', { kind, outcome });
    expect(asked('target', '2xx')).toBe(1);
    expect(asked('source', '5xx')).toBe(1);
    expect(asked('source', '2xx')).toBe(
      web.hits('/links').length + web.hits('/links-too').length + web.hits('/does-not').length,
    );
  });

  it('tell how linkbacks stand, and what is promised', async () => {
    const series = await until('linkbackd_linkbacks', { verification: 'verified', moderation: 'pending' }, 2);
    expect(valueOf(series, 'linkbackd_linkbacks', { verification: 'refused', moderation: 'pending' })).toBe(
      1,
    );
    // The broken page is to be tried again, and what was announced again to be looked at again.
    const [stored] = readRows<{ readonly waiting: number }>(
      here.folder,
      "SELECT count(*) AS waiting FROM job WHERE state = 'waiting'",
    );
    expect(stored?.waiting).toBeGreaterThan(0);
    await until('linkbackd_jobs', { state: 'waiting' }, Number(stored?.waiting));
    expect(valueOf(series, 'linkbackd_database_up')).toBe(1);
    expect(valueOf(series, 'linkbackd_jobs', { state: 'dead' })).toBe(0);
    expect(valueOf(series, 'linkbackd_oldest_due_job_age_seconds', { work: 'verification' })).toBe(0);
  });

  it('count the calls to webhooks', async () => {
    web.page('/hook', { status: 204, body: '' });
    web.page('/gone', { status: 410, body: '' });
    await addWebhook(here, { url: web.url('/hook'), events: ['received'] });
    await addWebhook(here, { url: web.url('/gone'), events: ['received'] });
    await sendWebmention(here, web.url('/links?webhook'), target);
    await until('linkbackd_webhook_calls_total', { end: 'delivered' }, 1);
    const series = await until('linkbackd_webhook_calls_total', { end: 'failed' }, 1);
    expect(valueOf(series, 'linkbackd_outbound_requests_total', { kind: 'webhook', outcome: '2xx' })).toBe(1);
    expect(valueOf(series, 'linkbackd_outbound_requests_total', { kind: 'webhook', outcome: '4xx' })).toBe(1);
    await until('linkbackd_webhook_queue', { state: 'waiting' }, 0);
  });

  it('tell of writes, of the event loop, and of the process', async () => {
    const series = await read();
    expect(valueOf(series, 'linkbackd_store_write_seconds_count')).toBeGreaterThan(5);
    expect(valueOf(series, 'linkbackd_store_commit_units_sum')).toBeGreaterThan(5);
    expect(valueOf(series, 'linkbackd_build_info', { version: '0.0.0' })).toBe(1);
    expect(valueOf(series, 'process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(valueOf(series, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(valueOf(series, 'process_open_fds')).toBeGreaterThan(3);
    expect(valueOf(series, 'process_max_fds')).toBeGreaterThan(valueOf(series, 'process_open_fds'));
    const late = ['p50', 'p99', 'max'].map((each) => valueOf(series, `nodejs_eventloop_lag_${each}_seconds`));
    expect(late).toEqual(late.toSorted((one, other) => one - other));
  });

  it('have labels of closed lists only: no host and no address makes them grow', async () => {
    const allowed: Readonly<Record<string, readonly string[]>> = {
      dialect: dialects,
      answer: ['success', ...reasons],
      outcome: ['found', 'setback', ...reasons, ...requestOutcomes],
      stage: stages,
      kind: requestKinds,
      end: callEnds,
      work: leaseWorks,
      why: storeFailures,
      state: [...jobStates, ...callStates],
      verification: verifications,
      moderation: moderations,
      version: ['0.0.0'],
    };
    const own = (await read()).filter(({ name }) => name.startsWith('linkbackd_'));
    expect(own.length).toBeGreaterThan(100);
    for (const { name, labels } of own)
      for (const [label, value] of Object.entries(labels))
        if (label === 'le') expect(name).toMatch(/_bucket$/u);
        else expect(allowed[label], `${name}{${label}="${value}"}`).toContain(value);
    expect(await numbersText(here)).not.toMatch(/127\.0\.0\.1|example|https?:/u);
  });

  it('are named as Prometheus wants them, each with its help and its type', async () => {
    const text = await numbersText(here);
    const types = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gmu)].map(([, name = '', type = '']) => ({
      name,
      type,
    }));
    expect(types.length).toBeGreaterThan(25);
    for (const { name, type } of types.filter((each) => each.name.startsWith('linkbackd_'))) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'mu'));
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(?:seconds|units)$/u);
    }
  });
});

describe('who may read them', () => {
  const status = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await here.get('/metrics', headers)).status;

  it('is whoever holds the token for it, which opens nothing else', async () => {
    const answer = await here.get('/metrics', { authorization: `Bearer ${metricsToken}` });
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ]);
    const elsewhere = { authorization: `Bearer ${metricsToken}` };
    for (const path of [
      '/api/moderation/linkbacks',
      '/api/sites',
      '/api/moderation/feed.atom',
      '/api/count?domain=blog',
    ])
      expect((await here.get(path, elsewhere)).status, path).toBeGreaterThanOrEqual(400);
  });

  it('is whoever may read all sites, and nobody else, from wherever they call', async () => {
    const make = async (scopes: readonly string[], site?: string): Promise<string> => {
      const made = await here.api('POST', '/api/tokens', {
        name: 'reader',
        scopes,
        ...(site === undefined ? {} : { site }),
      });
      return ((await made.json()) as { readonly token: string }).token;
    };
    expect(await status({ authorization: `Bearer ${adminToken}` })).toBe(200);
    expect(await status({ authorization: `Bearer ${await make(['read'])}` })).toBe(200);
    expect(await status({ authorization: `Bearer ${await make(['send'])}` })).toBe(403);
    expect(await status({ authorization: `Bearer ${await make(['read'], 'blog')}` })).toBe(403);
    expect(await status({ authorization: 'Bearer somebody-guesses-one' })).toBe(401);
    expect(await status({})).toBe(401);
    expect((await here.get(`/metrics?token=${metricsToken}`)).status).toBe(401);
  });

  it('may not guess', async () => {
    const limited = await startHere({ LIMITS: 'on', METRICS_TOKEN: metricsToken });
    try {
      const guess = async (n: number): Promise<number> =>
        (await limited.get('/metrics', { authorization: `Bearer a-wrong-token-${n}` })).status;
      const statuses: number[] = [];
      for (let n = 0; n < 11; n += 1) statuses.push(await guess(n));
      expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    } finally {
      await limited.close();
    }
  });
});

it('keeps the numbers of two services in one process apart', async () => {
  const other = await startHere({});
  try {
    expect(
      valueOf(readNumbers(await numbersText(other)), 'linkbackd_pings_total', {
        dialect: 'pingback',
        answer: 'success',
      }),
    ).toBe(0);
    expect(valueOf(await read(), 'linkbackd_pings_total', { dialect: 'pingback', answer: 'success' })).toBe(
      1,
    );
  } finally {
    await other.close();
  }
});
