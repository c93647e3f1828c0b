import { describe, expect, it } from 'vitest';
import type { Ping } from '../../src/linkback/accept.ts';
import { callerOf, makeAllowance } from '../../src/linkback/allowance.ts';

const from = (senderIp: string): Ping => ({ dialect: 'pingback', source: 's', target: 't', senderIp });

describe('the allowance of a caller', () => {
  it('is a minute’s share at once, then one at a time', () => {
    const allowance = makeAllowance(3);
    const answers = [0, 0, 0, 0].map((at) => allowance(from('192.0.2.1'), at));
    expect(answers).toEqual([
      undefined,
      undefined,
      undefined,
      { refused: 'too-many', retryAfterSeconds: 20 },
    ]);
    expect(allowance(from('192.0.2.1'), 20_000)).toBeUndefined();
    expect(allowance(from('192.0.2.1'), 20_001)).toMatchObject({ refused: 'too-many' });
  });

  it('is each caller’s own', () => {
    const allowance = makeAllowance(1);
    expect(allowance(from('192.0.2.1'), 0)).toBeUndefined();
    expect(allowance(from('192.0.2.2'), 0)).toBeUndefined();
  });

  it('does not fill up when a clock goes back', () => {
    const allowance = makeAllowance(1);
    allowance(from('192.0.2.1'), 100_000);
    expect(allowance(from('192.0.2.1'), 0)).toMatchObject({ refused: 'too-many' });
  });

  it('takes the addresses of one IPv6 subscriber for one caller', () => {
    expect(callerOf('2001:db8:1:2:aaaa::1')).toBe(callerOf('2001:0db8:0001:0002::ffff'));
    expect(callerOf('2001:db8:1:2::1')).not.toBe(callerOf('2001:db8:1:3::1'));
    expect(callerOf('::1')).toBe(callerOf('::2'));
    expect(callerOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(callerOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  });
});
