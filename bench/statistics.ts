/** What so many of a hundred are not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)] ?? 0;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** How often each thing that is compared is measured. */
export const rounds = 5;

/** Measures several things turn about, so that whatever else the machine does meets them alike: A B A B … */
export async function turnAbout<Name extends string, Result>(
  things: Readonly<Record<Name, (round: number) => Promise<Result>>>,
  times: number = rounds,
): Promise<Readonly<Record<Name, readonly Result[]>>> {
  const names = Object.keys(things) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = 0; round < times; round += 1)
    for (const name of names) results[name].push(await things[name](round));
  return results;
}
