import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectionLimit, descriptorLimit } from '../src/crowd.ts';

describe('connectionLimit', () => {
  it.each([
    [128, 48],
    [256, 96],
    [1024, 768],
    [1_048_576, 1_048_320],
    [Infinity, Infinity],
  ])('of %d descriptors leaves %d to callers', (descriptors, connections) => {
    expect(connectionLimit(descriptors)).toBe(connections);
  });
});

describe('descriptorLimit', () => {
  it('is what the system allows this process', () => {
    expect(descriptorLimit()).toBeGreaterThan(0);
  });

  it.each([
    [
      'Max processes 10 10 processes\nMax open files            128                  4096                 files\n',
      128,
    ],
    ['Max open files            unlimited            unlimited            files\n', Infinity],
    ['something else', Infinity],
  ])('is read from what the system says: %j', (text, limit) => {
    const folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
    writeFileSync(join(folder, 'limits'), text);
    expect(descriptorLimit(join(folder, 'limits'))).toBe(limit);
    expect(descriptorLimit(join(folder, 'nowhere'))).toBe(Infinity);
    rmSync(folder, { recursive: true });
  });
});
