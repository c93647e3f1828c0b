import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conformancePage } from '../../scripts/conformance.ts';

describe('docs/conformance.md', () => {
  it('is what `npm run conformance` makes of the requirements and the tests', () => {
    const written = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8');
    expect(written).toBe(conformancePage());
  });

  it('shows no requirement without proof that does not say why', () => {
    expect(conformancePage()).not.toContain('**none**');
  });
});
