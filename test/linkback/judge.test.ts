import { describe, expect, it } from 'vitest';
import { settle, type SettleContext, type Settlement } from '../../src/linkback/settle.ts';
import type { Signal } from '../../src/linkback/signal.ts';
import type { Linkback } from '../../src/linkback/linkback.ts';
import { buildFound, buildLinkback, buildRule, buildVerified } from '../support/build-linkback.ts';

const now = 1_000_000;

const settled = (change: Partial<SettleContext>, linkback: Linkback = buildLinkback()): Settlement =>
  settle(linkback, buildFound(), {
    now,
    progress: { setbacks: 0, looks: 0 },
    policy: 'approve-all',
    hostIsApproved: false,
    retryAt: () => undefined,
    ...change,
  });

const signal = (weight: number): Signal => ({ name: 'burst', weight, sentence: 'Many came at once.' });
const host = { sourceHost: 'source.example' };

describe('a rule that stands', () => {
  it('decides on the first verification, before the policy, and stands in the event', () => {
    const rule = buildRule({ id: 'rule-7', action: 'reject', ...host });
    const { linkback, events } = settled({ rules: [rule] });
    expect(linkback.moderation).toBe('rejected');
    expect(events.at(-1)).toMatchObject({
      by: { kind: 'rule', name: 'rule-7' },
      from: 'pending',
      to: 'rejected',
    });
  });

  it('holds what the policy would approve', () => {
    const { linkback, events } = settled({ rules: [buildRule({ action: 'hold', ...host })] });
    expect(linkback.moderation).toBe('pending');
    expect(events.every(({ machine }) => machine === 'verification')).toBe(true);
  });

  it('approves what the policy would hold, whatever the signals say', () => {
    const rules = [buildRule({ action: 'approve', ...host })];
    const { linkback } = settled({ policy: 'hold-all', rules, weigh: () => [signal(100)] });
    expect(linkback).toMatchObject({ moderation: 'approved', score: 100 });
  });

  it('rejects what was accepted before it blocked', () => {
    expect(settled({ rules: [buildRule({ action: 'block', ...host })] }).linkback.moderation).toBe(
      'rejected',
    );
  });

  it('never speaks after the owner has', () => {
    const rules = [buildRule({ action: 'reject', ...host })];
    const approved = buildVerified({ moderation: 'approved' });
    expect(settled({ rules }, approved).linkback.moderation).toBe('approved');
    expect(settled({ rules }, buildVerified()).linkback.moderation).toBe('pending');
  });
});

describe('signals', () => {
  it('are kept with their points in sum, together with what others think', () => {
    const found = buildFound({ opinions: [signal(2)] });
    const { linkback } = settle(buildLinkback(), found, {
      now,
      progress: { setbacks: 0, looks: 0 },
      policy: 'hold-all',
      hostIsApproved: false,
      retryAt: () => undefined,
      weigh: () => [signal(1), signal(-4)],
    });
    expect(linkback.signals.map(({ weight }) => weight)).toEqual([1, -4, 2]);
    expect(linkback.score).toBe(-1);
  });

  it('hold from the first threshold on, and file as spam from the second, with their sentences', () => {
    const thresholds = { holdAt: 3, spamAt: 8 };
    expect(settled({ thresholds, weigh: () => [signal(2)] }).linkback.moderation).toBe('approved');
    expect(settled({ thresholds, weigh: () => [signal(3)] }).linkback.moderation).toBe('pending');
    const { linkback, events } = settled({ thresholds, weigh: () => [signal(5), signal(3), signal(0)] });
    expect(linkback.moderation).toBe('spam');
    expect(events.at(-1)).toMatchObject({
      by: { kind: 'signals' },
      why: 'Many came at once. Many came at once.',
    });
  });

  it('are weighed again at later looks, and decide nothing then', () => {
    const { linkback } = settled({ weigh: () => [signal(50)] }, buildVerified({ moderation: 'approved' }));
    expect(linkback).toMatchObject({ moderation: 'approved', score: 50 });
  });
});
