/** Every reason for which a ping or a linkback may be refused: a closed list, mirrored by each dialect's faults. */
export const reasons = [
  'malformed',
  'same-page',
  'source-unusable',
  'no-link',
  'target-gone',
  'target-closed',
  'already-registered',
  'access-denied',
  'upstream',
  'too-many',
  'unavailable',
  'our-fault',
] as const;
export type Reason = (typeof reasons)[number];

/** An expected "no": a value, never thrown. */
export type Refusal = {
  readonly refused: Reason;
  /** For `too-many` and `unavailable`: when to try again. */
  readonly retryAfterSeconds?: number;
};

export function refuse(refused: Reason, retryAfterSeconds?: number): Refusal {
  return retryAfterSeconds === undefined ? { refused } : { refused, retryAfterSeconds };
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}

/** One sentence for each reason, for people: status page, moderation, logs. None says anything about networks. */
export const reasonSentences: Readonly<Record<Reason, string>> = {
  malformed: 'The request is not a valid ping.',
  'same-page': 'Source and target are the same page.',
  'source-unusable': 'The source page could not be read.',
  'no-link': 'The source page has no link to the target.',
  'target-gone': 'The target page does not exist.',
  'target-closed': 'The target does not accept linkbacks.',
  'already-registered': 'This linkback is already registered.',
  'access-denied': 'The owner of the target does not accept linkbacks from this source.',
  upstream: 'The source page gave a temporary error.',
  'too-many': 'Too many requests; try again later.',
  unavailable: 'The service cannot take pings at the moment; try again later.',
  'our-fault': 'Something went wrong on our side.',
};
