import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../src/config.ts';
import { startHere, type Here } from '../support/here.ts';
import { nodeOptions } from '../support/service.ts';
import { numbersText } from '../support/numbers.ts';

const doc = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

let here: Here;
/** What a running service tells, by name, with the labels that each has. */
const told = new Map<string, readonly string[]>();

beforeAll(async () => {
  here = await startHere({});
  const text = await numbersText(here);
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\w+)$/gmu)) {
    told.set(name, [...(labelsOf[name] ?? [])]);
    if (type === 'histogram')
      for (const end of ['_bucket', '_sum', '_count'])
        told.set(`${name}${end}`, [...(labelsOf[name] ?? []), 'le']);
  }
});

afterAll(() => here.close());

/** The cells of the page's table of metrics: name, and labels. */
const documented = doc('operation.md')
  .split('\n')
  .map((line) => /^\| `(linkbackd_\w+)` \| ([^|]*)\|/u.exec(line))
  .filter((found) => found !== null)
  .map(
    ([, name = '', labels = '']) =>
      [name, [...labels.matchAll(/`(\w+)`/gu)].map(([, label = '']) => label)] as const,
  );

const labelsOf: Readonly<Record<string, readonly string[]>> = Object.fromEntries(documented);

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
};

const { groups } = parse(doc('ops/alerts.yml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

type Panel = {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
};

const dashboard = JSON.parse(doc('ops/grafana-dashboard.json')) as { readonly panels: readonly Panel[] };

const expressions: readonly (readonly [string, string])[] = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** Names of metrics in an expression: whatever begins as ours or as those of a process or of Node do, and `up`. */
const namesIn = (expr: string): readonly string[] =>
  [...expr.matchAll(/\b(?:linkbackd|process|nodejs)_\w+/gu)].map(([name]) => name);

/** Labels that Prometheus itself adds. */
const added = new Set(['instance', 'job']);

describe('the dashboard and the alerts', () => {
  it('ask for numbers that there are, by labels that they have', () => {
    expect(expressions.length).toBeGreaterThan(30);
    for (const [where, expr] of expressions) {
      for (const name of namesIn(expr)) expect([...told.keys()], `${where}: ${name}`).toContain(name);
      for (const [, name = '', matchers = ''] of expr.matchAll(/\b(linkbackd_\w+)\{([^}]*)\}/gu))
        for (const [, label = ''] of matchers.matchAll(/(\w+)=~?"/gu))
          expect(added.has(label) || told.get(name)?.includes(label), `${where}: ${name}{${label}}`).toBe(
            true,
          );
      // Those that are summed up are of one number each, except where two are divided, which have the same.
      for (const [, by = ''] of expr.matchAll(/\bby \(([^)]*)\)/gu))
        for (const label of by.split(',').map((each) => each.trim()))
          for (const name of namesIn(expr))
            expect(added.has(label) || told.get(name)?.includes(label), `${where}: ${name} by ${label}`).toBe(
              true,
            );
    }
  });

  it('close what they open, and divide by the same as they count', () => {
    for (const [where, expr] of expressions)
      for (const [open, close] of ['()', '{}', '[]'])
        expect(expr.split(open ?? '').length, `${where}: ${expr}`).toBe(expr.split(close ?? '').length);
  });
});

describe('the alerts', () => {
  it('have each a name of its own, a severity, a summary, and a part of the page that says what to do', () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Linkbackd[A-Z]/u);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
    }
    const parts = [...doc('operation.md').matchAll(/^### (Linkbackd\w+)\n\S/gmu)].map(([, name]) => name);
    expect(parts).toEqual(names);
  });
});

describe('the dashboard', () => {
  it('has no panel over another', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_each, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...cells.map((cell) => Number(cell.split(',')[0])))).toBe(23);
  });
});

describe('docs/operation.md', () => {
  it('lists each number of ours, and no other', () => {
    const ours = [...told.keys()].filter(
      (name) => name.startsWith('linkbackd_') && !/_(?:bucket|sum|count)$/u.test(name),
    );
    expect(documented.map(([name]) => name).sort()).toEqual(ours.sort());
  });

  it('names settings that there are', () => {
    const named = [...doc('operation.md').matchAll(/\b([A-Z]+(?:_[A-Z]+)+)\b/gu)].map(
      ([, name = '']) => name,
    );
    expect(named.length).toBeGreaterThan(8);
    const others = new Set(['POSTGRES_PASSWORD']);
    expect(named.filter((name) => !(name in settings) && !others.has(name))).toEqual([]);
  });
});

describe('the unit for systemd', () => {
  const unit = doc('ops/linkbackd.service');

  it('starts the program that is built, with settings that there are', () => {
    const [, command = ''] = /^ExecStart=\S+\/node (.+)$/mu.exec(unit) ?? [];
    expect(command.split(' ')).toEqual([...nodeOptions, '/opt/linkbackd/dist/main.js']);
    for (const [, name = ''] of unit.matchAll(/^Environment=(\w+)=/gmu))
      expect(Object.keys(settings)).toContain(name);
  });

  it('waits longer than the service takes to stop', () => {
    const main = readFileSync(new URL('../../src/serving.ts', import.meta.url), 'utf8');
    const stopsWithin = Number(/stopWithinMs = ([\d_]+)/u.exec(main)?.[1]?.replaceAll('_', '')) / 1000;
    expect(Number(/^TimeoutStopSec=(\d+)$/mu.exec(unit)?.[1])).toBeGreaterThan(stopsWithin);
  });
});
