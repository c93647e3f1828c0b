import type { JSX } from 'preact';
import { When } from '../parts/when.tsx';
import type { Detail, Move } from '../state/shapes.ts';
import { moverWords, moveWords } from '../words/moves.ts';
import { Part } from './part.tsx';

/** Every move so far: who, when, from where to where, and why. */
export function History({ detail }: { readonly detail: Detail }): JSX.Element {
  return (
    <Part title="History">
      <ol class="timeline">
        <li>
          <p>Received</p>
          <p class="soft">
            <When time={detail.receivedAt} as="whole" />
          </p>
        </li>
        {detail.events.map((move) => (
          <li key={`${move.at}${move.machine}${move.to}`} class={move.to}>
            <MoveWords move={move} />
          </li>
        ))}
      </ol>
    </Part>
  );
}

function MoveWords({ move }: { readonly move: Move }): JSX.Element {
  const [from, to] = moveWords(move);
  return (
    <>
      <p>
        {from === null ? null : (
          <>
            <span class="soft">{from}</span> <span aria-hidden="true">→</span>
            <span class="unseen"> to </span>{' '}
          </>
        )}
        <strong>{to}</strong> by {moverWords(move.by)}
      </p>
      {move.why === '' ? null : <p class="why">{move.why}</p>}
      <p class="soft">
        <When time={move.at} as="whole" />
      </p>
    </>
  );
}
