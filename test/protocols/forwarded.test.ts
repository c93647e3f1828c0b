import { describe, expect, it } from 'vitest';
import { credibleForwarding } from '../../src/protocols/forwarded.ts';

describe('what is believed of X-Forwarded-For', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1, 192.0.2.1', '2001:db8::1, 192.0.2.1'],
    [' 192.0.2.1 ,\t192.0.2.2 ', '192.0.2.1, 192.0.2.2'],
    ['192.0.2.1:4711, [2001:db8::1]:80, [2001:db8::2]', '192.0.2.1, 2001:db8::1, 2001:db8::2'],
    ['fe80::1%eth0, ::ffff:192.0.2.1', 'fe80::1%eth0, ::ffff:192.0.2.1'],
  ])('is all of it when it is addresses: %s', (header, believed) => {
    expect(credibleForwarding(header)).toBe(believed);
  });

  it.each([
    ['203.0.113.9, garbage, 192.0.2.1', '192.0.2.1'],
    ['203.0.113.9, unknown, 192.0.2.1, 192.0.2.2', '192.0.2.1, 192.0.2.2'],
    ['203.0.113.9,,192.0.2.1', '192.0.2.1'],
    ['<script>alert(1)</script>, 192.0.2.1', '192.0.2.1'],
    ["'; DROP TABLE job; --, 192.0.2.1", '192.0.2.1'],
    ['1.2.3.999, 192.0.2.1', '192.0.2.1'],
  ])('is only what stands after the last thing that is no address: %s', (header, believed) => {
    expect(credibleForwarding(header)).toBe(believed);
  });

  it.each([
    '',
    ' ',
    ',',
    'garbage',
    '192.0.2.1, garbage',
    '192.0.2.1, ',
    'x'.repeat(10_000),
    '[192.0.2.1',
    '127.1',
    '2130706433',
  ])('is nothing when it ends in no address: %.20s', (header) => {
    expect(credibleForwarding(header)).toBeUndefined();
  });
});
