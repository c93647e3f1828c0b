import { describe, expect, it } from 'vitest';
import { reasons, type Reason } from '../../../src/linkback/refusal.ts';
import { faults } from '../../../src/protocols/trackback/faults.ts';

// Spec: TrackBack 1.2, "sending a TrackBack ping".

/** The table of docs/refusals.md: the error number, and the HTTP status beside the XML. */
const answers = {
  malformed: [1, 200],
  'same-page': [1, 200],
  'source-unusable': [1, 200],
  'no-link': [1, 200],
  'target-gone': [1, 200],
  'target-closed': [1, 200],
  'already-registered': [0, 200],
  'access-denied': [1, 200],
  upstream: [0, 200],
  'too-many': [1, 429],
  unavailable: [1, 503],
  'our-fault': [1, 200],
} as const satisfies Record<Reason, readonly [0 | 1, number]>;

describe("TrackBack's table of faults", () => {
  it('has an answer for every reason and no other', () => {
    expect(Object.keys(faults).sort()).toEqual([...reasons].sort());
  });

  it.each(reasons)('[TB 2.1] answers %s with the error and the status of the table', (reason) => {
    const { status, message } = faults[reason];
    expect([message === null ? 0 : 1, status]).toEqual(answers[reason]);
  });

  it.each(reasons.filter((reason) => faults[reason].message !== null))(
    'says why in one sentence for %s, and nothing about networks',
    (reason) => {
      const { message } = faults[reason];
      expect(message).toMatch(/^[A-Z][\x20-\x7e]{9,119}\.$/u);
      expect(message).not.toMatch(
        /\b(?:dns|ip|private|loopback|port|socket|connect\w*|timed? ?out|tls|redirect)\b/iu,
      );
    },
  );
});
