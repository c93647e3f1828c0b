import type { Move } from '../state/shapes.ts';
import { moderationNames, verificationNames } from './states.ts';

const policyNames: Readonly<Record<string, string>> = {
  'hold-first': 'the policy “hold the first”',
  'hold-all': 'the policy “hold all”',
  'approve-all': 'the policy “approve all”',
};

/** Who it was that moved a linkback. */
export function moverWords(by: Move['by']): string {
  switch (by.kind) {
    case 'look':
      return 'a look at the page';
    case 'signals':
      return 'its spam signals';
    case 'policy':
      return policyNames[by.name] ?? `the policy ${by.name}`;
    case 'rule':
      return 'a rule of yours';
    case 'person':
      return by.name;
  }
}

/** What happened, in a few words: from where to where. */
export function moveWords(move: Move): readonly [from: string | null, to: string] {
  const name = (state: string): string =>
    move.machine === 'moderation'
      ? (names(moderationNames)[state] ?? state)
      : (names(verificationNames)[state] ?? state);
  if (move.from === move.to) return [null, 'New content found'];
  return [name(move.from), name(move.to)];
}

function names(of: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return of;
}
