import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDns, type Dns } from '../support/dns.ts';
import { isLong } from '../support/long.ts';
import { occasions, tryAllWays, ways, type Finding, type Findings } from '../support/network.ts';
import { ownNetworksAreMissing, tryAllWaysInside } from '../support/own-network.ts';
import { ownerOf } from '../support/owner.ts';
import { startService, type Service } from '../support/service.ts';
import { waitUntil } from '../support/wait.ts';
import { startRaw, startWeb, type Web } from '../support/web.ts';

/** Ports that anybody's web may be on; on others a service would refuse a private web for its port alone. */
const webPorts = [8443, 8080, 443, 80] as const;

const unread = 'fault 16: The source page could not be read.';
const everything = '0.0.0.0/0,::/0';

const places: Readonly<Record<string, (exceptions: string) => Promise<Findings>>> = {
  'on loopback': async (exceptions) => {
    const port = await findFreePort();
    // What is public here is one address of this machine; the next one is private.
    const also = exceptions === '' ? '127.0.0.1/32' : exceptions;
    return tryAllWays({ publicAddress: '127.0.0.1', privateAddress: '127.0.0.2', port, exceptions: also });
  },
  ...(ownNetworksAreMissing ? {} : { 'in a network of its own': tryAllWaysInside }),
};

async function findFreePort(): Promise<number> {
  for (const port of webPorts) {
    const isFree = await Promise.all(
      ['127.0.0.1', '127.0.0.2', '::1'].map((address) => canListen(address, port)),
    );
    if (isFree.every(Boolean)) return port;
  }
  throw new Error(`none of the ports ${webPorts.join(', ')} is free`);
}

function canListen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRNOTAVAIL'));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}

/** Only a name that is public when it is first asked for may be followed, and only then. */
const isPublicLook = ({ way, look }: Pick<Finding, 'way' | 'look'>): boolean =>
  way === 'rebinding' && look === 1;

describe.each(Object.entries(places))('the built program, led astray %s', (place, lead) => {
  let found: Findings;

  beforeAll(async () => void (found = await lead('')), 120_000);

  it('never connects to what is private, and shows no secret page', () => {
    expect(found.connections).toBe(0);
    // The public pages that the changing name leads to at first.
    const shown = occasions.map((occasion) => `/secret/${ways.indexOf('rebinding')}-${occasion}-1`);
    expect(found.secrets).toEqual(shown.sort());
  });

  describe.each(ways)('by %s', (way) => {
    const look = (occasion: string): readonly Finding[] =>
      found.findings.filter((each) => each.way === way && each.occasion === occasion);

    it.each(['source', 'redirect'])('as a ping’s %s: calls it unusable, and takes its time', (occasion) => {
      expect(look(occasion).length).toBe(way === 'rebinding' ? 2 : 1);
      for (const each of look(occasion)) {
        const isPublic = isPublicLook(each);
        expect(each.reason).toBe(isPublic ? 'no-link' : 'source-unusable');
        expect(each.says).toBe(isPublic ? 'fault 17: The source page has no link to the target.' : unread);
        if (!isPublic) expect(each.tookMs).toBeGreaterThanOrEqual(1000);
      }
    });

    it('as our own page: does not hold it against the sender', () => {
      expect(look('target').map(({ verification }) => verification)).toEqual(
        look('target').map(() => 'verified'),
      );
    });

    it('as a webhook: is not called, and what redirects it is not followed', () => {
      const expected = way.startsWith('redirect') ? [302] : way === 'rebinding' ? [200, null] : [null];
      expect(look('webhook').map(({ status }) => status)).toEqual(expected);
    });

    it('as a page that vouches: does not count', () => {
      expect(look('vouch').map(({ vouchHolds }) => vouchHolds)).toEqual(look('vouch').map(() => false));
    });
  });

  it('says the same of every address that is not public, where they can all be tried', () => {
    expect(found.sweep.length).toBeGreaterThanOrEqual(place === 'on loopback' ? 0 : 120);
    expect(found.sweep.filter(({ says }) => says !== unread)).toEqual([]);
  });

  // What the tests above would see without the guard: else they would prove nothing.
  if (!isLong && place !== 'on loopback') return;
  it(
    'would be led to the private web in all these ways, were everything allowed',
    { timeout: 120_000 },
    async () => {
      const open = await lead(everything);
      expect(open.connections).toBeGreaterThan(30);
      const led = new Set(open.secrets.map((path) => path.replace(/^\/secret\/(\d+)-(\w+)-.*$/u, '$1 $2')));
      for (const [n, way] of ways.entries()) {
        for (const occasion of occasions) {
          // Nothing follows the redirect of a webhook.
          const isFollowed = occasion !== 'webhook' || !way.startsWith('redirect');
          if (isFollowed) expect(led).toContain(`${n} ${occasion}`);
        }
      }
      const swept = open.secrets.filter((path) => path.startsWith('/secret/sweep/'));
      expect(swept.length).toBeGreaterThanOrEqual(place === 'on loopback' ? 0 : 120);
    },
  );
});

describe('what an answer tells of networks', () => {
  let web: Web;
  let dns: Dns;
  let service: Service;
  let closedPort: string;

  beforeAll(async () => {
    web = await startWeb();
    web.page('/post', 'Ours');
    const closed = await startRaw(() => undefined);
    closedPort = closed.host.split(':')[1] ?? '';
    await closed.close();
    dns = await startDns(({ name }) =>
      name.startsWith('private') ? ['10.0.0.1'] : name.startsWith('here') ? ['127.0.0.1'] : 'NXDOMAIN',
    );
    service = await startService({
      env: {
        SITES: `blog=${web.url('/')}`,
        DNS_SERVERS: dns.server,
        ALLOW_PRIVATE_NETWORK: '127.0.0.1/32',
        ANSWER_WITHIN_MS: '10000',
      },
    });
  });

  afterAll(async () => {
    await service.close();
    await Promise.all([dns.close(), web.close()]);
  });

  const sources = (): Readonly<Record<string, string>> => ({
    'a refused literal': 'http://10.0.0.1/story',
    'a refused address': 'http://private.example.com/story',
    'a refused port': 'http://here.example.com:25/story?x',
    'a refused name': 'http://router.local/story',
    'an unknown host': 'http://nobody.example.com/story',
    'a failed connection': `http://here.example.com:${closedPort}/story`,
  });

  /** All that anybody but the owner can see of a ping: what it says, when, and what the status page says. */
  async function look(source: string) {
    const startedAt = performance.now();
    const says = await service.ping(source, web.url('/post'));
    const tookMs = performance.now() - startedAt;
    const mention = await fetch(`${service.url}/webmention`, {
      method: 'POST',
      body: new URLSearchParams({ source, target: web.url('/post') }),
    });
    const path = new URL(mention.headers.get('location') ?? '').pathname;
    const status = await waitUntil(async () => {
      const text = await (await service.get(path)).text();
      return text.includes('refused') && text;
    });
    const { job, attempts } = await ownerOf(service).detail((await ownerOf(service).find(source)).id);
    const shape = status.replaceAll(source, 'SOURCE').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, 'TIME');
    return { says, tookMs, shape: shape.replaceAll(path.slice(8), 'ID'), job, tries: attempts.length };
  }

  it('is the same, no sooner than a second, and the same again, whatever was the matter', async () => {
    const looks = await Promise.all(Object.values(sources()).map(look));
    for (const { says, tookMs } of looks) {
      expect(says).toBe(unread);
      expect(tookMs).toBeGreaterThanOrEqual(1000);
    }
    expect(new Set(looks.map(({ shape }) => shape)).size).toBe(1);
    expect(new Set(looks.map(({ tries }) => tries)).size).toBe(1);
    // Each is tried again after as long.
    const waits = looks.map(({ job }) => Date.parse(job?.dueAt ?? '') - Date.now());
    expect(Math.max(...waits) - Math.min(...waits)).toBeLessThan(10_000);
  });
});
