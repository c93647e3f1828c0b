import type { JSX } from 'preact';
import type { Detail } from '../state/shapes.ts';
import { evidenceSentences } from '../words/evidence.ts';
import { Part } from './part.tsx';

/** How the link was found, in words. */
export function EvidencePart({ detail }: { readonly detail: Detail }): JSX.Element | null {
  const { evidence } = detail;
  if (evidence === null) return null;
  return (
    <Part title="The link">
      <p class="address">
        <code>{evidence.href}</code>
      </p>
      <ul class="facts">
        {evidenceSentences(detail, evidence).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Part>
  );
}
