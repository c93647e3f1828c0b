import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePageUrl } from '../../src/linkback/page-url.ts';
import { joinExceptions, parseException } from '../../src/web/address.ts';
import { makeGuard, type Guard } from '../../src/web/guard.ts';
import { makeResolve, type Admission, type Resolve } from '../../src/web/resolve.ts';
import { startDns, type Dns } from '../support/dns.ts';
import { addressVectors, hostileUrls } from '../support/vectors.ts';

type World = {
  /** What the name server says of every name, or what it makes of a host. */
  readonly dns?: readonly string[] | ((host: string) => Admission);
  /** Instead of `dns`. */
  readonly resolve?: Resolve;
  readonly exceptions?: readonly string[];
  readonly allowIpHosts?: boolean;
  readonly ownRoute?: string;
};

function guardIn({
  dns = ['93.184.216.34'],
  resolve,
  exceptions = [],
  allowIpHosts = false,
  ownRoute,
}: World): Guard {
  return makeGuard({
    resolve:
      resolve ??
      (async (host) => (typeof dns === 'function' ? dns(host) : { kind: 'admitted', addresses: dns })),
    exceptions: joinExceptions(exceptions.flatMap((text) => parseException(text) ?? [])),
    allowIpHosts,
    isOwnRoute: (url) => url.pathname === ownRoute,
  });
}

/** As in the product: what is no URL to us never reaches the guard. */
async function verdict(text: string, world: World = {}): Promise<Admission['kind']> {
  const url = parsePageUrl(text);
  return url === undefined ? 'refused' : (await guardIn(world).admit(url)).kind;
}

const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const { notPublic, public: publicAddresses } = addressVectors();
const plainNotPublic = notPublic.filter(({ address }) => !address.includes('%'));

describe('the guard on hostile URLs', () => {
  it.each(hostileUrls())(
    'with IP hosts off: $url ($why) is to $verdict',
    async ({ url, verdict: expected }) => {
      expect(await verdict(url)).toBe(expected === 'allow' ? 'admitted' : 'refused');
    },
  );

  it.each(hostileUrls())(
    'with IP hosts on: $url ($why) is to $verdict',
    async ({ url, verdict: expected }) => {
      expect(await verdict(url, { allowIpHosts: true })).toBe(expected === 'refuse' ? 'refused' : 'admitted');
    },
  );
});

describe('the guard on addresses that are not public', () => {
  it('has at least sixty of them to judge', () => {
    expect(plainNotPublic.length).toBeGreaterThanOrEqual(60);
  });

  it.each(plainNotPublic)('refuses the literal $address: $why', async ({ address }) => {
    const url = `http://${inUrl(address)}/`;
    expect(await verdict(url)).toBe('refused');
    expect(await verdict(url, { allowIpHosts: true })).toBe('refused');
  });

  it.each(notPublic)('refuses a name that has $address: $why', async ({ address }) => {
    expect(await verdict('http://blog.example.com/', { dns: [address] })).toBe('refused');
  });

  it.each(notPublic)('refuses a name that has $address among public ones', async ({ address }) => {
    const url = 'https://blog.example.com/';
    expect(await verdict(url, { dns: ['8.8.8.8', address] })).toBe('refused');
    expect(await verdict(url, { dns: [address, '2606:4700::1111'] })).toBe('refused');
  });

  it.each(notPublic)('says after connecting that $address may not be talked to', ({ address }) => {
    expect(guardIn({}).mayTalkTo(new URL('http://blog.example.com/'), address)).toBe(false);
  });
});

describe('the guard behind a real name server', () => {
  let dns: Dns;
  let guard: Guard;

  beforeAll(async () => {
    const all = [...plainNotPublic.map(({ address }) => address), ...publicAddresses];
    dns = await startDns(({ name }) => {
      const [, n = '', where = ''] = /^a(\d+)\.(\w+)\./u.exec(name) ?? [];
      const address = all[Number(n)] ?? '';
      return (
        { first: [address, '8.8.8.8', '2606:4700::1111'], last: ['8.8.8.8', address] }[where] ?? [address]
      );
    });
    guard = guardIn({ resolve: makeResolve([dns.server]) });
  });

  afterAll(() => dns.close());

  it.each(plainNotPublic.map(({ address, why }, n) => ({ address, why, n })))(
    'refuses a name that has $address, alone and among others: $why',
    async ({ n }) => {
      for (const where of ['alone', 'first', 'last']) {
        const url = new URL(`http://a${n}.${where}.example.com/`);
        expect(await guard.admit(url)).toMatchObject({
          kind: 'refused',
          // Because of its address, not for want of one.
          detail: expect.stringContaining('is at ') as string,
        });
      }
    },
  );

  it.each(publicAddresses.map((address, n) => ({ address, n: plainNotPublic.length + n })))(
    'admits a name that has $address',
    async ({ n }) => {
      expect(await guard.admit(new URL(`http://a${n}.alone.example.com/`))).toMatchObject({
        kind: 'admitted',
      });
    },
  );
});

describe('the guard on the public internet', () => {
  it.each(publicAddresses)('admits a name at %s, and says so again after connecting', async (address) => {
    const guard = guardIn({ dns: [address] });
    const url = new URL('https://blog.example.com/a?b');
    expect(await guard.admit(url)).toEqual({ kind: 'admitted', addresses: [address] });
    expect(guard.mayTalkTo(url, address)).toBe(true);
  });

  it.each(publicAddresses)('admits the literal %s only where IP hosts are allowed', async (address) => {
    const url = `http://${inUrl(address)}/`;
    expect(await verdict(url)).toBe('refused');
    expect(await verdict(url, { allowIpHosts: true })).toBe('admitted');
  });

  it.each([
    'http://a.example.com:80/',
    'http://a.example.com:443/',
    'https://a.example.com:8443/',
    'http://a.example.com:8080/',
  ])('admits the port in %s', async (url) => expect(await verdict(url)).toBe('admitted'));

  it.each([1, 21, 22, 25, 81, 3000, 5432, 6379, 8000, 8081, 9200, 65_535])(
    'refuses port %i',
    async (port) => {
      const url = new URL(`http://blog.example.com:${port}/`);
      expect(await verdict(url.href)).toBe('refused');
      expect(guardIn({}).mayTalkTo(url, '8.8.8.8')).toBe(false);
    },
  );

  it.each([
    'http://intranet/',
    'http://localhost/',
    'http://blog.localhost/',
    'http://nas.local/',
    'http://vault.internal/',
    'http://wiki.corp/',
    'http://box.home/',
    'http://a.test/',
    'http://a.invalid/',
    'http://a.example/',
    'http://a.onion/',
    'http://1.0.0.127.in-addr.arpa/',
    'http://a..example.com/',
    `http://${'a'.repeat(64)}.example.com/`,
    'http://.example.com/',
  ])('refuses the name in %s without asking for it', async (url) => {
    const asked: string[] = [];
    const dns = (host: string): Admission => {
      asked.push(host);
      return { kind: 'admitted', addresses: ['8.8.8.8'] };
    };
    expect(await verdict(url, { dns })).toBe('refused');
    expect(asked).toEqual([]);
  });

  it('asks for a name without its trailing dot', async () => {
    const asked: string[] = [];
    const dns = (host: string): Admission => {
      asked.push(host);
      return { kind: 'admitted', addresses: ['8.8.8.8'] };
    };
    expect(await verdict('http://Blog.Example.COM./', { dns })).toBe('admitted');
    expect(asked).toEqual(['blog.example.com']);
  });

  it.each(['refused', 'trouble'] as const)('hands on that a name is %s', async (kind) => {
    expect(await verdict('http://blog.example.com/', { dns: () => ({ kind, detail: 'so it is' }) })).toBe(
      kind,
    );
  });

  it('refuses our own routes, listed or not', async () => {
    const world = { ownRoute: '/pingback', exceptions: ['blog.example.com:80'] };
    expect(await verdict('http://blog.example.com/pingback', world)).toBe('refused');
    expect(await verdict('http://other.example.com/pingback', world)).toBe('refused');
  });
});

describe('a listed network', () => {
  const exceptions = ['10.1.0.0/16', '127.0.0.0/8'];

  it.each([
    ['a literal in it', 'http://10.1.2.3/'],
    ['a literal in it, on any port', 'http://10.1.2.3:3000/'],
    ['a literal in it, spelt as a number', 'http://2130706433:3000/'],
    ['localhost, on any port', 'http://localhost:3000/'],
    ['a name below localhost', 'http://blog.localhost:3000/'],
  ])('admits %s', async (_, url) => {
    expect(await verdict(url, { exceptions, dns: [] })).toBe('admitted');
  });

  it.each([
    'http://blog.example.com:3000/',
    'http://wiki.corp:3000/',
    'http://wiki/',
    'http://nas.home.arpa/',
    'http://blog.test/',
  ])('admits the name in %s at an address in it', async (url) =>
    expect(await verdict(url, { exceptions, dns: ['10.1.2.3'] })).toBe('admitted'),
  );

  it.each([
    ['a literal beside it', 'http://10.2.2.3/', []],
    ['another private literal', 'http://169.254.169.254/', []],
    ['a public literal', 'http://8.8.8.8/', []],
    ['a name at an address beside it', 'http://blog.example.com/', ['10.2.0.1']],
    ['a name with one address in it and one beside it', 'http://blog.example.com/', ['10.1.0.1', '10.2.0.1']],
    ['a public name on a strange port', 'http://blog.example.com:3000/', ['8.8.8.8']],
    ['a private name at a public address', 'http://wiki.corp/', ['8.8.8.8']],
    ['a private name at an address beside it', 'http://wiki.corp/', ['10.2.0.1']],
    ['a name that nobody may have', 'http://blog.invalid/', ['10.1.2.3']],
    ['a name that is none', 'http://a..corp/', ['10.1.2.3']],
  ])('does not admit %s', async (_, url, dns) => {
    expect(await verdict(url, { exceptions, dns })).toBe('refused');
  });

  it('is the only place where a private name is looked for', async () => {
    const guard = guardIn({ exceptions, dns: ['10.2.0.1', '10.1.0.1', '8.8.8.8'] });
    expect(await guard.admit(new URL('http://wiki.corp/'))).toEqual({
      kind: 'admitted',
      addresses: ['10.1.0.1'],
    });
  });

  it('leaves localhost refused when it is elsewhere', async () => {
    expect(await verdict('http://localhost:3000/', { exceptions: ['10.1.0.0/16'], dns: ['10.1.0.1'] })).toBe(
      'refused',
    );
  });
});

describe('a listed host with its port', () => {
  const exceptions = ['localhost:3000', '10.1.2.3:3000'];

  it.each(['http://localhost:3000/a', 'http://10.1.2.3:3000/'])('admits %s', async (url) => {
    expect(await verdict(url, { exceptions })).toBe('admitted');
  });

  it('is looked up by the system, whatever name servers say', async () => {
    const admission = await guardIn({ exceptions, dns: ['8.8.8.8'] }).admit(
      new URL('http://localhost:3000/'),
    );
    expect(
      admission.kind === 'admitted' && admission.addresses.every((each) => /^(?:127\.|::1$)/u.test(each)),
    ).toBe(true);
  });

  it('is refused like any other when the system does not know it', async () => {
    // So long a label that the system knows without asking anybody.
    const host = `${'a'.repeat(64)}.corp:3000`;
    expect(await verdict(`http://${host}/`, { exceptions: [host] })).toBe('refused');
  });

  it.each([
    ['another port', 'http://localhost:3001/'],
    ['the default port', 'http://localhost/'],
    ['a name below it', 'http://a.localhost:3000/'],
    ['another spelling that leads there', 'http://127.0.0.1:3000/'],
    ['its neighbour', 'http://10.1.2.4:3000/'],
  ])('does not admit %s', async (_, url) => {
    expect(await verdict(url, { exceptions, dns: ['127.0.0.1'] })).toBe('refused');
  });

  it('may be talked to at whatever address it has', () => {
    const guard = guardIn({ exceptions });
    expect(guard.mayTalkTo(new URL('http://localhost:3000/'), '127.0.0.1')).toBe(true);
    expect(guard.mayTalkTo(new URL('http://blog.example.com/'), '127.0.0.1')).toBe(false);
  });
});
