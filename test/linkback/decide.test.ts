import { describe, expect, it } from 'vitest';
import { decide } from '../../src/linkback/decide.ts';
import { moderations, verifications } from '../../src/linkback/linkback.ts';
import { buildLinkback, buildVerified } from '../support/build-linkback.ts';

const by = { kind: 'person', name: 'ann' } as const;

describe('decide', () => {
  const moves = moderations.flatMap((from) => moderations.map((to) => [from, to] as const));

  it.each(moves)('moves from %s to %s, with an event that says who and why', (from, to) => {
    const { linkback, events } = decide(buildVerified({ moderation: from }), to, by, 'because', 5000);
    expect(linkback.moderation).toBe(to);
    const expected = from === to ? [] : [{ at: 5000, by, why: 'because', machine: 'moderation', from, to }];
    expect(events).toEqual(expected);
  });

  it.each(verifications)('leaves verification %s as it is', (verification) => {
    const before = buildLinkback({ verification });
    expect(decide(before, 'approved', by, '', 5000).linkback.verification).toBe(verification);
  });
});
