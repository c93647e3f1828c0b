import type { Dialect, Evidence, Excerpt, LinkbackType, PageFacts } from './linkback.ts';
import type { Reason } from './refusal.ts';
import type { Signal } from './signal.ts';

/** The source links to the target. */
export type Found = {
  readonly kind: 'found';
  readonly type: LinkbackType;
  readonly facts: PageFacts;
  readonly excerpt: Excerpt;
  readonly evidence: Evidence;
  /** The pages under which the linkback belongs, when they are not those it was announced with. */
  readonly filing: Filing | null;
  /** The announcing dialects whose link rule holds; never empty. */
  readonly held: readonly Dialect[];
  /** What others think of it, asked over the network. */
  readonly opinions?: readonly Signal[];
};

/** The two pages by their own names: what redirects and `rel=canonical` say, on either side. */
export type Filing = {
  readonly source: string;
  readonly target: string;
  readonly targetKey: string;
  readonly pairKey: string;
};

/**
 * The source definitely does not link to the target.
 *
 * `gone` is HTTP 410; `absent` everything else that was answered; `unreachable` a refused address, an unknown host or
 * a failed connection, which are told to nobody apart.
 */
export type NotFound = {
  readonly kind: 'not-found';
  readonly reason: Extract<
    Reason,
    'source-unusable' | 'no-link' | 'target-gone' | 'target-closed' | 'access-denied' | 'our-fault'
  >;
  readonly finding: 'gone' | 'absent' | 'unreachable';
  /** For the owner and the log: never shown to senders. */
  readonly detail: string;
};

/** Temporary trouble: not a verdict. Only the queue understands it. */
export type Setback = {
  readonly kind: 'setback';
  readonly detail: string;
  /** What the source asked for, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** How long we leave the host alone, for it has had its share of our requests: nobody's fault, so no try is used up. */
  readonly restMs?: number;
};

export type Verdict = Found | NotFound;
export type Outcome = Verdict | Setback;
