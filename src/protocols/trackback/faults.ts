import { reasonSentences, type Reason } from '../../linkback/refusal.ts';

/** TrackBack knows "yes" and "no" with a sentence; a null message is a "yes". The XML goes with any HTTP status. */
export type Fault = { readonly status: number; readonly message: string | null };

/**
 * TrackBack's spelling of each of our reasons.
 *
 * Spec: TrackBack 1.2. A duplicate is a success: senders repeat themselves, and nothing is doubled.
 */
export const faults: Readonly<Record<Reason, Fault>> = {
  malformed: { status: 200, message: 'A TrackBack ping is a form with one "url", sent by POST.' },
  'same-page': { status: 200, message: reasonSentences['same-page'] },
  'source-unusable': { status: 200, message: 'The url must be an absolute http or https address.' },
  'no-link': { status: 200, message: reasonSentences['no-link'] },
  'target-gone': { status: 200, message: reasonSentences['target-gone'] },
  'target-closed': { status: 200, message: 'This page takes no TrackBack pings.' },
  'already-registered': { status: 200, message: null },
  'access-denied': { status: 200, message: reasonSentences['access-denied'] },
  upstream: { status: 200, message: null },
  'too-many': { status: 429, message: reasonSentences['too-many'] },
  unavailable: { status: 503, message: reasonSentences.unavailable },
  'our-fault': { status: 200, message: reasonSentences['our-fault'] },
};
