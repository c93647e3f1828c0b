import type { Directory } from '../linkback/directory.ts';
import type { Linkback, Moderation } from '../linkback/linkback.ts';
import type { ModerationStore, RuleCandidate } from '../linkback/owner-ports.ts';
import type { RuleWords } from '../linkback/rule-draft.ts';
import { decidingRule, matchesRule, type Rule, type RuleAction } from '../linkback/rule.ts';
import type { Json } from './described.ts';
import { toModerated } from './moderated-linkback.ts';

const maxExamples = 10;

export type PreviewNeeds = {
  readonly store: Pick<ModerationStore, 'walk' | 'linkback'>;
  readonly directory: Pick<Directory, 'rulesOf'>;
};

/** Where each action would have put a linkback. */
const outcomes: Readonly<Record<RuleAction, Moderation>> = {
  block: 'rejected',
  reject: 'rejected',
  hold: 'pending',
  approve: 'approved',
};

/**
 * Says what a rule would have done to what is stored.
 *
 * It would change what it decides on, since no stricter rule does, and what stands elsewhere. A rule that does not
 * block decides on verified linkbacks only.
 */
export async function previewRule(words: RuleWords, { store, directory }: PreviewNeeds): Promise<Json> {
  const rule: Rule = { ...words, id: '', createdBy: '', createdAt: Number.MAX_SAFE_INTEGER };
  const changing = makeSome();
  const staying = makeSome();
  const { site, sourceHost } = words;
  const filter = {
    ...(site === null ? {} : { site }),
    ...(sourceHost === null ? {} : { host: sourceHost }),
  };
  const walked = await store.walk(filter, (batch) => {
    for (const candidate of batch) {
      if (!matchesRule(rule, candidate)) continue;
      const some = wouldMove(rule, candidate, directory) ? changing : staying;
      some.add(candidate.id);
    }
  });
  const examples = await load([...changing.ids, ...staying.ids].slice(0, maxExamples), store);
  return {
    matching: changing.count() + staying.count(),
    wouldChange: changing.count(),
    ...walked,
    examples: examples.map(toModerated),
  };
}

function wouldMove(rule: Rule, candidate: RuleCandidate, { rulesOf }: PreviewNeeds['directory']): boolean {
  const isJudged = candidate.verification === 'verified' || candidate.verification === 'gone';
  if (candidate.moderation === outcomes[rule.action] || !(isJudged || rule.action === 'block')) return false;
  return decidingRule([...rulesOf(candidate.site), rule], candidate) === rule;
}

type Some = {
  readonly ids: readonly string[];
  readonly add: (id: string) => void;
  readonly count: () => number;
};

/** Counts all of them, and remembers the first few. */
function makeSome(): Some {
  const ids: string[] = [];
  let count = 0;
  return {
    ids,
    add: (id) => {
      count += 1;
      if (ids.length < maxExamples) ids.push(id);
    },
    count: () => count,
  };
}

async function load(ids: readonly string[], store: PreviewNeeds['store']): Promise<readonly Linkback[]> {
  const found = await Promise.all(ids.map((id) => store.linkback(id)));
  return found.filter((each) => each !== undefined);
}
