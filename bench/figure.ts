/** One measured number, and what it is held against. */
export type Figure = {
  readonly id: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  /** Null where there is no goal of its own. */
  readonly isMet: boolean | null;
  readonly how: string;
};

type About = Pick<Figure, 'id' | 'name' | 'unit' | 'how'>;

export function atMost(most: number, value: number, about: About): Figure {
  return { ...about, value, goal: `<= ${most}`, isMet: value <= most };
}

export function atLeast(least: number, value: number, about: About): Figure {
  return { ...about, value, goal: `>= ${least}`, isMet: value >= least };
}

/** A number that belongs to another's story. */
export function withoutGoal(value: number, about: About): Figure {
  return { ...about, value, goal: '', isMet: null };
}
