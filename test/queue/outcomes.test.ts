import { describe, expect, it } from 'vitest';
import { answerOf, makeOutcomes } from '../../src/queue/outcomes.ts';
import { buildLinkback, buildVerified } from '../support/build-linkback.ts';

/** Longer than any test runs: whoever waits for this is let go by something else. */
const forever = 1_000_000;

describe('waiting for a verdict', () => {
  it('ends with the answer, for everybody who waits for this linkback and for nobody else', async () => {
    const outcomes = makeOutcomes();
    const one = outcomes.next('a', forever);
    const another = outcomes.next('a', forever);
    const other = outcomes.next('b', forever);
    outcomes.tell({ linkbackId: 'a', answer: 'no-link' });
    expect(await one).toBe('no-link');
    expect(await another).toBe('no-link');
    outcomes.tell({ linkbackId: 'b', answer: 'verified' });
    expect(await other).toBe('verified');
  });

  it('ends with nothing when the time is up, not before', async () => {
    const outcomes = makeOutcomes();
    const from = performance.now();
    expect(await outcomes.next('a', 50)).toBeUndefined();
    expect(performance.now() - from).toBeGreaterThanOrEqual(49);
  });

  it('lets each caller have a time of its own', async () => {
    const outcomes = makeOutcomes();
    const patient = outcomes.next('a', forever);
    expect(await outcomes.next('a', 1)).toBeUndefined();
    outcomes.tell({ linkbackId: 'a', answer: 'verified' });
    expect(await patient).toBe('verified');
  });

  it('is about the next attempt: what was told before is not told again', async () => {
    const outcomes = makeOutcomes();
    outcomes.tell({ linkbackId: 'a', answer: 'upstream' });
    const next = outcomes.next('a', forever);
    outcomes.tell({ linkbackId: 'a', answer: 'verified' });
    outcomes.tell({ linkbackId: 'a', answer: 'no-link' });
    expect(await next).toBe('verified');
  });

  it('ends for everybody when the service stops, and at once for whoever comes then', async () => {
    const outcomes = makeOutcomes();
    const waiting = ['a', 'a', 'b'].map((id) => outcomes.next(id, forever));
    outcomes.dismiss();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined, undefined]);
    expect(await outcomes.next('c', forever)).toBeUndefined();
  });
});

describe('the answer after an attempt', () => {
  it.each([
    ['verified, when the link was found', buildVerified(), 'found', undefined, 'verified'],
    ['the reason of the "no"', buildLinkback({ refusal: 'no-link' }), 'not-found', 'no-link', 'no-link'],
    ['the reason, of one that stays verified too', buildVerified(), 'not-found', 'no-link', 'no-link'],
    ['trouble, when nothing definite is known', buildLinkback(), 'setback', undefined, 'upstream'],
    ['trouble, of one that stays verified too', buildVerified(), 'setback', undefined, 'upstream'],
    [
      'what it was refused for, when trouble hides whether that still holds',
      buildLinkback({ verification: 'refused', refusal: 'no-link' }),
      'setback',
      undefined,
      'no-link',
    ],
  ] as const)('is %s', (_what, linkback, kind, reason, answer) => {
    expect(answerOf(linkback, kind, reason)).toBe(answer);
  });
});
