import type { AcceptedPing, Filed, JudgedPing } from './accept.ts';
import type { Dialect, Linkback, LinkbackType, Moderation, Rsvp, Verification } from './linkback.ts';
import type { Progress, Settlement } from './settle.ts';
import type { Surroundings } from './surroundings.ts';

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

/** From which end jobs are taken that are due: those due the longest, or the latest. */
export type QueueEnd = 'oldest' | 'newest';

export type Claim = {
  readonly limit: number;
  /** The oldest when absent. */
  readonly from?: QueueEnd;
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
  readonly surroundings: Surroundings;
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
    /** The digest of the words that this attempt found, to compare them with others'; absent when it found nothing. */
    textKey?: string | null,
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
  /** What is known of the pair that a ping announces; undefined when nobody has announced it. */
  readonly recall: (ping: JudgedPing) => Promise<Recalled | undefined>;
  /** How many jobs are open, counting no further than `most`. */
  readonly openJobs: (most: number) => Promise<number>;
};

export type Recalled = {
  /** When the same dialect last said the very same; null when it never did, or in other words. */
  readonly saidAt: number | null;
};

/** How much promised work there is. */
export type Queued = {
  readonly waiting: number;
  readonly leased: number;
  /** Since when the oldest waits to be taken, which may be an instant to come; undefined when none waits. */
  readonly dueSince: number | undefined;
};

/** What is stored, in numbers. */
export type Numbers = {
  readonly linkbacks: readonly {
    readonly moderation: Moderation;
    readonly verification: Verification;
    readonly count: number;
  }[];
  /** Verifications; dead ones wait for the owner. */
  readonly jobs: Queued & { readonly dead: number };
  /** Calls to webhooks. */
  readonly calls: Queued;
};

export type NumbersStore = { readonly numbers: () => Promise<Numbers> };

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

/** What a look at one of our own pages found: kept so that pings do not make us fetch it each time. */
export type TargetLook = {
  readonly isGone: boolean;
  /** The page under which its linkbacks are filed; null for itself. */
  readonly page: string | null;
  /** When it was published, as it says itself. */
  readonly publishedAt: number | null;
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
