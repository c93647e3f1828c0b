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
