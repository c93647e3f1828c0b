import type { Policy, Site } from '../state/desk-shapes.ts';
import { points } from './evidence.ts';
import { count } from './states.ts';

export const policyNames: Readonly<Record<Policy, string>> = {
  'hold-first':
    'Holds the first linkback of each host; once you approve one, its later ones are shown at once.',
  'hold-all': 'Holds every linkback for your decision.',
  'approve-all': 'Shows every linkback as soon as its link is verified.',
};

export const policyChoices: readonly (readonly [Policy, string])[] = [
  ['hold-first', 'Hold the first of each host'],
  ['hold-all', 'Hold all'],
  ['approve-all', 'Approve all'],
];

export const styleChoices: readonly (readonly [Site['quoting']['style'], string])[] = [
  ['wordpress', 'As WordPress does: marked on both sides'],
  ['complete', 'Marked only where something was cut'],
];

/** What a change of the way to quote does not do. */
export const quotingHint = 'For what is read from now on; what is stored stays until it is checked again.';

/** What else is special about a site, in sentences; what is usual is not said. */
export function siteFacts(site: Site): readonly string[] {
  const { closeAfterDays, blockedHosts, closedPaths, requiresVouch, isLenient, takesOwn, thresholds } = site;
  return [
    `From ${points(thresholds.holdAt)} of spam signals a linkback is held, from ${points(thresholds.spamAt)} it is filed as spam.`,
    ...(closeAfterDays === null
      ? []
      : [`A page takes no more linkbacks ${count(closeAfterDays, 'day')} after its publication.`]),
    ...(blockedHosts.length === 0 ? [] : [`Blocked hosts: ${blockedHosts.join(', ')}.`]),
    ...(closedPaths.length === 0 ? [] : [`Closed paths: ${closedPaths.join(', ')}.`]),
    ...(requiresVouch
      ? ['A webmention from a host that is new here must name a page that vouches for it.']
      : []),
    ...(isLenient ? ['A webmention’s link may be spelled otherwise than its target.'] : []),
    ...(takesOwn ? [] : ['Posts of this site may not send linkbacks to each other.']),
  ];
}
