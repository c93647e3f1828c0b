import type {
  BulkDecided,
  Dialect,
  Item,
  LinkbackType,
  Moderation,
  Undone,
  Verification,
} from '../state/shapes.ts';
import type { Tab } from '../state/place.ts';

export const tabNames: Readonly<Record<Tab, string>> = {
  pending: 'Pending',
  approved: 'Approved',
  spam: 'Spam',
  rejected: 'Rejected',
  gone: 'Approved but gone',
  failed: 'Failed',
  all: 'All',
};

/** What a list without anything in it says. */
export const emptyWords: Readonly<Record<Tab, readonly [string, string]>> = {
  pending: ['All done', 'Nothing waits for your decision. What comes in appears here by itself.'],
  approved: ['Nothing approved yet', 'What you approve is shown under your posts, and stands here.'],
  spam: ['No spam', 'What you mark as spam, and what looks like it, stands here with its reasons.'],
  rejected: ['Nothing rejected', 'What you do not want to show, and is no spam either, stands here.'],
  gone: ['Nothing is gone', 'When a page that you approved goes away, it is hidden and stands here.'],
  failed: [
    'Nothing failed',
    'Pings whose page cannot be read, or has no link to yours, stand here with the reasons.',
  ],
  all: ['No linkbacks', 'Everything that was ever announced to your sites stands here.'],
};

export const moderationNames: Readonly<Record<Moderation, string>> = {
  pending: 'Pending',
  approved: 'Approved',
  rejected: 'Rejected',
  spam: 'Spam',
};

export const verificationNames: Readonly<Record<Verification, string>> = {
  unverified: 'Being checked',
  verified: 'Verified',
  refused: 'Failed',
  gone: 'Gone',
};

export const dialectNames: Readonly<Record<Dialect, string>> = {
  pingback: 'Pingback',
  trackback: 'TrackBack',
  webmention: 'Webmention',
};

export const typeNames: Readonly<Record<LinkbackType, string>> = {
  mention: 'Mention',
  reply: 'Reply',
  like: 'Like',
  repost: 'Repost',
  bookmark: 'Bookmark',
  rsvp: 'RSVP',
};

/** What a decision does, for the button that takes it. */
export const decisionVerbs: Readonly<Record<Moderation, string>> = {
  approved: 'Approve',
  rejected: 'Reject',
  spam: 'Spam',
  pending: 'Back to pending',
};

/** The same, before what it is done to. */
export const decisionTitles: Readonly<Record<Moderation, string>> = {
  approved: 'Approve',
  rejected: 'Reject',
  spam: 'Mark as spam:',
  pending: 'Put back to pending:',
};

const doneWords: Readonly<Record<Moderation, string>> = {
  approved: 'approved',
  rejected: 'rejected',
  spam: 'marked as spam',
  pending: 'put back to pending',
};

export function count(number: number, one: string, many = `${one}s`): string {
  return `${numbers.format(number)} ${number === 1 ? one : many}`;
}

export const numbers: Intl.NumberFormat = new Intl.NumberFormat('en-GB');

export function decidedWords(number: BulkDecided['count'], to: Moderation): string {
  const done = doneWords[to];
  return number === 1
    ? `${done.charAt(0).toUpperCase()}${done.slice(1)}.`
    : `${count(number, 'linkback')} ${done}.`;
}

export function undoneWords({ count: undone, kept }: Undone): string {
  const back = undone === 1 ? 'Undone.' : `Undone: ${count(undone, 'linkback')} back to where they were.`;
  if (kept === 0) return back;
  return `${back} ${count(kept, 'other')} stayed: decided on since, or erased.`;
}

/** Who it is that links: the author's name, or else the host. */
export function linkerOf({ source }: Item): string {
  return source.author?.name || source.host;
}

/** An address as people read it: without its scheme, and without a lone slash at its end. */
export function bareAddress(url: string): string {
  return url.replace(/^https?:\/\/(?:www\.)?/u, '').replace(/\/$/u, '');
}

/** The path of one of our own pages, for whoever knows the site. */
export function pathOf(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return url;
  try {
    return decodeURI(parsed.pathname) + parsed.search;
  } catch {
    return parsed.pathname + parsed.search;
  }
}
