import { describe, expect, it } from 'vitest';
import { reasons, type Reason } from '../../../src/linkback/refusal.ts';
import { faults } from '../../../src/protocols/webmention/faults.ts';

// Spec: Webmention 3.2.1 and 3.2.3.

/** The table of docs/refusals.md. */
const statuses = {
  malformed: 400,
  'same-page': 400,
  'source-unusable': 400,
  'no-link': 400,
  'target-gone': 400,
  'target-closed': 400,
  'already-registered': 201,
  'access-denied': 403,
  upstream: 201,
  'too-many': 429,
  unavailable: 503,
  'our-fault': 500,
} as const satisfies Record<Reason, number>;

describe("Webmention's table of faults", () => {
  it('has an answer for every reason and no other', () => {
    expect(Object.keys(faults).sort()).toEqual([...reasons].sort());
  });

  it.each(reasons)('[WR12] answers %s with the status of the table', (reason) => {
    expect(faults[reason].status).toBe(statuses[reason]);
  });

  it.each(reasons)('says why in one sentence for %s, and nothing about networks', (reason) => {
    const { text } = faults[reason];
    expect(text).toMatch(/^[A-Z][\x20-\x7e]{9,119}\.$/u);
    expect(text).not.toMatch(
      /\b(?:dns|ip|private|loopback|port|socket|connect\w*|timed? ?out|tls|redirect)\b/iu,
    );
  });
});
