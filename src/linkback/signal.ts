/** Every kind of evidence for or against spam. */
export const signalNames = [
  'outside-content',
  'hidden-link',
  'many-links',
  'same-text',
  'new-host',
  'template-phrase',
  'title-mismatch',
  'burst',
  'marked-before',
  'akismet',
] as const;
export type SignalName = (typeof signalNames)[number];

/** One piece of evidence: points for spam, or against it when they are negative, and why, in a sentence. */
export type Signal = { readonly name: SignalName; readonly weight: number; readonly sentence: string };

/** From how many points a site holds a linkback for its owner, and from how many it files it as spam. */
export type Thresholds = { readonly holdAt: number; readonly spamAt: number };

/** The points in sum. */
export function scoreOf(signals: readonly Signal[]): number {
  return signals.reduce((sum, { weight }) => sum + weight, 0);
}
