import { reasonSentences, type Reason } from '../../linkback/refusal.ts';

export type Fault = { readonly status: number; readonly text: string };

/**
 * Webmention's spelling of each of our reasons.
 *
 * What only a fetch finds out stands on the status page; the request has been answered by then.
 *
 * Spec: Webmention 3.2.1 and 3.2.3.
 */
export const faults: Readonly<Record<Reason, Fault>> = {
  malformed: {
    status: 400,
    text: 'A webmention is a form with one "source" and one "target", both web addresses.',
  },
  'same-page': { status: 400, text: reasonSentences['same-page'] },
  'source-unusable': { status: 400, text: 'The source must be an absolute http or https address.' },
  'no-link': { status: 400, text: reasonSentences['no-link'] },
  'target-gone': { status: 400, text: reasonSentences['target-gone'] },
  'target-closed': { status: 400, text: 'The target is no page that takes webmentions here.' },
  'already-registered': {
    status: 201,
    text: 'The webmention is registered already; the source is looked at again.',
  },
  'access-denied': { status: 403, text: reasonSentences['access-denied'] },
  upstream: { status: 201, text: 'The webmention is queued.' },
  'too-many': { status: 429, text: reasonSentences['too-many'] },
  unavailable: { status: 503, text: reasonSentences.unavailable },
  'our-fault': { status: 500, text: reasonSentences['our-fault'] },
};
