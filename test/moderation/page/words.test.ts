import { describe, expect, it } from 'vitest';
import { shortTime } from '../../../src/moderation/page/words/dates.ts';
import { points, scoreSentence } from '../../../src/moderation/page/words/evidence.ts';
import { moverWords, moveWords } from '../../../src/moderation/page/words/moves.ts';
import { criteriaWords, hasCriteria, previewWords } from '../../../src/moderation/page/words/rules.ts';
import { bareAddress, decidedWords, pathOf, undoneWords } from '../../../src/moderation/page/words/states.ts';

const now = Date.parse('2026-05-04T12:00:00.000Z');
const at = (ms: number): string => new Date(now + ms).toISOString();
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('a time', () => {
  it.each([
    [0, 'just now'],
    [-59_000, 'just now'],
    [-minute, '1 min ago'],
    [-59.9 * minute, '59 min ago'],
    [-hour, '1 hr ago'],
    [-day + 1, '23 hr ago'],
    [-day, 'yesterday'],
    [-6.9 * day, '6 days ago'],
    [-8 * day, '26 Apr'],
    [-400 * day, '30 Mar 2025'],
    [10_000, 'in a moment'],
    [10 * minute - 5, 'in 10 min'],
    [6 * day - 5, 'in 6 days'],
  ])('%i ms from now is said as %s', (ms, said) => {
    expect(shortTime(at(ms), now)).toBe(said);
  });
});

describe('points', () => {
  it.each([
    [1, '1 point'],
    [-1, '−1 point'],
    [0, '0 points'],
    [5.449_999, '5.4 points'],
  ])('%d are said as %s', (number, said) => {
    expect(points(number)).toBe(said);
  });

  it('are held against what a site allows', () => {
    expect(scoreSentence(4, { holdAt: 3, spamAt: 8 })).toBe(
      '4 points in sum. From 3 points a linkback waits for you, from 8 points it is filed as spam.',
    );
  });
});

describe('a move', () => {
  it('says from where to where, and that only the content is new', () => {
    const move = { at: at(0), by: { kind: 'look' }, why: '', machine: 'verification' } as const;
    expect(moveWords({ ...move, from: 'unverified', to: 'verified' })).toEqual(['Being checked', 'Verified']);
    expect(moveWords({ ...move, from: 'verified', to: 'verified' })).toEqual([null, 'New content found']);
    expect(moveWords({ ...move, machine: 'moderation', from: 'pending', to: 'spam' })).toEqual([
      'Pending',
      'Spam',
    ]);
  });

  it.each([
    [{ kind: 'look' }, 'a look at the page'],
    [{ kind: 'person', name: 'Eva' }, 'Eva'],
    [{ kind: 'policy', name: 'hold-first' }, 'the policy “hold the first”'],
    [{ kind: 'rule', name: '0193' }, 'a rule of yours'],
    [{ kind: 'signals' }, 'its spam signals'],
  ] as const)('says who: %o', (by, said) => {
    expect(moverWords(by)).toBe(said);
  });
});

describe('a rule', () => {
  const nothing = {
    sourceHost: null,
    sourcePrefix: null,
    author: null,
    targetPath: null,
    dialect: null,
    site: null,
  };

  it('says all that it asks for', () => {
    expect(hasCriteria({ ...nothing })).toBe(false);
    expect(
      criteriaWords({
        ...nothing,
        sourceHost: 'a.example',
        targetPath: '/x',
        dialect: 'trackback',
        site: 'blog',
      }),
    ).toBe(
      'from a.example and hosts below it, to /x and pages below it, announced by TrackBack, on the site blog',
    );
  });

  it.each([
    [
      { matching: 0, wouldChange: 0, checked: 9, isComplete: true },
      'It matches nothing that is stored so far.',
    ],
    [
      { matching: 1, wouldChange: 0, checked: 9, isComplete: true },
      'It matches 1 stored linkback, and would have changed nothing.',
    ],
    [
      { matching: 340, wouldChange: 12, checked: 100_000, isComplete: false },
      'It matches 340 stored linkbacks, and would have changed 12 of them. Only the newest 100,000 linkbacks were looked at.',
    ],
  ])('says what it would have done: %o', (preview, said) => {
    expect(previewWords({ ...preview, examples: [] })).toBe(said);
  });
});

describe('what was done', () => {
  it('is told by its number', () => {
    expect(decidedWords(1, 'spam')).toBe('Marked as spam.');
    expect(decidedWords(1200, 'approved')).toBe('1,200 linkbacks approved.');
    expect(undoneWords({ count: 1, kept: 0 })).toBe('Undone.');
    expect(undoneWords({ count: 5, kept: 1 })).toBe(
      'Undone: 5 linkbacks back to where they were. 1 other stayed: decided on since, or erased.',
    );
  });
});

describe('an address', () => {
  it.each([
    ['https://www.blog.example/', 'blog.example'],
    ['http://blog.example/a/?b', 'blog.example/a/?b'],
  ])('%s is read as %s', (url, said) => {
    expect(bareAddress(url)).toBe(said);
  });

  it.each([
    ['https://blog.example/%C3%BCber?a=1', '/über?a=1'],
    ['https://blog.example/%FF', '/%FF'],
    ['no address', 'no address'],
  ])('%s has the path %s', (url, said) => {
    expect(pathOf(url)).toBe(said);
  });
});
