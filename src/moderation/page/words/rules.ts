import type { RuleAction, RuleCriteria, RuleDraft, RulePreview } from '../state/shapes.ts';
import { count, dialectNames, numbers } from './states.ts';

export const actionNames: Readonly<Record<RuleAction, string>> = {
  block: 'Block',
  reject: 'Reject',
  hold: 'Hold',
  approve: 'Approve',
};

/** What each action does, the strictest first: of several rules that match, the strictest counts. */
export const actionWords: Readonly<Record<RuleAction, string>> = {
  block: 'Refuse the ping. Its page is not even looked at.',
  reject: 'Take it in and check it, but never show it.',
  hold: 'Always wait for your decision.',
  approve: 'Show it as soon as its link is verified.',
};

/** What a rule is about, in a sentence without its action. */
export function criteriaWords(rule: RuleCriteria & Pick<RuleDraft, 'site'>): string {
  const parts = [
    rule.sourceHost === null ? '' : `from ${rule.sourceHost} and hosts below it`,
    rule.sourcePrefix === null ? '' : `from addresses that begin with ${rule.sourcePrefix}`,
    rule.author === null ? '' : `by the author ${rule.author}`,
    rule.targetPath === null ? '' : `to ${rule.targetPath} and pages below it`,
    rule.dialect === null ? '' : `announced by ${dialectNames[rule.dialect]}`,
    rule.site === null ? '' : `on the site ${rule.site}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export function hasCriteria(rule: RuleCriteria): boolean {
  const { sourceHost, sourcePrefix, author, targetPath, dialect } = rule;
  return [sourceHost, sourcePrefix, author, targetPath, dialect].some((each) => each !== null);
}

/** What a rule would have done to what is stored. */
export function previewWords({ matching, wouldChange, checked, isComplete }: RulePreview): string {
  const bound = isComplete ? '' : ` Only the newest ${count(checked, 'linkback')} were looked at.`;
  if (matching === 0) return `It matches nothing that is stored so far.${bound}`;
  const change =
    wouldChange === 0
      ? 'and would have changed nothing'
      : `and would have changed ${numbers.format(wouldChange)} of them`;
  return `It matches ${count(matching, 'stored linkback')}, ${change}.${bound}`;
}
