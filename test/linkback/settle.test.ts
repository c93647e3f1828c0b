import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublic, moderations, verifications, type Linkback } from '../../src/linkback/linkback.ts';
import {
  goneLooksMs,
  restPatienceMs,
  secondLookMs,
  settle,
  type SettleContext,
  type Settlement,
} from '../../src/linkback/settle.ts';
import type { Outcome, Setback } from '../../src/linkback/verdict.ts';
import { buildFound, buildLinkback, buildNotFound, buildVerified } from '../support/build-linkback.ts';

const now = 1_000_000;
const setback: Setback = { kind: 'setback', detail: 'HTTP status 500' };

const after = (linkback: Linkback, outcome: Outcome, change: Partial<SettleContext> = {}): Settlement =>
  settle(linkback, outcome, {
    now,
    progress: { setbacks: 0, looks: 0 },
    policy: 'hold-first',
    hostIsApproved: false,
    retryAt: (setbacks) => (setbacks < 6 ? now + 60_000 : undefined),
    ...change,
  });

describe('a link that is found', () => {
  it('verifies the linkback and keeps what the page says', () => {
    const { linkback, events, again } = after(buildLinkback(), buildFound());
    expect(linkback).toMatchObject({
      verification: 'verified',
      verifiedAt: now,
      checkedAt: now,
      facts: { title: 'A title' },
    });
    expect(linkback.announcements[0]?.held).toBe(true);
    expect(events).toMatchObject([
      { machine: 'verification', from: 'unverified', to: 'verified', by: { kind: 'look' } },
    ]);
    expect(again).toBeNull();
  });

  it('is held for the owner at first, and approved when the owner has approved its host before', () => {
    expect(after(buildLinkback(), buildFound()).linkback.moderation).toBe('pending');
    const approved = after(buildLinkback(), buildFound(), { hostIsApproved: true });
    expect(approved.linkback.moderation).toBe('approved');
    expect(approved.events.at(-1)).toMatchObject({
      machine: 'moderation',
      from: 'pending',
      to: 'approved',
      by: { kind: 'policy', name: 'hold-first' },
    });
  });

  it('goes by the policy of the site', () => {
    expect(after(buildLinkback(), buildFound(), { policy: 'approve-all' }).linkback.moderation).toBe(
      'approved',
    );
    const held = after(buildLinkback(), buildFound(), { policy: 'hold-all', hostIsApproved: true });
    expect(held.linkback.moderation).toBe('pending');
  });

  it('asks the policy at the first verification only: what the owner set back to pending stays pending', () => {
    const known = buildVerified({ moderation: 'pending' });
    expect(after(known, buildFound(), { policy: 'approve-all' }).linkback.moderation).toBe('pending');
  });

  it('refreshes what is stored and tells of it, but only when something changed', () => {
    const same = after(buildVerified(), buildFound());
    expect(same.events).toEqual([]);
    expect(same.linkback.updatedAt).toBe(1000);
    const { facts } = buildFound();
    const changed = after(buildVerified(), buildFound({ facts: { ...facts, title: 'Another title' } }));
    expect(changed.linkback).toMatchObject({
      facts: { title: 'Another title' },
      updatedAt: now,
      verifiedAt: 2000,
    });
    expect(changed.events).toMatchObject([{ from: 'verified', to: 'verified' }]);
  });

  it('brings back what was gone or refused', () => {
    expect(after(buildVerified({ verification: 'gone' }), buildFound()).linkback.verification).toBe(
      'verified',
    );
    const refused = buildLinkback({ verification: 'refused', refusal: 'no-link' });
    expect(after(refused, buildFound()).linkback).toMatchObject({ verification: 'verified', refusal: null });
  });
});

describe('a link that is not found', () => {
  it.each(['absent', 'unreachable'] as const)(
    'refuses at once and looks once more in ten minutes (%s)',
    (finding) => {
      const first = after(buildLinkback(), buildNotFound({ finding }));
      expect(first.linkback).toMatchObject({ verification: 'refused', refusal: 'no-link' });
      expect(first.again).toEqual({ at: now + secondLookMs, setbacks: 0, looks: 1 });
      expect(first.trouble).toBe('no link to the target');
      const second = after(first.linkback, buildNotFound({ finding }), {
        progress: { setbacks: 0, looks: 1 },
      });
      expect(second.again).toBeNull();
      expect(second.events).toEqual([]);
    },
  );

  it('believes 410 at once', () => {
    expect(after(buildLinkback(), buildNotFound({ finding: 'gone' })).again).toBeNull();
    const known = after(buildVerified(), buildNotFound({ finding: 'gone', reason: 'source-unusable' }));
    expect(known.linkback.verification).toBe('gone');
    expect(known.events).toMatchObject([{ from: 'verified', to: 'gone' }]);
  });

  it('takes two more looks before a verified linkback is gone', () => {
    const states = [0, 1, 2].map((looks) =>
      after(buildVerified(), buildNotFound(), { progress: { setbacks: 0, looks } }),
    );
    expect(states.map((each) => each.linkback.verification)).toEqual(['verified', 'verified', 'gone']);
    expect(states.map((each) => each.again?.at)).toEqual([
      now + (goneLooksMs[0] ?? 0),
      now + (goneLooksMs[1] ?? 0),
      undefined,
    ]);
  });

  it('does not hold our own missing page, or our own fault, against what was verified', () => {
    for (const reason of ['target-gone', 'our-fault'] as const) {
      expect(after(buildVerified(), buildNotFound({ reason })).linkback.verification).toBe('verified');
    }
  });

  it('takes an unreachable source for temporary trouble once it was verified', () => {
    const { linkback, again } = after(buildVerified(), buildNotFound({ finding: 'unreachable' }));
    expect(linkback).toEqual(buildVerified());
    expect(again).toMatchObject({ setbacks: 1 });
  });
});

describe('a setback', () => {
  it('changes nothing and is tried again', () => {
    const { linkback, events, again } = after(buildLinkback(), setback, {
      progress: { setbacks: 2, looks: 1 },
    });
    expect(linkback).toEqual(buildLinkback());
    expect(events).toEqual([]);
    expect(again).toEqual({ at: now + 60_000, setbacks: 3, looks: 1 });
  });

  it('that is a rest of ours uses up no try, and waits as long as it must', () => {
    const rest = { ...setback, restMs: 3_600_000 };
    const used = { progress: { setbacks: 6, looks: 1 } };
    for (const before of [buildLinkback(), buildVerified()]) {
      const { linkback, events, again } = after(before, rest, used);
      expect([linkback, events]).toEqual([before, []]);
      expect(again).toEqual({ at: now + 3_600_000, setbacks: 6, looks: 1 });
    }
  });

  it('that is a rest of ours uses up tries when a linkback has waited for a week', () => {
    const before = buildLinkback();
    const later = { ...setback, restMs: 3_600_000 };
    const at = (ms: number) => after(before, later, { now: before.receivedAt + ms }).again;
    expect(at(restPatienceMs - 1)).toMatchObject({ setbacks: 0 });
    expect(at(restPatienceMs)).toMatchObject({ setbacks: 1 });
  });

  it('settles as refused, upstream, when the tries are used up', () => {
    const used = { progress: { setbacks: 6, looks: 0 } };
    expect(after(buildLinkback(), setback, used).linkback).toMatchObject({
      verification: 'refused',
      refusal: 'upstream',
    });
    expect(after(buildVerified(), setback, used).linkback.verification).toBe('verified');
  });
});

describe('whatever happens', () => {
  const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant(buildFound()),
    fc.constant(setback),
    fc
      .record({
        reason: fc.constantFrom('source-unusable', 'no-link', 'target-gone', 'our-fault'),
        finding: fc.constantFrom('gone', 'absent', 'unreachable'),
      })
      .map((change) => buildNotFound(change)),
  );
  const linkbacks = fc
    .record({ verification: fc.constantFrom(...verifications), moderation: fc.constantFrom(...moderations) })
    .map(({ verification, moderation }) =>
      verification === 'verified' || verification === 'gone'
        ? buildVerified({ verification, moderation })
        : buildLinkback({ verification, moderation, refusal: verification === 'refused' ? 'no-link' : null }),
    );

  it('never touches a decision, and never shows what is not verified', () => {
    fc.assert(
      fc.property(linkbacks, outcomes, fc.nat(6), fc.nat(3), (before, outcome, setbacks, looks) => {
        const { linkback } = after(before, outcome, { progress: { setbacks, looks }, policy: 'approve-all' });
        const isFirst =
          before.verifiedAt === null && linkback.verifiedAt !== null && before.moderation === 'pending';
        expect(linkback.moderation).toBe(isFirst ? 'approved' : before.moderation);
        expect(isPublic(linkback)).toBe(
          linkback.verification === 'verified' && linkback.moderation === 'approved',
        );
        expect(linkback.refusal !== null).toBe(linkback.verification === 'refused');
        expect(linkback.verification === 'unverified').toBe(
          before.verification === 'unverified' && outcome.kind === 'setback' && setbacks < 6,
        );
      }),
    );
  });

  it('ends: however often the same "no" comes, the looks run out', () => {
    fc.assert(
      fc.property(linkbacks, outcomes, (start, outcome) => {
        let linkback = start;
        let progress = { setbacks: 0, looks: 0 };
        for (let attempt = 0; attempt < 12; attempt += 1) {
          const settled = after(linkback, outcome, { progress });
          if (settled.again === null) return;
          linkback = settled.linkback;
          progress = settled.again;
        }
        expect.fail('twelve attempts, and still another');
      }),
    );
  });
});
