import { setImmediate as nextTurn } from 'node:timers/promises';
import naiveBayes from 'wink-naive-bayes-text-classifier';
import type { Listener } from '../linkback/changes.ts';
import type { Linkback } from '../linkback/linkback.ts';
import type { ExampleStore } from '../linkback/owner-ports.ts';
import type { Signal } from '../linkback/signal.ts';

/** Fewer examples of either kind teach nothing. */
export const fewestExamples = 5;
/** The latest of each kind are learned from: owners change their minds, and spam its words. */
const mostExamples = 300;
/** Examples learned from without letting others have their turn. */
const examplesAtOnce = 20;
/** Decisions come in bursts: learning waits so long after one, in milliseconds. */
const learnAfterMs = 2000;

export type Classifier = {
  /** What the owner's decisions so far say of a linkback; undefined while they say nothing. */
  readonly opinionOf: (linkback: Linkback) => Signal | undefined;
  /** After a decision, its site is learned anew before long; after many elsewhere, every site that was learned before. */
  readonly listener: Listener;
  /** Learns the decisions on a site from its examples. */
  readonly learn: (site: string) => Promise<void>;
  readonly stop: () => void;
};

type Model = ReturnType<typeof naiveBayes>;

/**
 * Makes the classifier that learns from what an owner marked as spam or approved, site by site.
 *
 * It is made anew from the latest {@link mostExamples} examples of each kind, so that nothing but the decisions
 * themselves is kept; it speaks from {@link fewestExamples} of each on.
 */
export function makeClassifier(store: ExampleStore, onDefect: (error: unknown) => void): Classifier {
  const models = new Map<string, Model>();
  const waiting = new Map<string, NodeJS.Timeout>();
  const known = new Set<string>();

  const teach = async (site: string): Promise<void> => {
    known.add(site);
    const spam = await store.examples(site, 'spam', mostExamples);
    const good = await store.examples(site, 'approved', mostExamples);
    if (Math.min(spam.length, good.length) < fewestExamples) models.delete(site);
    else models.set(site, await modelOf(spam, good));
  };

  /** What could not be learned is learned after the next decision; until then the model before it speaks. */
  const learn = (site: string): Promise<void> => teach(site).catch(onDefect);

  const learnSoon = (site: string): void => {
    if (waiting.has(site)) return;
    const timer = setTimeout(() => {
      waiting.delete(site);
      void learn(site);
    }, learnAfterMs);
    waiting.set(site, timer.unref());
  };

  return {
    opinionOf: (linkback) => {
      const bits = models
        .get(linkback.site)
        ?.computeOdds(textOf(linkback))
        .find(([label]) => label === 'spam')?.[1];
      return bits === undefined ? undefined : opinion(bits);
    },
    listener: {
      onChange: ({ before, after }) => {
        const site = (after ?? before)?.site;
        if (site !== undefined && before?.moderation !== after?.moderation) learnSoon(site);
      },
      onMissed: () => {
        for (const site of known) learnSoon(site);
      },
    },
    learn,
    stop: () => {
      for (const timer of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}

async function modelOf(spam: readonly Linkback[], good: readonly Linkback[]): Promise<Model> {
  const model = naiveBayes();
  model.defineConfig({ considerOnlyPresence: true, smoothingFactor: 0.5 });
  model.definePrepTasks([wordsOf]);
  const examples = [
    ...spam.map((each) => [textOf(each), 'spam'] as const),
    ...good.map((each) => [textOf(each), 'approved'] as const),
  ];
  for (const [at, [text, label]] of examples.entries()) {
    model.learn(text, label);
    if (at % examplesAtOnce === 0) await nextTurn();
  }
  model.consolidate();
  return model;
}

const shownTextLength = 600;

/** What an owner sees of a linkback when they decide on it. */
function textOf({ sourceHost, facts, excerpt }: Linkback): string {
  const words = excerpt === null ? '' : excerpt.before + excerpt.link + excerpt.after;
  return `${sourceHost} ${facts?.title ?? ''} ${facts?.author.name ?? ''} ${words}`.slice(0, shownTextLength);
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{2,30}/gu) ?? [];
}

/** The odds add up over the words as if each spoke for itself, so they are believed in steps only. */
function opinion(bits: number): Signal | undefined {
  if (bits >= 12)
    return { name: 'marked-before', weight: 4, sentence: 'It reads like what you marked as spam.' };
  if (bits >= 5)
    return { name: 'marked-before', weight: 2, sentence: 'It reads somewhat like what you marked as spam.' };
  if (bits <= -12) return { name: 'marked-before', weight: -3, sentence: 'It reads like what you approved.' };
  if (bits <= -5)
    return { name: 'marked-before', weight: -1, sentence: 'It reads somewhat like what you approved.' };
  return undefined;
}
