import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A checkout with nothing in it but the module and a door that imports it first. */
let checkout: string;

/** Makes a Node believe that it is version 20: only what the module reads is changed. */
const OLD = "Object.defineProperty(process, 'versions', { value: { node: '20.20.2' } });";

const DOOR = `
  import './runtime.ts';
  import './rest.ts';
  process.on('SIGTERM', () => { console.log('asked to stop'); process.exit(5); });
  if (process.argv[2] === 'end') process.exit(3);
  if (process.argv[2] === 'die') process.kill(process.pid, 'SIGKILL');
  setInterval(() => undefined, 1000);
  console.log('waiting');`;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'linkbackd-runtime-'));
  mkdirSync(join(checkout, 'src'));
  copyFileSync(
    fileURLToPath(new URL('../../src/runtime.ts', import.meta.url)),
    join(checkout, 'src', 'runtime.ts'),
  );
  writeFileSync(join(checkout, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(checkout, 'old.cjs'), OLD);
  writeFileSync(
    join(checkout, 'src', 'rest.ts'),
    "console.log('on', process.versions.node, process.argv[2]);",
  );
  writeFileSync(join(checkout, 'src', 'main.ts'), DOOR);
});
afterEach(() => {
  rmSync(checkout, { recursive: true, force: true });
});

/** Puts a Node where a checkout has its own. It drops what makes the other one believe that it is old. */
function bringNode(): void {
  const node = join(checkout, 'node_modules', '.bin', 'node');
  mkdirSync(join(node, '..'), { recursive: true });
  writeFileSync(node, `#!/bin/sh\nshift 2\nexec "${process.execPath}" "$@"\n`);
  chmodSync(node, 0o755);
}

type Ending = { readonly code: number | null; readonly signal: string | null; readonly said: string };

/** Runs the door on an "old" Node, sends a signal once it waits, and tells how it ended and what it said. */
async function run(argument: string, signal?: NodeJS.Signals): Promise<Ending> {
  const args = ['--require', join(checkout, 'old.cjs'), join(checkout, 'src', 'main.ts'), argument];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { NODE_NO_WARNINGS: '1' },
  });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said += chunk.toString();
    if (signal !== undefined && said.includes('waiting')) child.kill(signal);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return new Promise((resolve) => {
    child.on('close', (code, by) => {
      resolve({ code, signal: by, said });
    });
  });
}

describe('on a Node that is too old', () => {
  test('says in one line what is needed, and runs nothing of the rest', async () => {
    const { code, said } = await run('end');
    expect(code).toBe(1);
    expect(said).toMatch(/^linkbackd: needs Node 22\.19 or later, and this is 20\.20\.2; .*\n$/u);
  });

  test('starts over on the Node that was brought, and ends with its exit code', async () => {
    bringNode();
    expect(await run('end')).toEqual({ code: 3, signal: null, said: `on ${process.versions.node} end\n` });
  });

  test('hands a signal on and waits for the end', async () => {
    bringNode();
    const { code, said } = await run('stay', 'SIGTERM');
    expect(code).toBe(5);
    expect(said).toContain('asked to stop');
  });

  test('ends by the signal that ended the other', async () => {
    bringNode();
    const { code, signal } = await run('die');
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
