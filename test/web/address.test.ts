import { describe, expect, it } from 'vitest';
import {
  isExceptedAddress,
  isExceptedHost,
  isPublicAddress,
  joinExceptions,
  literalAddress,
  noExceptions,
  parseException,
} from '../../src/web/address.ts';
import { addressVectors } from '../support/vectors.ts';

const vectors = addressVectors();

describe('isPublicAddress', () => {
  it.each(vectors.notPublic.map(({ address, why }) => [address, why] as const))(
    'calls %s not public: %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(false);
    },
  );

  it.each(vectors.public)('calls %s public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(['', 'localhost', 'blog.example', '1.2.3.4.5', '1.2.3.4:80', '[::1]', '::g', ' 8.8.8.8'])(
    'calls %j, which is no address, not public',
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});

describe('parseException', () => {
  it.each(['10.0.0.0/8', '127.0.0.1/32', 'fd00::/8', '::1/128'])('reads the network %s', (text) => {
    const exceptions = parseException(text);
    expect(exceptions?.networks).toHaveLength(1);
    expect(exceptions?.hosts.size).toBe(0);
  });

  it.each([
    ['wiki.corp:8080', 'wiki.corp:8080'],
    ['Wiki.Corp:80', 'wiki.corp:80'],
    ['127.0.0.1:3000', '127.0.0.1:3000'],
    ['[::1]:3000', '[::1]:3000'],
  ])('reads the host %s', (text, host) => {
    expect([...(parseException(text)?.hosts ?? [])]).toEqual([host]);
  });

  it.each([
    '',
    '*',
    'true',
    'wiki.corp',
    '10.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/',
    'wiki.corp:',
    'wiki.corp:99999',
    'http://wiki.corp:80',
    'user@wiki.corp:80',
    'wiki.corp/a:80',
    'wiki.corp:80/a',
    'wiki.corp?:80',
  ])('does not read %j', (text) => {
    expect(parseException(text)).toBeUndefined();
  });
});

describe('exceptions', () => {
  const exceptions = joinExceptions(
    ['10.1.0.0/16', 'fd12::/16', 'wiki.corp:8080', 'plain.corp:80'].flatMap(
      (text) => parseException(text) ?? [],
    ),
  );

  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['10.2.0.1', false],
    ['fd12::1', true],
    ['fd13::1', false],
    ['wiki.corp', false],
  ])('say of the address %s: %s', (address, isListed) => {
    expect(isExceptedAddress(exceptions, address)).toBe(isListed);
  });

  it.each([
    ['http://wiki.corp:8080/a', true],
    ['https://wiki.corp:8080/', true],
    ['http://wiki.corp/', false],
    ['http://wiki.corp:8081/', false],
    ['http://a.wiki.corp:8080/', false],
    ['http://plain.corp/', true],
    ['https://plain.corp/', false],
  ])('say of the host in %s: %s', (url, isListed) => {
    expect(isExceptedHost(exceptions, new URL(url))).toBe(isListed);
  });

  it('list nothing by default', () => {
    expect(isExceptedAddress(noExceptions, '127.0.0.1')).toBe(false);
    expect(isExceptedHost(noExceptions, new URL('http://localhost/'))).toBe(false);
  });
});

describe('literalAddress', () => {
  it.each([
    ['http://127.0.0.1:80/', '127.0.0.1'],
    ['http://2130706433/', '127.0.0.1'],
    ['http://127.0.0.1./', '127.0.0.1'],
    ['http://[::1]/', '::1'],
    ['http://[::ffff:127.0.0.1]/', '::ffff:7f00:1'],
  ])('finds the address in %s', (url, address) => {
    expect(literalAddress(new URL(url))).toBe(address);
  });

  it.each(['http://blog.example/', 'http://1.example/', 'http://dead.beef/', 'http://localhost/'])(
    'finds none in %s',
    (url) => {
      expect(literalAddress(new URL(url))).toBeUndefined();
    },
  );
});
