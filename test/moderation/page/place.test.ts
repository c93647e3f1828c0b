import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInPlace } from '../../../src/moderation/page/state/in-place.ts';
import {
  filterNames,
  hrefOf,
  inboxPlace,
  listQuery,
  parsePlace,
  tabs,
  views,
  type Place,
} from '../../../src/moderation/page/state/place.ts';
import type { Item } from '../../../src/moderation/page/state/shapes.ts';

const text = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .map((each) => each.trim())
  .filter((each) => each !== '');

const places: fc.Arbitrary<Place> = fc.record({
  view: fc.constantFrom(...views),
  tab: fc.constantFrom(...tabs),
  order: fc.constantFrom('newest', 'oldest'),
  filter: fc
    .record(Object.fromEntries(filterNames.map((name) => [name, text])), { requiredKeys: [] })
    .map((filter) => filter as Place['filter']),
  id: fc.option(text),
  more: fc.constantFrom({}, { edit: 'a b&c' }, { add: 'rule', sourceHost: 'ä.example' }),
});

describe('a place of the page', () => {
  it('is wholly in its address', () => {
    fc.assert(
      fc.property(places, (place) => {
        expect(parsePlace(hrefOf(place).replace(/^moderate/u, ''))).toEqual(place);
      }),
    );
  });

  it('has an address that says only what is unusual', () => {
    expect(hrefOf(inboxPlace)).toBe('moderate');
    expect(hrefOf({ ...inboxPlace, tab: 'spam', filter: { host: 'a.example' } })).toBe(
      'moderate?tab=spam&host=a.example',
    );
  });

  it('is the inbox when the address makes no sense', () => {
    expect(parsePlace('?view=nowhere&tab=nothing&order=up&q=%20&id=')).toEqual(inboxPlace);
  });

  it('asks the API for what it shows', () => {
    expect(listQuery(inboxPlace)).toEqual({
      moderation: 'pending',
      verification: 'verified',
      order: 'newest',
    });
    expect(listQuery({ ...inboxPlace, tab: 'gone', filter: { q: 'x' } })).toEqual({
      attention: 'gone',
      q: 'x',
      order: 'newest',
    });
  });
});

const item: Item = {
  id: '1',
  site: 'blog',
  type: 'reply',
  protocol: 'webmention',
  protocols: ['webmention', 'pingback'],
  moderation: 'pending',
  verification: 'verified',
  refusal: null,
  public: false,
  source: {
    url: 'https://sub.other.example/post',
    host: 'sub.other.example',
    title: 'A Title',
    author: { name: 'Eva', url: null, photo: null },
    published: null,
    language: null,
  },
  target: 'https://blog.example/post',
  fragment: null,
  excerpt: { before: 'some ', link: 'words', after: ' here', cutBefore: false, cutAfter: false },
  signals: [],
  score: 0,
  receivedAt: '2026-05-04T12:00:00.000Z',
  checkedAt: null,
  verifiedAt: null,
  updatedAt: '2026-05-04T12:00:00.000Z',
};

describe('what comes in', () => {
  it.each<[string, Partial<Place>, boolean]>([
    ['the inbox', {}, true],
    ['another list', { tab: 'approved' }, false],
    ['everything', { tab: 'all' }, true],
    ['its host', { filter: { host: 'sub.other.example' } }, true],
    ['a host above it', { filter: { host: 'WWW.other.example' } }, true],
    ['a host that only ends alike', { filter: { host: 'her.example' } }, false],
    ['its second dialect', { filter: { protocol: 'pingback' } }, true],
    ['another dialect', { filter: { protocol: 'trackback' } }, false],
    ['its type', { filter: { type: 'reply' } }, true],
    ['another site', { filter: { site: 'notes' } }, false],
    ['words of its title', { filter: { q: 'a title' } }, true],
    ['words across its link', { filter: { q: 'some words here' } }, true],
    ['its author', { filter: { q: 'eva' } }, true],
    ['other words', { filter: { q: 'nothing' } }, false],
  ])('is told of in %s: or not', (_name, place, isIn) => {
    expect(isInPlace(item, { ...inboxPlace, ...place })).toBe(isIn);
  });

  it('waits for nobody before it is verified, and is not in the inbox once it is decided on', () => {
    expect(isInPlace({ ...item, verification: 'unverified' }, inboxPlace)).toBe(false);
    expect(isInPlace({ ...item, moderation: 'spam' }, inboxPlace)).toBe(false);
    expect(
      isInPlace({ ...item, moderation: 'approved', verification: 'gone' }, { ...inboxPlace, tab: 'gone' }),
    ).toBe(true);
    expect(isInPlace({ ...item, verification: 'refused' }, { ...inboxPlace, tab: 'failed' })).toBe(true);
  });
});
