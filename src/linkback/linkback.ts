import type { Claims } from './claims.ts';
import type { Reason } from './refusal.ts';
import type { Signal } from './signal.ts';

/** The three dialects a linkback may be announced in (`protocol` in data). */
export const dialects = ['pingback', 'trackback', 'webmention'] as const;
export type Dialect = (typeof dialects)[number];

/** What a linkback says about its target; everything but `mention` comes from microformats. */
export const linkbackTypes = ['mention', 'reply', 'like', 'repost', 'bookmark', 'rsvp'] as const;
export type LinkbackType = (typeof linkbackTypes)[number];

/** What an RSVP answers, from the least to the most. */
export const rsvps = ['no', 'interested', 'maybe', 'yes'] as const;
export type Rsvp = (typeof rsvps)[number];

/** The world's machine: does the source link to the target? Drawn in docs/states.md. */
export const verifications = ['unverified', 'verified', 'refused', 'gone'] as const;
export type Verification = (typeof verifications)[number];

/** The owner's machine: may it be shown? Drawn in docs/states.md. */
export const moderations = ['pending', 'approved', 'rejected', 'spam'] as const;
export type Moderation = (typeof moderations)[number];

/** The quoted words around the link, as plain text; the marks are added at output. */
export type Excerpt = {
  readonly before: string;
  readonly link: string;
  readonly after: string;
  /** Whether the page's text went on beyond this edge. */
  readonly cutBefore: boolean;
  readonly cutAfter: boolean;
};

export type Author = {
  readonly name: string | null;
  readonly url: string | null;
  readonly photo: string | null;
};

/** How the link was found: kept so that the owner can see why a linkback was believed. */
export type Evidence = {
  readonly rule: 'exact' | 'lenient';
  readonly element: string;
  readonly href: string;
  readonly rel: readonly string[];
  /** Offset in characters from the start of the decoded page. */
  readonly position: number;
  /** False when the link stands in the page's navigation, header, footer or an aside. */
  readonly inContent: boolean;
  /** How many links to the target the page holds (counted up to a limit). */
  readonly linksFound: number;
  readonly finalUrl: string;
  /** The page that vouches for the source, and whether it does; absent when none was named. */
  readonly vouch?: Vouch;
  /** Whether the page keeps the link from its readers' eyes. */
  readonly isHidden?: boolean;
  /** How many links to other hosts the page holds, as far as it was read. */
  readonly outboundLinks?: number;
};

export type Vouch = { readonly url: string; readonly holds: boolean; readonly detail: string };

/** What a source page says about itself, as plain text. */
export type PageFacts = {
  readonly title: string;
  readonly author: Author;
  readonly publishedAt: number | null;
  readonly language: string | null;
  /** The answer of a page that is an RSVP. */
  readonly rsvp?: Rsvp;
};

/** One dialect's word that the source links here. */
export type Announcement = {
  readonly dialect: Dialect;
  /** Both URLs in the sender's own spelling. */
  readonly source: string;
  readonly target: string;
  readonly statusId: string;
  /** Whether this dialect's link rule held at the last verification. */
  readonly held: boolean;
  readonly claims: Claims | null;
  /** The page that the sender says vouches for its own. */
  readonly vouch: string | null;
  /** Whoever sent it last: for limits and abuse reports, and shown to nobody. */
  readonly senderIp: string | null;
  readonly firstAt: number;
  readonly lastAt: number;
};

/** A linkback as stored. Instants are whole milliseconds since 1970. */
export type Linkback = {
  readonly id: string;
  readonly site: string;
  readonly type: LinkbackType;
  /** The dialect that announced it first. */
  readonly protocol: Dialect;
  readonly announcements: readonly Announcement[];
  readonly source: string;
  readonly sourceHost: string;
  readonly target: string;
  readonly fragment: string | null;
  readonly verification: Verification;
  /** Why it is refused; null in every other state. */
  readonly refusal: Reason | null;
  readonly moderation: Moderation;
  readonly facts: PageFacts | null;
  readonly excerpt: Excerpt | null;
  readonly evidence: Evidence | null;
  /** Evidence for spam and against it, and its points in sum. */
  readonly signals: readonly Signal[];
  readonly score: number;
  readonly receivedAt: number;
  /** When the source was last looked at with a definite result. */
  readonly checkedAt: number | null;
  readonly verifiedAt: number | null;
  readonly updatedAt: number;
};

/** Public means verified and approved: this is the only place that says so (SQL mirrors it in a check). */
export function isPublic(linkback: Pick<Linkback, 'verification' | 'moderation'>): boolean {
  return linkback.verification === 'verified' && linkback.moderation === 'approved';
}

/** The dialects whose link rule held, in the order in which they announced the linkback. */
export function heldProtocols(linkback: Pick<Linkback, 'announcements'>): Dialect[] {
  const held = linkback.announcements.filter((each) => each.held).map((each) => each.dialect);
  return [...new Set(held)];
}
