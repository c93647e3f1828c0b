import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureDecisions } from './decisions.ts';
import type { Figure } from './figure.ts';
import { measureHostilePages } from './hostile-pages.ts';
import { measureInbox } from './inbox.ts';

/**
 * Runs the benchmarks one after another and prints their table; `--json FILE` writes it, too.
 *
 * `--only NAME`, as often as wanted, runs those of the names only.
 */
const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string', multiple: true } },
});

const benchmarks: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  'hostile-pages': measureHostilePages,
  inbox: measureInbox,
  decisions: measureDecisions,
};

const chosen = values.only ?? Object.keys(benchmarks);
const figures: Figure[] = [];
for (const name of chosen) {
  const measure = benchmarks[name];
  if (measure === undefined)
    throw new Error(`There are ${Object.keys(benchmarks).join(', ')}, and no ${name}.`);
  figures.push(...(await measure()));
}

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
