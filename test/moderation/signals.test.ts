import { describe, expect, it } from 'vitest';
import type { Evidence, Linkback } from '../../src/linkback/linkback.ts';
import { scoreOf, type SignalName } from '../../src/linkback/signal.ts';
import { noSurroundings, type Surroundings } from '../../src/linkback/surroundings.ts';
import { makeWeigh } from '../../src/moderation/signals.ts';
import { buildFound, buildLinkback, buildVerified } from '../support/build-linkback.ts';

const known: Surroundings = { ...noSurroundings, hostFirstSeenAt: 500 };
const weigh = makeWeigh({ opinionOf: () => undefined });

const namesOf = (change: Partial<Linkback>, around: Surroundings = known): readonly SignalName[] =>
  weigh(buildVerified(change), around, 1000).map(({ name }) => name);

const seen = (change: Partial<Evidence>): Partial<Linkback> => ({
  evidence: { ...buildFound().evidence, ...change },
});

const quoting = (link: string, before = ''): Partial<Linkback> => ({
  excerpt: { ...buildFound().excerpt, before, link, after: '' },
});

describe('the evidence in a linkback', () => {
  it('is none for an ordinary one from a host that is known', () => {
    expect(namesOf({})).toEqual([]);
  });

  it('is a link that the page hides, or keeps outside of its content', () => {
    expect(namesOf(seen({ isHidden: true }))).toEqual(['hidden-link']);
    expect(namesOf(seen({ inContent: false }))).toEqual(['outside-content']);
  });

  it('is a page of hundreds of links, the more the worse', () => {
    expect(namesOf(seen({ outboundLinks: 99 }))).toEqual([]);
    const some = weigh(buildVerified(seen({ outboundLinks: 100 })), known, 1000);
    const most = weigh(buildVerified(seen({ outboundLinks: 300 })), known, 1000);
    expect([scoreOf(some), scoreOf(most)]).toEqual([2, 4]);
    expect(most[0]?.sentence).toBe('The page links to other hosts 300 times or more.');
  });

  it('is what it says of other pages, too', () => {
    const weight = (sameTextTargets: number): number =>
      scoreOf(weigh(buildVerified(), { ...known, sameTextTargets }, 1000));
    expect([weight(0), weight(1), weight(2), weight(3)]).toEqual([0, 2, 2, 5]);
  });

  it('is a host that was never heard of, or of which too many come at once', () => {
    expect(namesOf({}, noSurroundings)).toEqual(['new-host']);
    expect(namesOf({}, { ...known, hostLastHour: 9 })).toEqual([]);
    expect(namesOf({}, { ...known, hostLastHour: 10 })).toEqual(['burst']);
  });

  it.each([
    'Nice post! I bookmarked it.',
    'I really love your blog and',
    'There you will find 23817 more info on that topic',
    'Best online casino of the year',
    'Buy cheap viagra now, buy viagra',
  ])('is a saying of the trade: %s', (words) => {
    expect(namesOf(quoting('link', `${words} `))).toEqual(['template-phrase']);
  });

  it.each([
    'A nice post office in the old town',
    'Casino Royale was written in 1953',
    'In this article he argues that collective leadership creates an unwieldy “we”',
    'Read more about leadership in her book',
  ])('is nothing that an honest page may say: %s', (words) => {
    expect(namesOf(quoting('link', `${words} `))).toEqual([]);
  });

  it('is a claimed title of which the page has nothing', () => {
    const claiming = (title: string): Partial<Linkback> => ({
      announcements: buildLinkback().announcements.map((each) => ({
        ...each,
        claims: { title, excerpt: '', blogName: '', bytes: null },
      })),
      facts: { ...buildFound().facts, title: 'Bees in the city | The Gardener' },
    });
    expect(namesOf(claiming('Cheap loans for you'))).toEqual(['title-mismatch']);
    expect(namesOf(claiming('Bees in the City'))).toEqual([]);
    expect(namesOf(claiming('About city gardens'))).toEqual([]);
    expect(namesOf(claiming(''))).toEqual([]);
  });

  it('is what the owner marked before', () => {
    const opinion = {
      name: 'marked-before',
      weight: -3,
      sentence: 'It reads like what you approved.',
    } as const;
    expect(makeWeigh({ opinionOf: () => opinion })(buildVerified(), known, 1000)).toEqual([opinion]);
  });

  it('says everything in sentences', () => {
    const signals = weigh(
      buildVerified({
        ...seen({ isHidden: true, inContent: false, outboundLinks: 400 }),
        ...quoting('Nice post!'),
      }),
      { hostFirstSeenAt: null, hostLastHour: 50, sameTextTargets: 7 },
      1000,
    );
    expect(signals.length).toBe(7);
    for (const { sentence, weight } of signals) {
      expect(sentence).toMatch(/^[\p{Lu}\d].*[.]$/u);
      expect(weight).toBeGreaterThan(0);
    }
  });
});
