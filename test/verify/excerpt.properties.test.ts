import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutExcerpt, maxLinkText, type Paragraph } from '../../src/verify/excerpt.ts';
import { plainText } from '../../src/web/plain-text.ts';

const runs = process.env['LINKBACKD_LONG'] === '1' ? 20_000 : 1000;

/** Pieces of text of every kind that excerpts are cut in. */
const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(' ', ' ', 'a', 'word', 'words, ', '. ', '(', '“', '…') },
  fc.constantFrom('語', '日本語', 'の', 'ไทย', 'ខ្មែរ', 'မြှောက်', '한국어'),
  fc.constantFrom('👍', '👨‍👩‍👧‍👦', '🇨🇭', '1\ufe0f\u20e3', 'e\u0301', '\u0301', '\u200d', '𝒳', '👍🏽'),
  fc.constantFrom('שלום', ' مرحبا', '\u200f', 'a'.repeat(60), '語'.repeat(60)),
);

/** Plain text, as the scan gives it. */
const side = fc.array(pieces, { maxLength: 60 }).map((all) => plainText(all.join('')));
const link = fc.array(pieces, { maxLength: 20 }).map((all) => plainText(all.join('')));
const paragraphs: fc.Arbitrary<Paragraph> = fc.record({ before: side, link, after: side });
const quoting = fc.record({
  style: fc.constantFrom('wordpress' as const, 'complete' as const),
  window: fc.integer({ min: 20, max: 500 }),
});

const codePoints = (text: string): number => Array.from(text).length;
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Whether a text may be cut at this index without tearing a character. */
function isEdge(text: string, index: number): boolean {
  return index === text.length || [...segmenter.segment(text)].some((segment) => segment.index === index);
}

const check = (
  property: (paragraph: Paragraph, options: { style: 'wordpress' | 'complete'; window: number }) => void,
) => fc.assert(fc.property(paragraphs, quoting, property), { numRuns: runs });

describe('an excerpt of any paragraph', () => {
  it('is made of the paragraph’s own words beside the link', () => {
    check((paragraph, options) => {
      const { before, after } = cutExcerpt(paragraph, options);
      expect(`${paragraph.before} `.endsWith(before) || paragraph.before.endsWith(before)).toBe(true);
      expect(` ${paragraph.after}`.startsWith(after) || paragraph.after.startsWith(after)).toBe(true);
    });
  });

  it('is never longer than its window on either side', () => {
    check((paragraph, options) => {
      const { before, link: text, after } = cutExcerpt(paragraph, options);
      expect(codePoints(before)).toBeLessThanOrEqual(options.window);
      expect(codePoints(after)).toBeLessThanOrEqual(options.window);
      expect(codePoints(text)).toBeLessThanOrEqual(maxLinkText + 1);
    });
  });

  it('never tears a character', () => {
    check((paragraph, options) => {
      const { before, link: text, after } = cutExcerpt(paragraph, options);
      const left = [paragraph.before, `${paragraph.before} `].find((all) => all.endsWith(before)) ?? '';
      const right = [paragraph.after, ` ${paragraph.after}`].find((all) => all.startsWith(after)) ?? '';
      expect(isEdge(left.trimStart(), left.trimStart().length - before.length)).toBe(true);
      expect(isEdge(right, after.length)).toBe(true);
      expect(isEdge(paragraph.link.trim(), text.replace(/…$/u, '').length)).toBe(true);
    });
  });

  it('says truly whether something was cut', () => {
    check((paragraph, options) => {
      const { before, after, cutBefore, cutAfter } = cutExcerpt(paragraph, options);
      if (options.style === 'wordpress') expect([cutBefore, cutAfter]).toEqual([true, true]);
      else {
        expect(cutBefore).toBe(before.trim() !== paragraph.before.trim());
        expect(cutAfter).toBe(after.trim() !== paragraph.after.trim());
      }
    });
  });

  it('in the style of WordPress never keeps a whole side', () => {
    check((paragraph, { window }) => {
      const { before, after } = cutExcerpt(paragraph, { style: 'wordpress', window });
      if (paragraph.before.trim() !== '') expect(before.trim()).not.toBe(paragraph.before.trim());
      if (paragraph.after.trim() !== '') expect(after.trim()).not.toBe(paragraph.after.trim());
    });
  });

  it('in the complete style keeps every side that fits', () => {
    check((paragraph, { window }) => {
      const { before, after } = cutExcerpt(paragraph, { style: 'complete', window });
      if (codePoints(paragraph.before) < window) expect(before.trim()).toBe(paragraph.before.trim());
      if (codePoints(paragraph.after) < window) expect(after.trim()).toBe(paragraph.after.trim());
    });
  });

  it('is the same when it is cut again, and whatever the white space at the paragraph’s ends', () => {
    check((paragraph, options) => {
      const once = cutExcerpt(paragraph, options);
      const spaced = { ...paragraph, before: `  ${paragraph.before}`, after: `${paragraph.after}  ` };
      expect(cutExcerpt(spaced, options)).toEqual(once);
      const again = cutExcerpt({ ...once, link: paragraph.link }, { ...options, style: 'complete' });
      expect([again.before.trim(), again.after.trim()]).toEqual([once.before.trim(), once.after.trim()]);
    });
  });

  it('is WordPress’s own where words are parted by blanks', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', 'd', 'é', ',', '.'),
      minLength: 1,
      maxLength: 15,
    });
    const words = fc.array(word, { minLength: 2, maxLength: 60 }).map((all) => all.join(' '));
    fc.assert(
      fc.property(words, words, fc.integer({ min: 20, max: 500 }), (left, right, window) => {
        const { before, after } = cutExcerpt(
          { before: `${left} `, link: 'LINK', after: ` ${right}` },
          { style: 'wordpress', window },
        );
        // "The left edge right after a white space, the earliest that fits; the right edge right before one, the latest."
        expect(before).toBe(new RegExp(`\\s([^]{0,${window}})$`, 'u').exec(`${left} `)?.[1]);
        expect(after).toBe(new RegExp(`^([^]{0,${window}})\\s`, 'u').exec(` ${right}`)?.[1]);
      }),
      { numRuns: runs },
    );
  });
});
