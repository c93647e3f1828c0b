import { describe, expect, it } from 'vitest';
import { reasons, type Reason } from '../../../src/linkback/refusal.ts';
import { callFaults, faults, wireFaultTexts, type Fault } from '../../../src/protocols/pingback/faults.ts';
import { wireFaults } from '../../../src/protocols/pingback/wire.ts';

// Spec: Pingback 1.0 section 3; Specification for Fault Code Interoperability, 20010516.

/** The table of the design, as numbers; `malformed` has more precise ones where the wire knows them. */
const codes = {
  malformed: 0,
  'same-page': 0,
  'source-unusable': 0x0010,
  'no-link': 0x0011,
  'target-gone': 0x0020,
  'target-closed': 0x0021,
  'already-registered': 0x0030,
  'access-denied': 0x0031,
  upstream: 0x0032,
  'too-many': 0,
  unavailable: 0,
  'our-fault': 0,
} as const satisfies Record<Reason, number>;

const all: readonly Fault[] = [
  ...Object.values(faults),
  ...Object.values(callFaults),
  ...Object.entries(wireFaultTexts).map(([name, text]) => {
    return { code: wireFaults[name as keyof typeof wireFaults], text };
  }),
];

describe("Pingback's table of faults", () => {
  it('has a fault for every reason and no other', () => {
    expect(Object.keys(faults).sort()).toEqual([...reasons].sort());
  });

  it.each(reasons)('spells %s with the code of the specification', (reason) => {
    expect(faults[reason].code).toBe(codes[reason]);
  });

  it('has a text for every fault of the message itself', () => {
    expect(Object.keys(wireFaultTexts).sort()).toEqual(Object.keys(wireFaults).sort());
  });

  it('spells an unknown method and wrong parameters as the fault interoperability list does', () => {
    expect([callFaults['unknown-method'].code, callFaults['wrong-parameters'].code]).toEqual([
      -32601, -32602,
    ]);
  });

  it.each(all)('says "$text" in ASCII, as one sentence', ({ text }) => {
    expect(text).toMatch(/^[A-Z][\x20-\x7e]{9,99}\.$/u);
  });

  it.each(all)('says nothing about networks in "$text"', ({ text }) => {
    expect(text).not.toMatch(
      /\b(?:dns|names?|ip|address|private|public|loopback|port|socket|connect\w*|timed? ?out|tls|certificate|http|status|redirect|internal|firewall|route)\b/iu,
    );
  });

  it('tells faults with the same code apart by their words', () => {
    const texts = all.map((each) => each.text);
    expect(new Set(texts).size).toBe(texts.length);
  });
});
