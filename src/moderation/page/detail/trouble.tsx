import type { JSX } from 'preact';
import { When } from '../parts/when.tsx';
import type { Detail } from '../state/shapes.ts';
import { shortTime } from '../words/dates.ts';
import { jobSentence } from '../words/evidence.ts';
import { Part } from './part.tsx';

/** What went wrong with the source page, each try with its reason, and what comes next. */
export function Trouble({ detail }: { readonly detail: Detail }): JSX.Element | null {
  const { refusal, attempts, job, verification } = detail;
  const isQuiet = refusal === null && attempts.length === 0 && verification === 'verified';
  if (isQuiet) return null;
  return (
    <Part title={titleOf(detail)}>
      {refusal === null ? null : <p class="bad">{refusal.detail}</p>}
      {attempts.length === 0 ? null : (
        <ol class="facts attempts" aria-label="Tries">
          {attempts.map(({ at, detail: why }) => (
            <li key={at + why}>
              <When time={at} />: {why}
            </li>
          ))}
        </ol>
      )}
      {job === null ? null : <p class="soft">{jobSentence(job, shortTime(job.dueAt, Date.now()))}</p>}
    </Part>
  );
}

function titleOf({ verification }: Detail): string {
  switch (verification) {
    case 'unverified':
      return 'Being checked';
    case 'refused':
      return 'Why it failed';
    case 'gone':
      return 'Why it is gone';
    case 'verified':
      return 'Tries that failed';
  }
}
