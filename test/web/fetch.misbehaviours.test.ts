import { beforeAll, describe, expect, it } from 'vitest';
import { maxBodyBytes } from '../../src/web/body.ts';
import { fetchTimeoutMs, type Fetched } from '../../src/web/fetch.ts';
import { makeTestFetch, never } from '../support/fetching.ts';
import { waitUntil } from '../support/wait.ts';
import { misbehaviourNames, startMisbehaving, type MisbehaviourName } from '../support/web.ts';

/** A status, and how many bytes of body were kept; null where none was read. */
type Answered = readonly [status: number, bytes: number | null];

const page = 54;

/** What is an answer all the same; everything else is trouble. */
const answers: Partial<Record<MisbehaviourName, Answered>> = {
  '2,500 tiny headers': [200, page],
  'content-length too short': [200, 10],
  'infinite body': [200, maxBodyBytes],
  'infinite chunks': [200, maxBodyBytes],
  'gzip bomb of 200 MB': [200, maxBodyBytes],
  'deflate bomb of 200 MB': [200, maxBodyBytes],
  'brotli bomb of 200 MB': [200, maxBodyBytes],
  'endless gzip': [200, maxBodyBytes],
  'status 600': [600, null],
  'status 999': [999, null],
  'status 204 with a body': [204, 0],
  'status 206': [206, page],
  'status 304': [304, null],
  'status 407': [407, null],
  'two answers to one request': [200, page],
  'a content type that is none': [200, null],
  'a charset nobody knows': [200, page],
  'redirect loop': [310, null],
  'redirects to ever new addresses': [310, null],
  'redirect to a javascript: URL': [302, null],
  'redirect to a data: URL': [302, null],
  'redirect to a file: URL': [302, null],
  'redirect with user and password': [302, null],
  'redirect that is no URL': [302, null],
  'redirect to a very long address': [302, null],
  'redirect with two locations': [310, null],
  'redirect with an empty location': [310, null],
  'redirect without location': [302, null],
  'redirect with an infinite body': [310, null],
};

const unreachable: ReadonlySet<MisbehaviourName> = new Set([
  'redirect to the metadata address',
  'redirect to loopback by another spelling',
]);

/** No misbehaviour needs the total deadline to end: the headers', the body's and the floor come first. */
const enoughMs = 12_000;

type Ending = { readonly fetched: Fetched; readonly tookMs: number; readonly made: number };

const endings = new Map<MisbehaviourName, Ending>();

/** Fetches from a server that misbehaves, until its last socket is closed. */
async function endingOf(name: MisbehaviourName): Promise<Ending> {
  const raw = await startMisbehaving(name);
  const exceptions = [`blog.example.com:${raw.host.split(':')[1] ?? ''}`, raw.host];
  // Only this very server may be fetched from, so that no redirect leads elsewhere on this machine.
  const fetchPage = makeTestFetch({ exceptions });
  const startedAt = performance.now();
  const fetched = await fetchPage(new URL(raw.url('/')), never);
  const tookMs = performance.now() - startedAt;
  await waitUntil(() => raw.connections().open === 0, { what: `the sockets of "${name}" are closed` });
  const { made } = raw.connections();
  await raw.close();
  return { fetched, tookMs, made };
}

// All at once, for some take their five seconds.
beforeAll(async () => {
  await Promise.all(misbehaviourNames.map(async (name) => endings.set(name, await endingOf(name))));
});

describe('a fetch from a server that misbehaves', () => {
  it.each(misbehaviourNames)('comes to an end, and to the right one: %s', (name) => {
    const { fetched } = endings.get(name) ?? {};
    const answered = answers[name];
    if (answered === undefined) {
      expect(fetched?.kind).toBe(unreachable.has(name) ? 'unreachable' : 'trouble');
      return;
    }
    const [status, bytes] = answered;
    expect(fetched).toMatchObject({ kind: 'answer', status });
    expect(fetched?.kind === 'answer' ? (fetched.body?.bytes.length ?? null) : undefined).toBe(bytes);
  });

  it.each(misbehaviourNames)('ends well before the deadline: %s', (name) => {
    expect(enoughMs).toBeLessThan(fetchTimeoutMs);
    expect(endings.get(name)?.tookMs).toBeLessThan(enoughMs);
  });

  it.each(misbehaviourNames)('connects once for each hop: %s', (name) => {
    const hops = answers[name]?.[0] === 310 ? 6 : 1;
    expect(endings.get(name)?.made).toBe(hops);
  });

  it('says of all that was cut that it was', () => {
    const full = [...endings.values()].filter(
      ({ fetched }) => fetched.kind === 'answer' && fetched.body?.bytes.length === maxBodyBytes,
    );
    expect(full).toHaveLength(6);
    expect(full.every(({ fetched }) => fetched.kind === 'answer' && fetched.body?.isCut)).toBe(true);
  });

  it('words every trouble without an error’s missing code', () => {
    const details = [...endings.values()].flatMap(({ fetched }) =>
      fetched.kind === 'answer' ? [] : [fetched.detail],
    );
    expect(details.filter((detail) => detail === '' || detail.startsWith('undefined'))).toEqual([]);
  });
});
