import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { section5Pages } from '../support/section5.ts';

it('shows both entries of the demo to the letter, and ends with 0', async () => {
  const demo = new URL('../../demo/demo.ts', import.meta.url).pathname;
  // Rejects when the exit code is another one.
  const { stdout } = await promisify(execFile)(process.execPath, [demo, '--once']);
  for (const { title, display } of section5Pages('http://target.invalid/')) {
    expect(stdout).toContain(`  ${title}\n  ${display}\n`);
  }
});
