import type { AcceptedPing, Filed } from './accept.ts';
import type { Decision } from './decide.ts';
import type { LinkbackEvent } from './event.ts';
import type { Dialect, Linkback, LinkbackType, Moderation, Rsvp, Verification } from './linkback.ts';
import type { Progress, Settlement } from './settle.ts';

/** A job in hand: whoever holds the newest token may finish it; once the lease runs out another may take it. */
export type Lease = {
  readonly jobId: string;
  readonly token: string;
  readonly linkbackId: string;
  /** The source's host and port: one job per host runs at a time. */
  readonly host: string;
  readonly progress: Progress;
  /** Attempts that were begun since the last one that ended with a result, this one included. */
  readonly unfinished: number;
};

export type Claim = {
  readonly limit: number;
  readonly leaseMs: number;
  /** Hosts that are busy or must rest; `ignore` takes several jobs of one host at a time. */
  readonly busyHosts: readonly string[] | 'ignore';
  /**
   * True while this process has a suspect in hand: a job whose last attempt did not end. Only one is taken at a time,
   * so that the job which ends the process is told from those that happen to be beside it.
   */
  readonly suspectInHand?: boolean;
};

/** What a settlement is worked out from, read in the transaction that writes it. */
export type SettleBasis = {
  readonly linkback: Linkback;
  readonly hostIsApproved: boolean;
  readonly now: number;
};

/** Work promised for later. Every verb either commits or throws; none holds a transaction open between calls. */
export type JobStore = {
  /** Leases due jobs, counting the attempt before the work begins. */
  readonly claim: (claim: Claim) => Promise<readonly Lease[]>;
  /** Writes an attempt's result and the job's end or next run in one transaction; undefined when the lease is lost. */
  readonly finish: (
    lease: Lease,
    settle: (basis: SettleBasis) => Settlement,
  ) => Promise<Linkback | undefined>;
  /** Makes jobs of so many verified linkbacks whose time has come to be looked at again. */
  readonly promiseRechecks: (limit: number) => Promise<number>;
  /** Gives a job back unworked, as if it had not been claimed. */
  readonly release: (lease: Lease) => Promise<void>;
  /** Ends a poison job for good: its linkback is settled, the job stays as dead for the owner to see. */
  readonly park: (lease: Lease, settle: (basis: SettleBasis) => Settlement) => Promise<Linkback | undefined>;
  /** When the next job is due, in milliseconds since 1970; undefined when none waits. */
  readonly nextDue: () => Promise<number | undefined>;
  readonly linkback: (id: string) => Promise<Linkback | undefined>;
};

/** Taking pings in. */
export type PingStore = {
  /** Writes the linkback and its job in one transaction and resolves when it is on disk. */
  readonly file: (ping: AcceptedPing) => Promise<Filed>;
};

/** A page of a list: `next` is the cursor of the following page. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null };

export type PublicQuery = {
  readonly targetKey?: string;
  readonly site?: string;
  readonly protocol?: Dialect;
  readonly type?: LinkbackType;
  /** Verified at or after this instant. */
  readonly since?: number;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
  readonly after?: string;
};

/** What the public may read: verified and approved linkbacks only. */
export type PublicStore = {
  readonly publicList: (query: PublicQuery) => Promise<Page<Linkback>>;
};

/** A public linkback as readers know it: by a number that grows with each linkback that becomes public. */
export type Mention = {
  readonly serial: number;
  /** When it became public for the first time. */
  readonly publicAt: number;
  readonly linkback: Linkback;
};

/** One of our pages; with a fragment, only what was said of that part of it. */
export type MentionTarget = { readonly key: string; readonly fragment: string | null };

/** Whose mentions: those of some pages, of some sites, or all. */
export type MentionScope = {
  readonly targets?: readonly MentionTarget[];
  readonly sites?: readonly string[];
};

export const mentionOrders = ['created', 'updated', 'published', 'rsvp'] as const;
export type MentionOrder = (typeof mentionOrders)[number];

export type MentionQuery = MentionScope & {
  readonly types?: readonly LinkbackType[];
  /** Public since this instant or later; for what was withdrawn, withdrawn then. */
  readonly since?: number;
  /** With a greater serial than this. */
  readonly sinceSerial?: number;
  readonly sortBy: MentionOrder;
  readonly isDescending: boolean;
  readonly limit: number;
  readonly offset: number;
};

/** How many mentions there are of a type, and of an answer where the type is `rsvp`. */
export type MentionCount = {
  readonly type: LinkbackType;
  readonly rsvp: Rsvp | null;
  readonly count: number;
};

/** What was public and is not any more; of what was erased, the source is forgotten. */
export type Withdrawal = {
  readonly serial: number;
  readonly source: string | null;
  readonly target: string;
  readonly withdrawnAt: number;
};

/** Public linkbacks by serial, for readers that keep copies: nothing that becomes public late escapes them. */
export type MentionStore = {
  readonly mentions: (
    query: MentionQuery,
  ) => Promise<{ readonly items: readonly Mention[]; readonly total: number }>;
  readonly mentionCounts: (scope: MentionScope) => Promise<readonly MentionCount[]>;
  /** The latest first, whatever order the query names. */
  readonly withdrawals: (query: MentionQuery) => Promise<readonly Withdrawal[]>;
};

export type StatusStore = {
  /** The linkback behind a status id that was announced at or after `since`. */
  readonly byStatusId: (statusId: string, since: number) => Promise<Linkback | undefined>;
};

export type ModerationQuery = {
  readonly site?: string;
  readonly moderation?: Moderation;
  readonly verification?: Verification;
  readonly protocol?: Dialect;
  readonly type?: LinkbackType;
  readonly host?: string;
  /** Words looked for in URLs, title, author and excerpt. */
  readonly q?: string;
  /** Received at or after this instant. */
  readonly since?: number;
  readonly order: 'oldest' | 'newest';
  readonly limit: number;
  readonly after?: string;
};

export type Counts = {
  readonly moderation: Readonly<Record<Moderation, number>>;
  readonly verification: Readonly<Record<Verification, number>>;
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

/** What the owner may do. */
export type ModerationStore = {
  readonly moderationList: (query: ModerationQuery) => Promise<Page<Linkback>>;
  readonly counts: (site?: string) => Promise<Counts>;
  readonly linkback: (id: string) => Promise<Linkback | undefined>;
  readonly events: (linkbackId: string) => Promise<readonly LinkbackEvent[]>;
  readonly attempts: (linkbackId: string) => Promise<readonly Attempt[]>;
  readonly job: (linkbackId: string) => Promise<JobState | undefined>;
  readonly decide: (id: string, decide: (linkback: Linkback) => Decision) => Promise<Linkback | undefined>;
  readonly erase: (id: string) => Promise<boolean>;
  /** Queues a check for now, also of a parked one; false when there is no such linkback. */
  readonly verifyAgain: (id: string) => Promise<boolean>;
};

/** What a look at one of our own pages found: kept so that pings do not make us fetch it each time. */
export type TargetLook = {
  readonly isGone: boolean;
  /** The page under which its linkbacks are filed; null for itself. */
  readonly page: string | null;
  readonly expiresAt: number;
};

export type TrustStore = {
  /** Whether the owner of a site has approved a linkback from this host. */
  readonly isApprovedHost: (site: string, host: string) => Promise<boolean>;
};

export type TargetStore = {
  readonly targetLook: (targetKey: string) => Promise<TargetLook | undefined>;
  readonly saveTargetLook: (targetKey: string, look: TargetLook) => Promise<void>;
};

export type Token = {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the token, in hex: the token itself is stored nowhere. */
  readonly hash: string;
  readonly createdAt: number;
};

export type TokenStore = {
  readonly hasTokens: () => Promise<boolean>;
  readonly tokenByHash: (hash: string) => Promise<Token | undefined>;
  readonly addToken: (token: Token) => Promise<void>;
};

/** Everything the service keeps, in one place. */
export type Store = JobStore &
  PingStore &
  PublicStore &
  MentionStore &
  StatusStore &
  ModerationStore &
  TrustStore &
  TargetStore &
  TokenStore & {
    /** Resolves when the store can read and write; throws otherwise. */
    readonly check: () => Promise<void>;
    readonly close: () => Promise<void>;
  };
