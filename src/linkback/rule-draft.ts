import { Mistake } from './mistake.ts';
import { parsePageUrl } from './page-url.ts';
import type { Rule, RuleCriteria } from './rule.ts';
import { readHostName, readPath } from './site-parts.ts';

/** What of a rule its owner writes; the rest says who made it, and when. */
export type RuleWords = RuleCriteria & Pick<Rule, 'site' | 'action' | 'note'>;

/** A rule as its owner writes it: what they leave out stays as it is, or is no criterion. */
export type RuleDraft = Partial<RuleWords>;

const nothing = {
  sourceHost: null,
  sourcePrefix: null,
  author: null,
  targetPath: null,
  dialect: null,
} as const;

/**
 * Reads a new rule.
 *
 * Throws: {@link Mistake} for a criterion that cannot match, for none at all, and for blocking by author: who wrote a
 *         page is known only after the ping was taken.
 */
export function readRule(draft: RuleDraft & Pick<Rule, 'action'>): RuleWords {
  return checked({ ...nothing, site: null, note: '', ...draft });
}

/** Changes a rule. Throws: {@link Mistake}, as {@link readRule} does. */
export function changeRule(rule: Rule, draft: RuleDraft): Rule {
  return { ...rule, ...checked({ ...rule, ...draft }) };
}

function checked(words: RuleWords): RuleWords {
  const { site, action, note, author, dialect } = words;
  const read = (text: string | null, reader: (text: string) => string): string | null =>
    text === null ? null : reader(text.trim());
  const criteria = {
    sourceHost: read(words.sourceHost, readHostName),
    sourcePrefix: read(words.sourcePrefix, readPrefix),
    author: read(author, (text) => text),
    targetPath: read(words.targetPath, readPath),
    dialect,
  };
  if (Object.values(criteria).every((each) => each === null || each === ''))
    throw new Mistake('A rule names at least one thing: a host, a prefix, an author, a path or a protocol.');
  if (action === 'block' && author !== null)
    throw new Mistake(
      'Who wrote a page is not known before it is read: a rule by author can reject, not block.',
    );
  return { site, action, note, ...criteria };
}

function readPrefix(text: string): string {
  if (parsePageUrl(/^https?:\/\//iu.test(text) ? text : `https://${text}`) !== undefined) return text;
  throw new Mistake(`"${text}" is no start of an address, as "https://spam.example/blog" is`);
}
