import { describe, expect, it, onTestFinished } from 'vitest';
import type { Linkback } from '../../src/linkback/linkback.ts';
import { fewestExamples, makeClassifier, type Classifier } from '../../src/moderation/classifier.ts';
import { buildFound, buildVerified } from '../support/build-linkback.ts';
import { waitUntil } from '../support/wait.ts';

const saying = (words: string, change: Partial<Linkback> = {}): Linkback =>
  buildVerified({ excerpt: { ...buildFound().excerpt, before: words, link: 'here', after: '' }, ...change });

const spam = [
  'win a huge jackpot at our poker rooms, free spins',
  'free spins and poker bonus for new players',
  'the best poker bonus, jackpot and slots of the year',
  'slots, roulette, jackpot: play and win free spins',
  'players win the jackpot with our slots bonus',
].map((words) => saying(words));

const good = [
  'she writes about gardens, bees and the old orchard',
  'an essay on bees and what the orchard taught us about patience',
  'the gardens of our town, and an answer to an essay on leadership',
  'leadership is patience, as the essay about the orchard has it',
  'a reply on gardens and the patience of bees',
].map((words) => saying(words));

function taught(examples: { spam: readonly Linkback[]; approved: readonly Linkback[] }): Classifier {
  const classifier = makeClassifier(
    { examples: async (_site, moderation, limit) => examples[moderation].slice(0, limit) },
    (error) => {
      throw error;
    },
  );
  onTestFinished(() => {
    classifier.stop();
  });
  return classifier;
}

describe('what the owner marked before', () => {
  it('speaks against what reads like their spam, and for what reads like what they approved', async () => {
    const classifier = taught({ spam, approved: good });
    await classifier.learn('blog');
    const against = classifier.opinionOf(saying('free spins, slots and a poker jackpot for players'));
    expect(against).toMatchObject({ name: 'marked-before', weight: 4 });
    const inFavour = classifier.opinionOf(saying('an essay about patience, gardens and bees'));
    expect(inFavour).toMatchObject({ name: 'marked-before', weight: -3 });
  });

  it('says nothing of words it never saw', async () => {
    const classifier = taught({ spam, approved: good });
    await classifier.learn('blog');
    const strange = saying('qwertz', { sourceHost: 'xyzzy', facts: { ...buildFound().facts, title: 'Zyx' } });
    expect(classifier.opinionOf(strange)).toBeUndefined();
  });

  it('says nothing before there are enough examples of both kinds, and forgets what is taken back', async () => {
    const examples = { spam: [...spam], approved: good.slice(0, fewestExamples - 1) };
    const classifier = taught(examples);
    await classifier.learn('blog');
    expect(classifier.opinionOf(saying('a poker jackpot'))).toBeUndefined();
    examples.approved = good;
    await classifier.learn('blog');
    expect(classifier.opinionOf(saying('a poker jackpot of slots'))?.weight).toBeGreaterThan(0);
    examples.spam.length = 0;
    await classifier.learn('blog');
    expect(classifier.opinionOf(saying('a poker jackpot of slots'))).toBeUndefined();
  });

  it('is learned for each site alone', async () => {
    const classifier = taught({ spam, approved: good });
    await classifier.learn('blog');
    expect(classifier.opinionOf(saying('a poker jackpot of slots', { site: 'notes' }))).toBeUndefined();
  });

  it('is learned anew after a decision, once for many', async () => {
    let asked = 0;
    const examples = async (_site: string, moderation: 'spam' | 'approved'): Promise<readonly Linkback[]> => {
      asked += 1;
      return moderation === 'spam' ? spam : good;
    };
    const classifier = makeClassifier({ examples }, () => undefined);
    onTestFinished(() => {
      classifier.stop();
    });
    const before = saying('a poker jackpot of slots');
    for (let times = 0; times < 3; times += 1) {
      classifier.listener.onChange({ before, after: { ...before, moderation: 'spam' } });
    }
    classifier.listener.onChange({ before, after: { ...before, verification: 'gone' } });
    await waitUntil(() => classifier.opinionOf(before) !== undefined);
    expect(asked).toBe(2);
  });
});
