import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxBodyBytes } from '../../src/web/body.ts';
import { maxWireBytes } from '../../src/web/connect.ts';
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
  'eight 103s, then the page': [200, page],
  'a long extension in each chunk': [200, 50],
  'trailers that contradict the headers': [200, page],
  'a transfer coding nobody knows': [200, page],
  'gzip as a transfer coding': [200, 5],
  'two transfer codings': [200, 15],
  'endless name in a gzip header': [200, 0],
  'endless empty blocks in gzip': [200, 0],
  'more and more on a connection that is kept': [200, page],
  'the page, then a reset': [200, page],
  'the page, and the line kept open': [200, page],
  'HTTP/1.0 without a length': [200, page],
  'a status without a reason': [200, page],
  'blank lines before the answer': [200, page],
  'answers before it is asked': [200, page],
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
  'redirect by 300': [310, null],
  'redirect by a header of another kind': [200, page],
  'redirect with line breaks in it': [310, null],
  'redirect to an ftp: URL': [302, null],
};

const unreachable: ReadonlySet<MisbehaviourName> = new Set([
  'redirect to the metadata address',
  'redirect to loopback by another spelling',
  'redirect to a port for mail',
]);

/** No misbehaviour needs the total deadline to end: the headers', the body's and the floor come first. */
const enoughMs = 12_000;

type Ending = {
  readonly fetched: Fetched;
  readonly tookMs: number;
  readonly made: number;
  readonly sockets: readonly Socket[];
};

const endings = new Map<MisbehaviourName, Ending>();

/** Our own ends of the connections, by the port they lead to. */
const ourSockets = new Map<number, Socket[]>();

function noteSocket(message: unknown): void {
  const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
  if (!(socket instanceof Socket) || socket.remotePort === undefined) return;
  const others = ourSockets.get(socket.remotePort) ?? [];
  ourSockets.set(socket.remotePort, [...others, socket]);
}

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

/** Fetches from a server that misbehaves, until its last socket is closed. */
async function endingOf(name: MisbehaviourName): Promise<Ending> {
  const raw = await startMisbehaving(name);
  const exceptions = [`blog.example.com:${raw.host.split(':')[1] ?? ''}`, raw.host];
  // Only this very server may be fetched from, so that no redirect leads elsewhere on this machine.
  const fetchPage = makeTestFetch({ exceptions });
  const startedAt = performance.now();
  const fetched = await fetchPage(new URL(raw.url('/')), never);
  const tookMs = performance.now() - startedAt;
  // Sooner than any connection that is kept for a next request.
  const soon = { what: `the sockets of "${name}" are closed`, timeoutMs: 3000 };
  await waitUntil(() => raw.connections().open === 0, soon);
  const { made } = raw.connections();
  await raw.close();
  const sockets = ourSockets.get(Number(raw.host.split(':')[1])) ?? [];
  return { fetched, tookMs, made, sockets };
}

let openBefore: number;

// All at once, for some take their five seconds.
beforeAll(async () => {
  openBefore = openSockets();
  subscribe('undici:client:connected', noteSocket);
  await Promise.all(misbehaviourNames.map(async (name) => endings.set(name, await endingOf(name))));
});

afterAll(() => unsubscribe('undici:client:connected', noteSocket));

describe('a fetch from a server that misbehaves', () => {
  it('is tried in more than a hundred ways', () => {
    expect(misbehaviourNames.length).toBeGreaterThan(100);
  });

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

  it.each(misbehaviourNames)('takes no more bytes than any page needs, and hangs up: %s', (name) => {
    const { sockets = [], made = 0 } = endings.get(name) ?? {};
    // Whoever is reset at once has no connection that we know of.
    expect(sockets.length).toBeGreaterThanOrEqual(name === 'resets at once' ? 0 : made);
    for (const socket of sockets) {
      expect(socket.bytesRead).toBeLessThan(maxWireBytes + 256 * 1024);
      expect(socket.destroyed).toBe(true);
    }
  });

  it('leaves no socket open on either side', async () => {
    await waitUntil(() => openSockets() <= openBefore, { what: 'all sockets are closed' });
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
