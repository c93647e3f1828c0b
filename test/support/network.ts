/** Thirteen ways to lead a fetch into a private network, tried on the built program from outside. */
import { startDns, type Dns, type DnsAnswer, type Question } from './dns.ts';
import { postForm } from './forms.ts';
import { ownerOf, type Owner } from './owner.ts';
import { startService, type Service } from './service.ts';
import { addressVectors } from './vectors.ts';
import { waitUntil } from './wait.ts';
import { onRequest, startRaw, startWeb, type RawWeb, type Web } from './web.ts';

/** A network with a public web and, on the same port, a private one that nobody may be led to. */
export type World = {
  readonly publicAddress: string;
  readonly privateAddress: string;
  readonly port: number;
  /** What the service may fetch although it is not public. */
  readonly exceptions: string;
  /** Whether all addresses there are lead to this machine: then all that are not public are tried, too, on port 80. */
  readonly isWholeInternet?: boolean;
};

/** The ways, in the order of the usual table. */
export const ways = [
  'literal',
  'decimal',
  '0.0.0.0',
  '::1',
  'mapped',
  'name to private',
  'name to 0.0.0.0',
  'name to ::1',
  'public and private',
  'private and public',
  'redirect to a literal',
  'redirect to a name',
  'rebinding',
] as const;
export type Way = (typeof ways)[number];

/** What makes the service connect: a ping's source, its redirect, our own page, the page that vouches, a webhook. */
export const occasions = ['source', 'redirect', 'target', 'vouch', 'webhook'] as const;
export type Occasion = (typeof occasions)[number];

/** What became of one ping, or of one call to a webhook. */
export type Finding = {
  readonly way: Way;
  readonly occasion: Occasion;
  /** A name that changes its address is looked at twice. */
  readonly look: 1 | 2;
  readonly says: string;
  readonly tookMs: number;
  readonly verification: string;
  readonly reason: string | null;
  readonly vouchHolds: boolean | null;
  /** The HTTP status that a webhook's address answered; null when it was not called, and for pings. */
  readonly status: number | null;
};

/** What became of a ping whose source is at an address that is not public. */
export type Sweep = { readonly address: string; readonly by: 'literal' | 'name'; readonly says: string };

export type Findings = {
  readonly findings: readonly Finding[];
  readonly sweep: readonly Sweep[];
  /** Connections to the private web. */
  readonly connections: number;
  /** Secret pages that were asked for, on the private web or the public one. */
  readonly secrets: readonly string[];
};

/** A zone is a machine's own affair: no name server knows it. */
const privateAddresses: readonly string[] = addressVectors()
  .notPublic.map(({ address }) => address)
  .filter((address) => !address.includes('%'));

/** Addresses by the first label of a name, or what becomes of a name that is asked for again. */
function makeZone({ publicAddress, privateAddress }: World): (question: Question) => DnsAnswer {
  const asked = new Map<string, number>();
  const known: Readonly<Record<string, DnsAnswer>> = {
    private: [privateAddress],
    zero: ['0.0.0.0'],
    six: ['::1'],
    'public-private': [publicAddress, privateAddress],
    'private-public': [privateAddress, publicAddress],
    ours: [publicAddress],
    good: [publicAddress],
    ...Object.fromEntries(privateAddresses.map((address, n) => [`address-${n}`, [address]])),
  };
  return ({ name, type }) => {
    const label = name.split('.')[0] ?? '';
    if (!label.startsWith('rebind')) return known[label] ?? 'NXDOMAIN';
    if (type === 'AAAA') return [];
    asked.set(name, (asked.get(name) ?? 0) + 1);
    return asked.get(name) === 1 ? [publicAddress] : [privateAddress];
  };
}

type Attack = { readonly way: Way; readonly occasion: Occasion; readonly look: 1 | 2 };

const nameOf = ({ way, occasion, look }: Attack): string => `${ways.indexOf(way)}-${occasion}-${look}`;

type Scene = {
  readonly world: World;
  readonly web: Web;
  readonly service: Service;
  readonly owner: Owner;
};

/** A page of the public web that leads elsewhere, by a redirect or by a link. */
function lead({ world, web }: Scene, host: 'ours' | 'good', path: string, to: string): string {
  const isLink = path.startsWith('/links/');
  web.page(
    path,
    isLink
      ? `<title>A page</title><p>See <a href="${to}">this</a>.</p>`
      : { status: 302, headers: { location: to }, body: '' },
  );
  return `http://${host}.example.com:${world.port}${path}`;
}

/** The URL that leads, or seems to lead, to the private web. */
function trapOf(attack: Attack, scene: Scene): string {
  const { privateAddress, port } = scene.world;
  const name = nameOf(attack);
  const at = (host: string): string => `http://${host}:${port}/secret/${name}`;
  const through = (to: string): string => lead(scene, 'good', `/moved/${name}`, to);
  const number = privateAddress.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const traps: Readonly<Record<Way, () => string>> = {
    literal: () => at(privateAddress),
    decimal: () => at(String(number)),
    '0.0.0.0': () => at('0.0.0.0'),
    '::1': () => at('[::1]'),
    mapped: () => at(`[::ffff:${privateAddress}]`),
    'name to private': () => at('private.example.com'),
    'name to 0.0.0.0': () => at('zero.example.com'),
    'name to ::1': () => at('six.example.com'),
    'public and private': () => at('public-private.example.com'),
    'private and public': () => at('private-public.example.com'),
    'redirect to a literal': () => through(at(privateAddress)),
    'redirect to a name': () => through(at('private.example.com')),
    rebinding: () => at(`rebind-${attack.occasion}.example.com`),
  };
  return traps[attack.way]();
}

/** Sends the ping that leads into the trap, and waits for what becomes of it. */
async function spring(attack: Attack, scene: Scene): Promise<Finding> {
  if (attack.occasion === 'webhook') return springCall(attack, scene);
  const { world, web, service, owner } = scene;
  const name = nameOf(attack);
  const trap = trapOf(attack, scene);
  const post = `http://ours.example.com:${world.port}/post/${name}`;
  web.page(`/post/${name}`, '<title>Ours</title>');
  web.page(`/secret/${name}`, '<title>A page that is public for now</title>');
  const go = (host: 'ours' | 'good'): string => lead(scene, host, `/go/${name}`, trap);
  const links = (to: string): string => lead(scene, 'good', `/links/${name}`, to);
  const [source, target] = {
    source: () => [trap, post] as const,
    redirect: () => [go('good'), post] as const,
    target: () => [links(go('ours')), go('ours')] as const,
    vouch: () => [links(post), post] as const,
  }[attack.occasion]();
  const startedAt = performance.now();
  const says =
    attack.occasion === 'vouch'
      ? await mention(service, source, target, go('ours'))
      : await service.ping(source, target);
  const tookMs = performance.now() - startedAt;
  const settled = await waitUntil(
    async () => {
      // The service writes numbers and other spellings in its own way.
      const { items } = await owner.list({ q: `/${name}` });
      return items.find((each) => each.source.url.endsWith(name) && each.verification !== 'unverified');
    },
    { what: `the verdict on ${name}`, timeoutMs: 20_000, everyMs: 300 },
  );
  const { evidence } = await owner.detail(settled.id);
  const vouch = evidence?.['vouch'] as { readonly holds: boolean } | undefined;
  return {
    ...attack,
    says,
    tookMs,
    verification: settled.verification,
    reason: settled.refusal?.reason ?? null,
    vouchHolds: vouch?.holds ?? null,
    status: null,
  };
}

type Logged = { readonly attempts: number; readonly state: string; readonly status: number | null };

/** Adds a webhook whose address is the trap, has it called, and waits for what comes of it. */
async function springCall(attack: Attack, scene: Scene): Promise<Finding> {
  const { api } = scene.service;
  const url = trapOf(attack, scene);
  scene.web.page(`/secret/${nameOf(attack)}`, 'Thank you');
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> =>
    (await api(method, `/api/webhooks${path}`, body)).json();
  const startedAt = performance.now();
  const { id } = (await ask('POST', '', { url, events: ['gone'] })) as { readonly id: string };
  await ask('POST', `/${id}/test`);
  const call = await waitUntil(
    async () => {
      const { items } = (await ask('GET', `/${id}/deliveries`)) as { readonly items: readonly Logged[] };
      return items.find(({ attempts, state }) => attempts > 0 && state !== 'leased');
    },
    { what: `the call of ${nameOf(attack)}`, timeoutMs: 30_000, everyMs: 300 },
  );
  await api('DELETE', `/api/webhooks/${id}`);
  const tookMs = performance.now() - startedAt;
  const { status, state } = call;
  return { ...attack, says: state, tookMs, verification: '', reason: null, vouchHolds: null, status };
}

async function mention(service: Service, source: string, target: string, vouch: string): Promise<string> {
  const fields = Object.entries({ source, target, vouch });
  return String((await postForm(`${service.url}/webmention`, fields)).status);
}

/** Pings from every address that is not public, as a literal and through a name. */
async function sweep({ world, web, service }: Scene): Promise<Sweep[]> {
  const pings = privateAddresses.flatMap((address, n) => [
    { address, by: 'literal', host: address.includes(':') ? `[${address}]` : address } as const,
    { address, by: 'name', host: `address-${n}.example.com` } as const,
  ]);
  web.page('/post/sweep', '<title>Ours</title>');
  const target = `http://ours.example.com:${world.port}/post/sweep`;
  return Promise.all(
    pings.map(async ({ address, by, host }) => ({
      address,
      by,
      says: await service.ping(`http://${host}/secret/sweep/${encodeURIComponent(address)}/${by}`, target),
    })),
  );
}

/** Springs every trap, all of them at once, and tells whether anybody was led astray. */
export async function tryAllWays(world: World): Promise<Findings> {
  const web = await startWeb({ address: world.publicAddress, port: world.port });
  const privateWebs = await startPrivateWebs(world);
  const dns = await startDns(makeZone(world));
  const service = await startInside(world, dns);
  try {
    const scene = { world, web, service, owner: ownerOf(service) };
    const attacks = ways.flatMap((way) => occasions.map((occasion): Attack => ({ way, occasion, look: 1 })));
    const first = await Promise.all(attacks.map((attack) => spring(attack, scene)));
    const again = occasions.map((occasion): Attack => ({ way: 'rebinding', occasion, look: 2 }));
    const second = await Promise.all(again.map((attack) => spring(attack, scene)));
    const swept = world.isWholeInternet === true ? await sweep(scene) : [];
    const shown = [...attacks, ...again].flatMap((attack) => web.hits(`/secret/${nameOf(attack)}`));
    return {
      findings: [...first, ...second],
      sweep: swept,
      connections: privateWebs.reduce((sum, each) => sum + each.connections().made, 0),
      secrets: [...privateWebs.flatMap((each) => each.secrets), ...shown.map(({ url }) => url)].sort(),
    };
  } finally {
    await Promise.all([service, dns, web, ...privateWebs].map((each) => each.close()));
  }
}

function startInside({ port, exceptions }: World, dns: Dns): Promise<Service> {
  return startService({
    env: {
      SITES: `blog=http://ours.example.com:${port}/`,
      DNS_SERVERS: dns.server,
      ALLOW_PRIVATE_NETWORK: exceptions,
      ANSWER_WITHIN_MS: '15000',
      POLICY: 'hold-all',
    },
  });
}

type PrivateWeb = RawWeb & { readonly secrets: readonly string[] };

/** What must never be reached. */
async function startPrivateWebs({ privateAddress, port, isWholeInternet }: World): Promise<PrivateWeb[]> {
  const places = [
    [privateAddress, port],
    ['::1', port],
    ...(isWholeInternet === true ? ([['::', 80]] as const) : []),
  ] as const;
  const webs = await Promise.all(places.map(([address, at]) => startPrivateWeb(address, at)));
  return webs.filter((each) => each !== undefined);
}

/** None where the machine has no such address: not all have IPv6. */
async function startPrivateWeb(address: string, port: number): Promise<PrivateWeb | undefined> {
  const secrets: string[] = [];
  const page = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>Secret</title>';
  try {
    const tell = onRequest((socket, request) => {
      secrets.push(request.split(' ')[1] ?? '');
      socket.end(page);
    });
    return { ...(await startRaw(tell, { address, port })), secrets };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL') return undefined;
    throw error;
  }
}
