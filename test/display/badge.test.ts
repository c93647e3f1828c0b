import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badge } from '../../src/display/badge.ts';
import { sayableInXml } from '../../src/protocols/xml-text.ts';
import { inside, readXml, textIn } from '../support/xml-tree.ts';

describe('a badge', () => {
  it('says its number to those who do not see it', () => {
    const svg = readXml(badge('linkbacks', 12_345));
    expect(svg.attributes).toMatchObject({ role: 'img', 'aria-label': 'linkbacks: 12,345' });
    expect(textIn(svg, 'title')).toBe('linkbacks: 12,345');
  });

  it('is as wide as its two texts, which stay within it', () => {
    for (const label of ['a', 'linkbacks', 'WWWWWWWWWW', '言及とリンクバック', 'Erwähnungen']) {
      const svg = readXml(badge(label, 7));
      const width = Number(svg.attributes['width']);
      const words = svg.children.flatMap((each) => inside(each, 'text'));
      expect(words.map((each) => each.text)).toEqual([label, '7']);
      for (const { attributes } of words) {
        const half = Number(attributes['textLength']) / 2;
        expect(half).toBeGreaterThan(0);
        expect(Number(attributes['x']) - half).toBeGreaterThanOrEqual(7);
        expect(Number(attributes['x']) + half).toBeLessThanOrEqual(width - 7);
      }
    }
  });

  it('is a picture without styles and scripts, whatever its label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (label) => {
        const svg = readXml(badge(sayableInXml(label), 1));
        expect(svg.children.map((each) => each.name)).toEqual(['title', 'clipPath', 'g', 'g']);
      }),
      { seed: 18, numRuns: 100 },
    );
  });
});
