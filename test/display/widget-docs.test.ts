import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const found = (text: string, pattern: RegExp): string[] => [...new Set(text.match(pattern) ?? [])].toSorted();

const docs = read('docs/widget.md');
const widget = read('src/display/widget/widget.ts');

describe('docs/widget.md', () => {
  it('names every custom property, and no other', () => {
    const property = /--linkbacks-[a-z-]+/gu;
    expect(found(docs, property)).toEqual(found(read('src/display/widget/style.ts'), property));
  });

  it('names every attribute of the list, and every word that may be said otherwise', () => {
    const parameters = /const parameters = \[([^\]]+)\]/u.exec(widget)?.[1] ?? '';
    const words = /const words = \{([^}]+)\}/u.exec(widget)?.[1] ?? '';
    const attributes = [
      ...[...parameters.matchAll(/'(\w+)'/gu)].map(([, name = '']) => name),
      ...[...words.matchAll(/^ {2}(\w+):/gmu)].map(([, name = '']) => `text-${name}`),
    ];
    expect(attributes.length).toBe(10);
    for (const name of attributes) expect(docs).toContain(`\`${name}\``);
  });

  it('names the states that the element is in', () => {
    const states = /type State = ([^;]+);/u.exec(widget)?.[1] ?? '';
    for (const [, state = ''] of states.matchAll(/'(\w+)'/gu)) expect(docs).toContain(`\`${state}\``);
  });
});
