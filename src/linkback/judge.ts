import type { Mover } from './event.ts';
import type { Linkback, Moderation } from './linkback.ts';
import { decidingRule, ruleSentence, type Rule, type RuleSubject } from './rule.ts';
import type { Thresholds } from './signal.ts';
import { usualThresholds, type Policy } from './site.ts';

/** What speaks for the owner while they have not spoken. */
export type JudgeContext = {
  readonly policy: Policy;
  /** Whether the owner has approved another linkback from this source host on this site. */
  readonly hostIsApproved: boolean;
  /** Standing decisions, which go before signals and policy. */
  readonly rules?: readonly Rule[];
  readonly thresholds?: Thresholds;
};

export type Judged = { readonly to: Moderation; readonly by: Mover; readonly why: string };

/** What is decided without the owner, or undefined to wait for their word: by a rule, else by signals, else by policy. */
export function judge(linkback: Linkback, context: JudgeContext): Judged | undefined {
  const rule = decidingRule(context.rules ?? [], subjectOf(linkback));
  if (rule !== undefined) return judgeByRule(rule);
  const { holdAt, spamAt } = context.thresholds ?? usualThresholds;
  if (linkback.score >= spamAt) return { to: 'spam', by: { kind: 'signals' }, why: reasonsOf(linkback) };
  return linkback.score >= holdAt ? undefined : judgeByPolicy(context);
}

function judgeByRule(rule: Rule): Judged | undefined {
  const by = { kind: 'rule', name: rule.id } as const;
  const why = ruleSentence(rule);
  switch (rule.action) {
    case 'approve':
      return { to: 'approved', by, why };
    case 'hold':
      return undefined;
    // Blocking is for pings; what was accepted before the rule stood is treated as if it had asked to reject.
    case 'block':
    case 'reject':
      return { to: 'rejected', by, why };
    default:
      return rule.action satisfies never;
  }
}

function judgeByPolicy({ policy, hostIsApproved }: JudgeContext): Judged | undefined {
  const by = { kind: 'policy', name: policy } as const;
  if (policy === 'approve-all') {
    return { to: 'approved', by, why: 'The site approves every verified linkback.' };
  }
  return policy === 'hold-first' && hostIsApproved
    ? { to: 'approved', by, why: 'The owner approved this source before.' }
    : undefined;
}

function reasonsOf({ signals }: Linkback): string {
  return signals
    .filter(({ weight }) => weight > 0)
    .map(({ sentence }) => sentence)
    .join(' ');
}

/** A linkback as rules see it. */
export function subjectOf(linkback: Linkback): RuleSubject {
  const { site, source, target, announcements, facts } = linkback;
  const dialects = announcements.map(({ dialect }) => dialect);
  return { site, source, target, dialects, author: facts?.author ?? null };
}
