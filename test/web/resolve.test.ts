import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeResolve, maxAddresses, resolveTimeoutMs, type Resolve } from '../../src/web/resolve.ts';
import { startDns, type Dns, type DnsAnswer, type Question } from '../support/dns.ts';

const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `93.184.${Math.floor(n / 250)}.${(n % 250) + 1}`);

const zone: Readonly<Record<string, DnsAnswer | ((question: Question) => DnsAnswer)>> = {
  'both.example.com': ['93.184.216.34', '2606:4700::1111', '8.8.8.8'],
  'old.example.com': ['93.184.216.34'],
  'new.example.com': ['2606:4700::1111'],
  'empty.example.com': [],
  'unknown.example.com': 'NXDOMAIN',
  'broken.example.com': 'SERVFAIL',
  'closed.example.com': 'REFUSED',
  'half.example.com': ({ type }) => (type === 'A' ? ['93.184.216.34'] : 'SERVFAIL'),
  'most.example.com': addresses(maxAddresses),
  'more.example.com': addresses(maxAddresses + 1),
  // As many as a message has room for.
  'flood.example.com': addresses(4000),
  'silent.example.com': 'silence',
  'half-silent.example.com': ({ type }) => (type === 'A' ? ['93.184.216.34'] : 'silence'),
  'garbage.example.com': 'garbage',
};

let dns: Dns;
let resolve: Resolve;

beforeAll(async () => {
  dns = await startDns((question) => {
    const answer = zone[question.name] ?? 'NXDOMAIN';
    return typeof answer === 'function' ? answer(question) : answer;
  });
  resolve = makeResolve([dns.server]);
});

afterAll(() => dns.close());

describe('makeResolve', () => {
  it.each([
    ['both families', 'both.example.com', ['93.184.216.34', '8.8.8.8', '2606:4700::1111']],
    ['IPv4 alone', 'old.example.com', ['93.184.216.34']],
    ['IPv6 alone', 'new.example.com', ['2606:4700::1111']],
    ['one family when the other one fails', 'half.example.com', ['93.184.216.34']],
    ['as many addresses as it takes', 'most.example.com', addresses(maxAddresses)],
  ])('finds %s', async (_, host, expected) => {
    expect(await resolve(host)).toEqual({ kind: 'admitted', addresses: expected });
  });

  it.each([
    ['does not exist', 'unknown.example.com'],
    ['has no address', 'empty.example.com'],
    ['has one address too many', 'more.example.com'],
    ['has thousands of addresses', 'flood.example.com'],
  ])('refuses a name that %s', async (_, host) => {
    expect(await resolve(host)).toMatchObject({ kind: 'refused' });
  });

  it.each([
    ['fails', 'broken.example.com'],
    ['does not want to answer', 'closed.example.com'],
  ])('has trouble when the name server %s', async (_, host) => {
    expect(await resolve(host)).toMatchObject({ kind: 'trouble' });
  });

  it('gives up on a silent name server within its deadline, and meanwhile answers for other names', async () => {
    const startedAt = performance.now();
    const silent = Promise.all(
      ['silent.example.com', 'garbage.example.com', 'half-silent.example.com'].map((host) => resolve(host)),
    );
    expect(await resolve('both.example.com')).toMatchObject({ kind: 'admitted' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    // What one family said in time is kept.
    expect((await silent).map(({ kind }) => kind)).toEqual(['trouble', 'trouble', 'admitted']);
    expect(performance.now() - startedAt).toBeLessThan(resolveTimeoutMs + 1000);
  });

  it('gives up when the signal fires', async () => {
    const startedAt = performance.now();
    expect(await resolve('silent.example.com', AbortSignal.timeout(100))).toMatchObject({ kind: 'trouble' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('asks again every time, so that no answer outlives its fetch', async () => {
    const asked = (): number => dns.questions().filter(({ name }) => name === 'old.example.com').length;
    const before = asked();
    await resolve('old.example.com');
    await resolve('old.example.com');
    expect(asked() - before).toBe(4);
  });

  it('does not know what the machine’s own files say', async () => {
    expect(await resolve('localhost')).toMatchObject({ kind: 'refused' });
  });
});
