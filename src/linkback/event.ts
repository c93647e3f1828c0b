import type { Moderation, Verification } from './linkback.ts';

/**
 * Who moved a linkback: a look at the source, the site's policy, a rule by its id, the sum of the signals, or a person
 * by the name of their token.
 */
export type Mover =
  | { readonly kind: 'look' }
  | { readonly kind: 'policy' | 'rule' | 'person'; readonly name: string }
  | { readonly kind: 'signals' };

/** One move of one of the two machines, or fresh content found by a look (`from` equals `to`). */
export type LinkbackEvent = {
  readonly at: number;
  readonly by: Mover;
  readonly why: string;
} & (
  | { readonly machine: 'verification'; readonly from: Verification; readonly to: Verification }
  | { readonly machine: 'moderation'; readonly from: Moderation; readonly to: Moderation }
);
