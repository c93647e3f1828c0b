import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendWebmention } from '../support/announce.ts';
import { buildPing } from '../support/build-ping.ts';
import { makeIds } from '../support/clock.ts';
import { databaseIn, makeJobDue, readRows } from '../support/database.ts';
import { startDns, type Dns, type DnsAnswer } from '../support/dns.ts';
import { findViolations } from '../support/invariants.ts';
import { linkingPage } from '../support/linking-page.ts';
import { isLong } from '../support/long.ts';
import { ownerOf, type ModeratedDetail, type Owner } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { makeFolder, migrations, removeFolder } from '../support/sqlite-store.ts';
import { waitUntil } from '../support/wait.ts';
import { startWeb, type Web } from '../support/web.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { makeStore } from '../../src/store/store.ts';

const timeout = isLong ? 600_000 : 60_000;
const minute = 60_000;

let folder: string;
let web: Web;
let target: string;
let dns: Dns;
/** What the name server says of a name; of any other it says where our web is. */
let says: Map<string, DnsAnswer>;
let service: Service;
let owner: Owner;

beforeEach(async () => {
  folder = makeFolder();
  web = await startWeb();
  target = web.url('/post');
  web.page('/post', '<title>Ours</title>');
  web.page('/entry', linkingPage(target));
  says = new Map();
  dns = await startDns(({ name, type }) => says.get(name) ?? (type === 'A' ? ['127.0.0.1'] : []));
  await start();
});

async function start(): Promise<void> {
  service = await startService({
    folder,
    env: {
      SITES: `blog=http://${web.host}/`,
      POLICY: 'hold-all',
      DNS_SERVERS: dns.server,
      // Each port of this machine stands for a host of its own.
      LIMITS: 'off',
    },
  });
  owner = ownerOf(service);
}

afterEach(async () => {
  await service.close();
  await web.close();
  await dns.close();
  removeFolder(folder);
});

/** A page on a host of which the name server says something of its own. */
function sourceAt(name: string, answer?: DnsAnswer): string {
  const host = `${name}.example.com`;
  if (answer !== undefined) says.set(host, answer);
  return `http://${host}:${new URL(target).port}/entry`;
}

async function promise(source: string): Promise<void> {
  expect((await sendWebmention(service, source, target)).status).toBe(201);
}

const detailOf = async (source: string): Promise<ModeratedDetail> =>
  owner.detail((await owner.find(source)).id);

/** Waits until a source was looked at so many times in vain, and gives what is known of it then. */
const afterTries = (source: string, tries: number): Promise<ModeratedDetail> =>
  waitUntil(
    async () => {
      const detail = await detailOf(source);
      return detail.attempts.length === tries && detail.job?.['state'] !== 'leased' && detail;
    },
    { what: `${tries} tries of ${source}`, timeoutMs: 20_000, everyMs: 50 },
  );

const waitOf = ({ job, attempts }: ModeratedDetail): number =>
  Date.parse(job?.dueAt ?? '') - Date.parse(attempts.at(-1)?.at ?? '');

describe('a name server', () => {
  it.each<[string, DnsAnswer]>([
    ['is silent', 'silence'],
    ['fails', 'SERVFAIL'],
    ['speaks garbage', 'garbage'],
  ])(
    'that %s is trouble that passes: the source is tried again, and verified then',
    { timeout },
    async (_, answer) => {
      const source = sourceAt('blog', answer);
      await promise(source);
      const detail = await afterTries(source, 1);
      expect(detail).toMatchObject({ verification: 'unverified', refusal: null, job: { setbacks: 1 } });
      expect(waitOf(detail)).toBeGreaterThan(minute * 0.75);
      expect(waitOf(detail)).toBeLessThan(minute * 1.25);
      says.clear();
      makeJobDue(folder, source);
      await waitUntil(async () => (await owner.find(source)).verification === 'verified');
      expect(findViolations(folder)).toEqual([]);
    },
  );

  it.each<[string, DnsAnswer]>([
    ['does not know the name', 'NXDOMAIN'],
    ['knows no address of it', []],
    ['names thousands of addresses', Array.from({ length: 4000 }, (_, n) => `127.0.${n >> 8}.${n & 255}`)],
  ])('that %s has the source refused, after a second look for good', { timeout }, async (_, answer) => {
    const source = sourceAt('blog', answer);
    await promise(source);
    const detail = await afterTries(source, 1);
    expect(detail).toMatchObject({
      verification: 'refused',
      refusal: { reason: 'source-unusable' },
      job: { looks: 1 },
    });
    makeJobDue(folder, source);
    expect(await afterTries(source, 2)).toMatchObject({ verification: 'refused', job: null });
    expect(web.hits('/entry')).toEqual([]);
    // A new ping is another chance.
    says.clear();
    await promise(source);
    await waitUntil(async () => (await owner.find(source)).verification === 'verified');
    expect(findViolations(folder)).toEqual([]);
  });

  it('that is silent about some names holds up nobody else', { timeout }, async () => {
    await service.close();
    const silent = Array.from({ length: 40 }, (_, n) => sourceAt(`silent-${n}`, 'silence'));
    const honest = Array.from({ length: 10 }, (_, n) => sourceAt(`honest-${n}`));
    // All of them wait already when it starts, the honest ones behind the others.
    await file([...silent, ...honest]);
    await start();
    const verifiedAt = (): readonly number[] =>
      times("SELECT verified_at AS at FROM linkback WHERE verification = 'verified' ORDER BY at");
    const givenUpAt = (): readonly number[] => times('SELECT at FROM attempt ORDER BY at');
    await waitUntil(() => verifiedAt().length === honest.length, {
      what: 'all honest sources',
      timeoutMs: 30_000,
    });
    await waitUntil(() => givenUpAt().length === silent.length, {
      what: 'the end of all silence',
      timeoutMs: 30_000,
    });
    // Four of five were verified while most of the others were still being waited for.
    const mostOfTheHonest = verifiedAt()[honest.length * 0.8 - 1];
    expect(mostOfTheHonest).toBeLessThan(givenUpAt()[silent.length / 2] ?? 0);
    expect(findViolations(folder)).toEqual([]);
  });
});

const times = (statement: string): readonly number[] =>
  readRows<{ at: number }>(folder, statement).map(({ at }) => at);

/** Puts pings where a service will find them. */
async function file(sources: readonly string[]): Promise<void> {
  const engine = openSqlite({ file: databaseIn(folder), migrations, isService: true });
  const store = makeStore(engine, { now: Date.now, newId: makeIds() });
  const before = Date.now() - 100 * sources.length;
  for (const [n, source] of sources.entries()) {
    await store.file(buildPing({ source, target, at: before + n }));
  }
  await store.close();
}
