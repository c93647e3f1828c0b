import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settings } from '../../src/config.ts';
import { reasons, type Reason } from '../../src/linkback/refusal.ts';
import { faults } from '../../src/protocols/pingback/faults.ts';
import { faults as trackbackFaults } from '../../src/protocols/trackback/faults.ts';
import { faults as webmentionFaults } from '../../src/protocols/webmention/faults.ts';
import { moderations, verifications } from '../../src/linkback/linkback.ts';
import { retryWaitsMs } from '../../src/queue/retry.ts';

const doc = (name: string): string => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

/** The cells of every row of a page's tables whose first cell is one word in code. */
function rows(name: string): string[][] {
  return doc(name)
    .split('\n')
    .filter((line) => /^\| `[\w-]+` \|/u.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/u)
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`(.*)`$/u, '$1')),
    );
}

describe('docs/configuration.md', () => {
  it('lists each setting that the code reads, with its default, and no other', () => {
    const written = Object.fromEntries(rows('configuration').map(([name = '', value = '']) => [name, value]));
    expect(written).toEqual(settings);
  });
});

describe('docs/refusals.md', () => {
  it('lists each reason with its spelling in each dialect, in order, and no other', () => {
    const written = rows('refusals').map(([reason, , pingback, ...rest]) => [
      reason,
      Number.parseInt(pingback ?? '', 10),
      ...rest,
    ]);
    const inTrackback = (reason: Reason): string => {
      const { status, message } = trackbackFaults[reason];
      return message === null ? 'success' : `error 1${status === 200 ? '' : `, HTTP ${status}`}`;
    };
    expect(written).toEqual(
      reasons.map((reason) => [
        reason,
        faults[reason].code,
        inTrackback(reason),
        String(webmentionFaults[reason].status),
      ]),
    );
  });
});

describe('docs/states.md', () => {
  it('names every state of both machines', () => {
    expect(rows('states').map(([state]) => state)).toEqual([...verifications]);
    for (const state of moderations) expect(doc('states')).toContain(`\`${state}\``);
  });

  it('tells the retry schedule as it is', () => {
    expect(retryWaitsMs.map((wait) => wait / 60_000)).toEqual([1, 5, 30, 120, 480, 1440]);
    expect(doc('states')).toContain('1 minute, 5 minutes, 30 minutes, 2, 8 and 24 hours');
  });
});

describe('links between the documents', () => {
  it.each(['../README', '../CONTRIBUTING', 'architecture', 'states', 'refusals', 'configuration'])(
    '%s leads to files that are there',
    (name) => {
      const folder = new URL(`../../docs/${name}.md`, import.meta.url);
      const links = [...doc(name).matchAll(/\]\((?!https?:)([^)#]+)/gu)].map((match) => match[1] ?? '');
      for (const link of links)
        expect(() => readFileSync(new URL(link, folder), { flag: 'r' }), link).not.toThrow(/ENOENT/u);
    },
  );
});

describe.each(['threat-model', 'faults'])('docs/%s.md', (name) => {
  it('names tests that there are', () => {
    const named = [...doc(name).matchAll(/`(test\/[^`\s]+)`/gu)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(15);
    const missing = named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)));
    expect(missing).toEqual([]);
  });
});

describe('docs/faults.md', () => {
  it('names for each fault the journey that brings it about', () => {
    const faults = doc('faults')
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| fault |'));
    expect(faults.length).toBeGreaterThan(20);
    for (const fault of faults) expect(fault).toMatch(/ \| `test\/journeys\/[\w.-]+\.test\.ts` \|$/u);
  });
});
