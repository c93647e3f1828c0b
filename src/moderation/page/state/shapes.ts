/** What the owner's API answers, in the shapes that it documents. Times are ISO 8601 in UTC. */
import type { LinkbackEvent } from '../../../linkback/event.ts';
import type {
  Author,
  Dialect,
  Evidence,
  Excerpt,
  LinkbackType,
  Moderation,
  Verification,
} from '../../../linkback/linkback.ts';
import type { Reason } from '../../../linkback/refusal.ts';
import type { RuleAction } from '../../../linkback/rule.ts';
import type { Signal, Thresholds } from '../../../linkback/signal.ts';

export type {
  Dialect,
  Evidence,
  Excerpt,
  LinkbackType,
  Moderation,
  RuleAction,
  Signal,
  Thresholds,
  Verification,
};

export type Scope = 'read' | 'moderate' | 'send' | 'admin';

export type Session = {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly site: string | null;
  readonly csrf: string;
  readonly expiresAt: string;
};

export type Source = {
  readonly url: string;
  readonly host: string;
  readonly title: string | null;
  readonly author: Author | null;
  readonly published: string | null;
  readonly language: string | null;
};

/** A linkback as lists have it. */
export type Item = {
  readonly id: string;
  readonly site: string;
  readonly type: LinkbackType;
  readonly protocol: Dialect;
  readonly protocols: readonly Dialect[];
  readonly moderation: Moderation;
  readonly verification: Verification;
  readonly refusal: { readonly reason: Reason; readonly detail: string } | null;
  readonly public: boolean;
  readonly source: Source;
  readonly target: string;
  readonly fragment: string | null;
  readonly excerpt: Excerpt | null;
  readonly signals: readonly Signal[];
  readonly score: number;
  readonly receivedAt: string;
  readonly checkedAt: string | null;
  readonly verifiedAt: string | null;
  readonly updatedAt: string;
};

export type Announced = {
  readonly protocol: Dialect;
  readonly source: string;
  readonly target: string;
  readonly held: boolean;
  readonly firstAt: string;
  readonly lastAt: string;
};

export type Attempt = { readonly at: string; readonly detail: string };

export type Job = {
  readonly state: 'waiting' | 'leased' | 'dead';
  readonly dueAt: string;
  readonly setbacks: number;
  readonly looks: number;
  readonly unfinished: number;
};

/** A move, with its time as text. */
export type Move = Omit<LinkbackEvent, 'at'> & { readonly at: string };

/** Everything that is known of a linkback. */
export type Detail = Item & {
  readonly evidence: Evidence | null;
  readonly announcements: readonly Announced[];
  readonly attempts: readonly Attempt[];
  readonly job: Job | null;
  readonly events: readonly Move[];
  readonly others: { readonly count: number; readonly items: readonly Item[] };
};

export type Counts = {
  readonly moderation: Readonly<Record<Moderation, number>>;
  readonly verification: Readonly<Record<Verification, number>>;
  /** Verified, and not decided on. */
  readonly waiting: number;
  /** Refused, tried again after trouble, or given up. */
  readonly failed: number;
  readonly approvedButGone: number;
};

export type List<Entry> = { readonly items: readonly Entry[]; readonly next: string | null };
export type ItemList = List<Item> & { readonly counts: Counts };

export type Decided = Item & { readonly decision: string | null };
export type BulkDecided = { readonly id: string; readonly count: number };
export type Undone = { readonly count: number; readonly kept: number };

export type RuleCriteria = {
  readonly sourceHost: string | null;
  readonly sourcePrefix: string | null;
  readonly author: string | null;
  readonly targetPath: string | null;
  readonly dialect: Dialect | null;
};

export type RuleDraft = RuleCriteria & {
  readonly site: string | null;
  readonly action: RuleAction;
  readonly note: string;
};

export type Rule = RuleDraft & {
  readonly id: string;
  readonly createdBy: string;
  readonly createdAt: string;
};

export type RulePreview = {
  readonly matching: number;
  readonly wouldChange: number;
  readonly checked: number;
  readonly isComplete: boolean;
  readonly examples: readonly Item[];
};
