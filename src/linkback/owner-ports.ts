import type { LinkbackEvent } from './event.ts';
import type { Dialect, Linkback, LinkbackType, Moderation, Verification } from './linkback.ts';
import type { Page } from './ports.ts';
import type { Rule, RuleSubject } from './rule.ts';
import type { Site } from './site.ts';
import type { Delivery, DeliveryEnd, DeliveryLease, Webhook } from './webhook.ts';

/** Which linkbacks an owner means; what is left out does not matter. */
export type ModerationFilter = {
  readonly site?: string;
  readonly moderation?: Moderation;
  readonly verification?: Verification;
  readonly protocol?: Dialect;
  readonly type?: LinkbackType;
  /** A source host, with all hosts below it. */
  readonly host?: string;
  /** Words looked for in URLs, title, author and excerpt. */
  readonly q?: string;
  /** Received at or after this instant. */
  readonly since?: number;
};

/** What may need a person: a check that failed or that is tried again, or what is approved but gone. */
export const attentions = ['failed', 'gone'] as const;
export type Attention = (typeof attentions)[number];

export type ModerationQuery = ModerationFilter & {
  readonly attention?: Attention;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
  readonly after?: string;
};

export type Counts = {
  readonly moderation: Readonly<Record<Moderation, number>>;
  readonly verification: Readonly<Record<Verification, number>>;
  /** Verified, and not decided on: what an owner has to look at. */
  readonly waiting: number;
  /** Refused, or in trouble: tried again, or given up. */
  readonly failed: number;
  /** Approved, but gone by now: hidden, and worth the owner's look. */
  readonly approvedButGone: number;
};

export type JobState = {
  readonly state: 'waiting' | 'leased' | 'dead';
  readonly dueAt: number;
  readonly setbacks: number;
  readonly looks: number;
  readonly unfinished: number;
};

/** An attempt that found no link, for the owner. */
export type Attempt = { readonly at: number; readonly detail: string };

/** Some of many, and how many there are. */
export type Some<Item> = { readonly items: readonly Item[]; readonly count: number };

/** What a rule would look at, and where it stands now. */
export type RuleCandidate = RuleSubject & Pick<Linkback, 'id' | 'moderation' | 'verification'>;

/** How far a walk came: complete when nothing older was left out. */
export type Walked = { readonly checked: number; readonly isComplete: boolean };

/** What the owner may do. */
export type ModerationStore = {
  readonly moderationList: (query: ModerationQuery) => Promise<Page<Linkback>>;
  /**
   * The latest others of a source host on a site.
   *
   * Limits: counted up to a thousand.
   */
  readonly hostLinkbacks: (
    site: string,
    host: string,
    exceptId: string,
    limit: number,
  ) => Promise<Some<Linkback>>;
  /**
   * Shows what a rule would look at, the newest first, in batches between which others have their turn.
   *
   * Limits: the newest 100,000 of those that the filter lets through.
   */
  readonly walk: (
    filter: ModerationFilter,
    visit: (batch: readonly RuleCandidate[]) => void,
  ) => Promise<Walked>;
  readonly counts: (site?: string) => Promise<Counts>;
  readonly linkback: (id: string) => Promise<Linkback | undefined>;
  readonly events: (linkbackId: string) => Promise<readonly LinkbackEvent[]>;
  readonly attempts: (linkbackId: string) => Promise<readonly Attempt[]>;
  readonly job: (linkbackId: string) => Promise<JobState | undefined>;
  readonly erase: (id: string) => Promise<boolean>;
  /** Queues a check for now, also of a parked one; false when there is no such linkback. */
  readonly verifyAgain: (id: string) => Promise<boolean>;
};

/** Whose word, and what it is. */
export type DecisionWord = {
  readonly moderation: Moderation;
  readonly note: string;
  readonly by: string;
};

/** Which linkbacks are decided on; with a site, only those of that site. */
export type DecisionScope = {
  readonly site?: string;
} & ({ readonly ids: readonly string[] } | { readonly filter: ModerationFilter });

export type DecisionMade = {
  /** What takes it back; null when it moved nothing. */
  readonly id: string | null;
  /** How many linkbacks it moved: those that stood there already are not counted. */
  readonly count: number;
};

export type DecisionUndone = {
  /** How many went back to where they were; others have been decided on since, or are erased. */
  readonly count: number;
  readonly kept: number;
};

/** The owner's words, one or many linkbacks at a time, each of which can be taken back as a whole. */
export type DecisionStore = {
  /**
   * Moves every linkback in scope, in transactions of some hundred each; each move is an event.
   *
   * What comes into the filter's reach while it runs is left alone, and so is what leaves it.
   *
   * Throws: `HalfDecided` when a later transaction fails, for those before it stand.
   */
  readonly decideAll: (scope: DecisionScope, word: DecisionWord) => Promise<DecisionMade>;
  /** `unknown` when there is no such decision (on this site), `undone` when it is taken back already. */
  readonly undo: (id: string, by: string, site?: string) => Promise<DecisionUndone | 'unknown' | 'undone'>;
};

export type RuleStore = {
  /** All rules, the oldest first. */
  readonly rules: () => Promise<readonly Rule[]>;
  /** Adds a rule, or replaces the one of the same id. */
  readonly saveRule: (rule: Rule) => Promise<void>;
  readonly deleteRule: (id: string) => Promise<boolean>;
};

export type SiteStore = {
  readonly storedSites: () => Promise<readonly Site[]>;
  readonly saveSite: (site: Site) => Promise<void>;
  /** Forgets the site, not its linkbacks; false when there is none of that name. */
  readonly deleteSite: (slug: string) => Promise<boolean>;
};

/** Linkbacks on which a person decided, to learn from: the latest of each kind. */
export type ExampleStore = {
  readonly examples: (
    site: string,
    moderation: 'approved' | 'spam',
    limit: number,
  ) => Promise<readonly Linkback[]>;
};

export type WebhookStore = {
  /** All webhooks, the oldest first. */
  readonly webhooks: () => Promise<readonly Webhook[]>;
  /** Adds a webhook, or replaces the one of the same id; what waits for one that is switched off has failed. */
  readonly saveWebhook: (webhook: Webhook) => Promise<void>;
  readonly deleteWebhook: (id: string) => Promise<boolean>;
  /** The log of a webhook, the newest first. */
  readonly deliveries: (webhookId: string, limit: number, after?: string) => Promise<Page<Delivery>>;
  /** Sends it once more under the same id; false when there is none of it. */
  readonly replay: (webhookId: string, deliveryId: string) => Promise<boolean>;
  /** Promises a call that tells of no linkback; false when the webhook is gone or switched off. */
  readonly promiseTest: (webhookId: string, deliveryId: string, body: string) => Promise<boolean>;
};

/** Promised calls, written in the transaction of what they tell of. */
export type DeliveryStore = {
  /** Leases due calls, counting the attempt; at most one of each webhook that is not among the busy ones. */
  readonly claimDeliveries: (claim: {
    readonly limit: number;
    readonly leaseMs: number;
    readonly busyWebhooks: readonly string[];
  }) => Promise<readonly DeliveryLease[]>;
  /** False when the lease is lost. */
  readonly finishDelivery: (lease: DeliveryLease, end: DeliveryEnd) => Promise<boolean>;
  /** When the next call is due that is not of a busy webhook; undefined when none waits. */
  readonly nextDelivery: (busyWebhooks: readonly string[]) => Promise<number | undefined>;
  /** Forgets what ended before this instant, some hundred at a time, and says how many. */
  readonly forgetDeliveries: (before: number) => Promise<number>;
};

export type ScheduleStore = {
  /** Takes the turn of something that is done at most every `everyMs`: true for one caller only. */
  readonly takeTurn: (name: string, everyMs: number) => Promise<boolean>;
  /** When it was taken last; undefined when it never was. */
  readonly turnTakenAt: (name: string) => Promise<number | undefined>;
};

/** What a token's holder may do: `admin` may do everything, `moderate` may also read. */
export const scopes = ['read', 'moderate', 'send', 'admin'] as const;
export type Scope = (typeof scopes)[number];

export type Token = {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the token, in hex: the token itself is stored nowhere. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** The one site it is for; null for all. */
  readonly site: string | null;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly createdAt: number;
};

export type TokenStore = {
  readonly hasTokens: () => Promise<boolean>;
  readonly tokens: () => Promise<readonly Token[]>;
  readonly tokenByHash: (hash: string) => Promise<Token | undefined>;
  /** Adds a token, or replaces the one of the same id. */
  readonly saveToken: (token: Token) => Promise<void>;
  /** Revokes a token, and every session that came in with it. */
  readonly deleteToken: (id: string) => Promise<boolean>;
  /** Notes that a token was used; callers do so at most now and then. */
  readonly touchToken: (id: string, at: number) => Promise<void>;
};

/** Somebody at the moderation page, who came in with a token and may do what it may. */
export type Session = {
  /** SHA-256 of the cookie, in hex. */
  readonly hash: string;
  readonly tokenHash: string;
  readonly createdAt: number;
  readonly expiresAt: number;
};

export type SessionStore = {
  /** Saves a session, and forgets those that have expired. */
  readonly saveSession: (session: Session) => Promise<void>;
  readonly sessionByHash: (hash: string) => Promise<Session | undefined>;
  readonly deleteSession: (hash: string) => Promise<void>;
};
