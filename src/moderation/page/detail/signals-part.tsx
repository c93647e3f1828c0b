import type { JSX } from 'preact';
import { useStore } from '../state/context.ts';
import type { Detail, Thresholds } from '../state/shapes.ts';
import { points, scoreSentence } from '../words/evidence.ts';
import { Part } from './part.tsx';

/** The evidence for spam and against it, added up in the open. */
export function SignalsPart({ detail }: { readonly detail: Detail }): JSX.Element | null {
  const { sites } = useStore();
  const { signals, score, site } = detail;
  const thresholds = sites.value?.find(({ slug }) => slug === site)?.thresholds;
  if (signals.length === 0) {
    return detail.evidence === null ? null : (
      <Part title="Spam signals">
        <p class="soft">None: nothing about this page looks like spam.</p>
      </Part>
    );
  }
  return (
    <Part title="Spam signals">
      <ul class="signals">
        {signals.map(({ name, weight, sentence }) => (
          <li key={name + sentence}>
            <span class={`weight ${weight > 0 ? 'for' : 'against'}`}>
              {weight > 0 ? '+' : '−'}
              {Math.abs(weight)}
            </span>
            <span>{sentence}</span>
          </li>
        ))}
      </ul>
      <p class={`sum ${levelOf(score, thresholds)}`}>
        {thresholds === undefined ? `${points(score)} in sum.` : scoreSentence(score, thresholds)}
      </p>
    </Part>
  );
}

function levelOf(score: number, thresholds: Thresholds | undefined): string {
  if (thresholds === undefined || score < thresholds.holdAt) return 'low';
  return score < thresholds.spamAt ? 'held' : 'high';
}
