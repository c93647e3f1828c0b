import { describe, expect, it } from 'vitest';
import { cutExcerpt, maxLinkText } from '../../src/verify/excerpt.ts';
import { readPage, target } from '../support/reading.ts';
import { section5Pages } from '../support/section5.ts';

type Style = 'wordpress' | 'complete';

/** The excerpt as it is shown, the link's own text in brackets. */
function cut(before: string, link: string, after: string, style: Style = 'wordpress', window = 100): string {
  const excerpt = cutExcerpt({ before, link, after }, { style, window });
  const marked = `${excerpt.before}[${excerpt.link}]${excerpt.after}`;
  return `${excerpt.cutBefore ? '… ' : ''}${marked}${excerpt.cutAfter ? ' …' : ''}`;
}

const a = (count: number): string => 'a'.repeat(count);

describe('an excerpt in the style of WordPress', () => {
  it.each(section5Pages(target).map((page) => [page.name, page] as const))(
    'of the page "%s" is known to the letter',
    (_, page) => {
      const [link] = readPage(page.html).links;
      const paragraph = { before: link?.before ?? '', link: link?.text ?? '', after: link?.after ?? '' };
      const { before, link: text, after } = cutExcerpt(paragraph, { style: 'wordpress', window: 100 });
      expect(`[…] ${before}${text}${after} […]`).toBe(page.display);
    },
  );

  it('loses the first and the last word, though all would fit (A)', () => {
    expect(cut('One two three ', 'LINK', ' four five six.')).toBe('… two three [LINK] four five …');
    expect(cut('One two ', 'LINK', ' four five')).toBe('… two [LINK] four …');
    expect(cut('One ', 'LINK', ' five')).toBe('… [LINK] …');
  });

  it('drops a word whole that is longer than the room left (B)', () => {
    expect(cut(`x ${a(99)} `, 'LINK', ' b c')).toBe(`… ${a(99)} [LINK] b …`);
    expect(cut(`x ${a(100)} `, 'LINK', ' b c')).toBe('… [LINK] b …');
    expect(cut('b c ', 'LINK', ` ${a(99)} x`)).toBe(`… c [LINK] ${a(99)} …`);
    expect(cut('b c ', 'LINK', ` ${a(100)} x`)).toBe('… c [LINK] …');
    expect(cut(`b ${a(200)} `, 'LINK', ` ${a(200)} c`)).toBe('… [LINK] …');
  });

  it('stands earliest on the left and latest on the right', () => {
    const words = Array.from({ length: 60 }, (_, n) => `w${n}`);
    const excerpt = cut(`${words.join(' ')} `, 'LINK', ` ${words.join(' ')}`);
    expect(excerpt).toBe(`… ${words.slice(35).join(' ')} [LINK] ${words.slice(0, 27).join(' ')} …`);
  });

  it('is cut within its window where the paragraph starts or ends with the link (C)', () => {
    expect(cut('', 'LINK', ' one two three')).toBe('… [LINK] one two …');
    expect(cut('one two three ', 'LINK', '')).toBe('… two three [LINK] …');
    const long = 'word '.repeat(100);
    expect(cut('', 'LINK', ` ${long}`)).toBe(`… [LINK] ${'word '.repeat(20).slice(0, -1)} …`);
    expect(cut(long, 'LINK', '')).toBe(`… ${'word '.repeat(20)}[LINK] …`);
  });

  it('keeps something of the one word beside a link that starts or ends the paragraph', () => {
    const right = cutExcerpt(
      { before: '', link: 'LINK', after: ' words' },
      { style: 'wordpress', window: 100 },
    );
    expect(' words'.startsWith(right.after)).toBe(true);
    expect(right.after.trim()).not.toBe('');
    expect(right.after).not.toBe(' words');
  });

  it('is the link alone where there is nothing beside it', () => {
    expect(cut('', 'LINK', '')).toBe('… [LINK] …');
    expect(cut(' ', 'LINK', ' ')).toBe('… [LINK] …');
    expect(cut('', '', '')).toBe('… [] …');
  });

  it('keeps the marks that touch the link', () => {
    expect(cut('See also (', 'LINK', '), and more.')).toBe('… also ([LINK]), and …');
    expect(cut('“', 'LINK', '” they said')).toMatch(/^… “?\[LINK\]” they …$/u);
  });

  it('counts the white space at the link’s own ends to the text around it', () => {
    expect(cut('One two', ' LINK ', 'four five')).toBe(cut('One two ', 'LINK', ' four five'));
    expect(cut('One two ', ' LINK ', ' four five')).toBe(cut('One two ', 'LINK', ' four five'));
  });

  it.each([20, 100, 500])('keeps %i code points on each side, however many bytes they are', (window) => {
    const text = '👍 '.repeat(400);
    const excerpt = cutExcerpt(
      { before: text, link: 'LINK', after: ` ${text}` },
      { style: 'wordpress', window },
    );
    expect(Array.from(excerpt.before)).toHaveLength(window);
    expect(Array.from(excerpt.after)).toHaveLength(window - (window % 2 === 0 ? 0 : 1));
  });
});

describe('an excerpt where the script writes no white space', () => {
  const japanese = '日本語の文章はこのように書きます。';

  it('keeps words of it on both sides, and never the whole paragraph', () => {
    const excerpt = cutExcerpt(
      { before: japanese, link: 'リンク', after: japanese },
      { style: 'wordpress', window: 100 },
    );
    expect(excerpt.before.length).toBeGreaterThan(5);
    expect(excerpt.before.length).toBeLessThan(japanese.length);
    expect(japanese.endsWith(excerpt.before)).toBe(true);
    expect(excerpt.after.length).toBeGreaterThan(5);
    expect(excerpt.after.length).toBeLessThan(japanese.length);
    expect(japanese.startsWith(excerpt.after)).toBe(true);
  });

  it('stays within the window, at a word', () => {
    const long = '日本語'.repeat(100);
    const excerpt = cutExcerpt(
      { before: long, link: 'リンク', after: long },
      { style: 'wordpress', window: 20 },
    );
    expect(excerpt.before).toBe('日本語'.repeat(6));
    expect(excerpt.after).toBe('日本語'.repeat(6));
  });

  it('keeps the line beside the link, though a white space stands elsewhere', () => {
    const excerpt = cutExcerpt(
      { before: `標題 ${'日本語'.repeat(50)}`, link: 'リンク', after: '。' },
      { style: 'wordpress', window: 20 },
    );
    expect(excerpt.before).toBe('日本語'.repeat(6));
  });

  it.each([
    ['flags', '🇨🇭', 20],
    ['families', '👨‍👩‍👧‍👦', 14],
    ['letters with accents', 'e\u0301', 20],
    ['keycaps', '1\ufe0f\u20e3', 18],
    ['a script without words', '𓀀', 20],
  ])('never cuts %s in their middle', (_, unit, expected) => {
    const text = unit.repeat(100);
    const excerpt = cutExcerpt(
      { before: text, link: 'LINK', after: text },
      { style: 'wordpress', window: 20 },
    );
    for (const side of [excerpt.before, excerpt.after]) {
      expect(side.replaceAll(unit, '')).toBe('');
      expect(Array.from(side)).toHaveLength(expected);
    }
  });
});

describe('an excerpt in right-to-left text', () => {
  it('is cut in the order of reading, as any other', () => {
    expect(cut('אחת שתיים שלוש ', 'קישור', ' ארבע חמש שש')).toBe('… שתיים שלוש [קישור] ארבע חמש …');
    expect(cut('واحد اثنان ثلاثة ', 'رابط', ' أربعة خمسة ستة')).toBe('… اثنان ثلاثة [رابط] أربعة خمسة …');
  });
});

describe('a long link text', () => {
  it(`is cut at ${maxLinkText} code points and marked`, () => {
    expect(cut('x ', a(100), ' y')).toBe(`… [${a(100)}] …`);
    expect(cut('x ', a(101), ' y')).toBe(`… [${a(100)}…] …`);
  });

  it('is not cut in the middle of a character', () => {
    expect(
      cutExcerpt({ before: '', link: `a${'🇨🇭'.repeat(60)}`, after: '' }, { style: 'complete', window: 100 })
        .link,
    ).toBe(`a${'🇨🇭'.repeat(49)}…`);
    expect(
      cutExcerpt({ before: '', link: `${a(99)}e\u0301 b`, after: '' }, { style: 'complete', window: 100 })
        .link,
    ).toBe(`${a(99)}…`);
  });

  it('loses the blank before the mark', () => {
    expect(cut('', `${a(99)} b`, '', 'complete')).toBe(`[${a(99)}…]`);
  });

  it('leaves the words around it their room', () => {
    expect(cut('One two ', 'x'.repeat(500), ' four five')).toBe(`… two [${'x'.repeat(100)}…] four …`);
  });
});

describe('a complete excerpt', () => {
  it('keeps the paragraph’s own edges, and marks only what was cut', () => {
    expect(cut('One two ', 'LINK', ' four five.', 'complete')).toBe('One two [LINK] four five.');
    expect(cut('', 'LINK', '', 'complete')).toBe('[LINK]');
    expect(cut(`x ${'word '.repeat(30)}`, 'LINK', ' end.', 'complete')).toBe(
      `… ${'word '.repeat(20)}[LINK] end.`,
    );
    expect(cut('One ', 'LINK', ` ${'word '.repeat(30)}`, 'complete')).toBe(
      `One [LINK] ${'word '.repeat(20).trim()} …`,
    );
  });

  it('keeps a side that just fits, and cuts one that just does not', () => {
    expect(cut(`${a(9)} ${a(9)} `, 'LINK', '', 'complete', 20)).toBe(`${a(9)} ${a(9)} [LINK]`);
    expect(cut(`${a(10)} ${a(9)} `, 'LINK', '', 'complete', 20)).toBe(`… ${a(9)} [LINK]`);
  });

  it('cuts a script without white space at a word', () => {
    expect(cut('日本語'.repeat(10), 'LINK', '', 'complete', 20)).toBe(`… ${'日本語'.repeat(6)}[LINK]`);
  });
});
