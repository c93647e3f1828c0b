import type { Author, Dialect } from './linkback.ts';
import { hostOf, isWithinHost, liesUnder } from './page-url.ts';

/** What a standing decision does; of several that match, the first of these counts. */
export const ruleActions = ['block', 'reject', 'hold', 'approve'] as const;
export type RuleAction = (typeof ruleActions)[number];

/** All criteria that are given must hold; at least one is given. */
export type RuleCriteria = {
  /** A host, with all hosts below it. */
  readonly sourceHost: string | null;
  /** What the source's address starts with, whatever its scheme and with or without `www.`. */
  readonly sourcePrefix: string | null;
  /** The name or the address of the author, as the page says it. */
  readonly author: string | null;
  /** A path of the site, with everything below it. */
  readonly targetPath: string | null;
  readonly dialect: Dialect | null;
};

/** A decision that stands: made before the linkbacks it decides on. */
export type Rule = RuleCriteria & {
  readonly id: string;
  /** The slug of a site, or null for all. */
  readonly site: string | null;
  readonly action: RuleAction;
  readonly note: string;
  readonly createdBy: string;
  readonly createdAt: number;
};

/** What a rule looks at; the author is known after verification only. */
export type RuleSubject = {
  readonly site: string;
  readonly source: string;
  readonly target: string;
  readonly dialects: readonly Dialect[];
  readonly author: Author | null;
};

/** Whether everything that the rule asks for holds. */
export function matchesRule(rule: RuleCriteria & Pick<Rule, 'site'>, subject: RuleSubject): boolean {
  const { site, sourceHost, sourcePrefix, author, targetPath, dialect } = rule;
  return (
    (site === null || site === subject.site) &&
    (sourceHost === null || isWithinHost(hostOf(new URL(subject.source)), sourceHost)) &&
    (sourcePrefix === null || bare(subject.source).startsWith(bare(sourcePrefix))) &&
    (author === null || isAuthor(subject.author, author)) &&
    (targetPath === null || liesUnder(new URL(subject.target), new URL(targetPath, subject.target))) &&
    (dialect === null || subject.dialects.includes(dialect))
  );
}

/** The rule that decides: the strictest of those that match, and of these the oldest. */
export function decidingRule(rules: readonly Rule[], subject: RuleSubject): Rule | undefined {
  const matching = rules.filter((rule) => matchesRule(rule, subject));
  for (const action of ruleActions) {
    const first = matching.find((rule) => rule.action === action);
    if (first !== undefined) return first;
  }
  return undefined;
}

/** What a rule says, in a sentence: for the event of what it decides. */
export function ruleSentence(rule: Rule): string {
  const { action, sourceHost, sourcePrefix, author, targetPath, dialect, note } = rule;
  const criteria = [
    sourceHost === null ? '' : `from ${sourceHost}`,
    sourcePrefix === null ? '' : `from ${sourcePrefix}…`,
    author === null ? '' : `by ${author}`,
    targetPath === null ? '' : `to ${targetPath}`,
    dialect === null ? '' : `by ${dialect}`,
  ].filter((each) => each !== '');
  return `The rule “${action} what comes ${criteria.join(', ')}”${note === '' ? '.' : `: ${note}`}`;
}

function isAuthor(author: Author | null, wanted: string): boolean {
  const { name = null, url = null } = author ?? {};
  const same = (one: string | null): boolean => one !== null && bare(one) === bare(wanted);
  return same(name) || same(url);
}

/** An address without what tells spellings apart; other text in lower case. */
function bare(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\/(?:www\.)?/u, '')
    .replace(/\/$/u, '');
}
