import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.ts';
import { measureHostilePages } from './hostile-pages.ts';

/** Runs the benchmarks one after another and prints their table; `--json FILE` writes it, too. */
const { values } = parseArgs({ options: { json: { type: 'string' } } });

const benchmarks = [measureHostilePages];

const figures: Figure[] = [];
for (const measure of benchmarks) figures.push(...(await measure()));

const marks = new Map<boolean | null, string>([
  [true, 'met'],
  [false, 'MISSED'],
  [null, ''],
]);
console.table(
  figures.map(({ id, name, value, unit, goal, isMet, how }) => ({
    figure: id,
    name,
    measured: `${value.toFixed(1)} ${unit}`,
    goal,
    '': marks.get(isMet),
    how,
  })),
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
