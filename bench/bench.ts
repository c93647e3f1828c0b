import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureAccepts } from './accepts.ts';
import { measureDecisions } from './decisions.ts';
import type { Figure } from './figure.ts';
import { measureGrowth } from './growth.ts';
import { measureHostilePages } from './hostile-pages.ts';
import { measureInbox } from './inbox.ts';
import { measureMemory } from './memory.ts';
import { measurePostgres } from './postgres.ts';
import { measureReads } from './reads.ts';
import { measureSilent } from './silent.ts';
import { measureStart } from './start.ts';
import { clearStores, keepStores } from './stores.ts';
import { measureVerdict } from './verdict.ts';
import { measureCpu, measureVerifications } from './verifications.ts';
import { measureWidget } from './widget.ts';

/**
 * Runs the benchmarks one after another and prints their table; `--json FILE` writes it, too.
 *
 * `--only P1,P3` runs those only; `--stores FOLDER` keeps the stores that are filled with many linkbacks. docs/performance.md says what each measures.
 */
const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string', multiple: true }, stores: { type: 'string' } },
});

if (values.stores !== undefined) keepStores(values.stores);
process.on('exit', clearStores);

const benchmarks: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  P1: () => measureAccepts('P1'),
  P2: () => measureAccepts('P2'),
  P3: measureVerifications,
  P4: measureVerdict,
  P5: measureReads,
  P6: measureGrowth,
  P7: measureMemory,
  P8: measureSilent,
  P9: measureHostilePages,
  P10: measurePostgres,
  P12: measureStart,
  P13: measureDecisions,
  P14: measureCpu,
  P15: measureWidget,
  inbox: measureInbox,
};

const chosen = values.only?.flatMap((names) => names.split(',')) ?? Object.keys(benchmarks);
const figures: Figure[] = [];
const failed: string[] = [];
for (const name of chosen) {
  const measure = benchmarks[name];
  if (measure === undefined)
    throw new Error(`There are ${Object.keys(benchmarks).join(', ')}, and no ${name}.`);
  const startedAt = performance.now();
  try {
    figures.push(...(await measure()));
  } catch (error) {
    // The others are worth having, too.
    failed.push(name);
    console.error(`${name} failed:`, error);
  }
  console.error(`${name} took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
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
    measured: `${value.toFixed(Math.abs(value) < 10 ? 2 : 1)} ${unit}`,
    goal,
    '': marks.get(isMet),
    how,
  })),
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
if (failed.length > 0) {
  console.error(`No figure of ${failed.join(', ')}: what went wrong stands above.`);
  process.exitCode = 1;
}
