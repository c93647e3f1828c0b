import type { DecisionMade } from './owner-ports.ts';

/** A decision on many that was kept from going on: what it has moved stays, and can be taken back by its id. */
export class HalfDecided extends Error {
  override readonly name = 'HalfDecided';
  readonly made: DecisionMade;

  constructor(made: DecisionMade, cause: unknown) {
    super(`A decision stopped after ${made.count} linkbacks.`, { cause });
    this.made = made;
  }
}
