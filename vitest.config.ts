import { defineConfig } from 'vitest/config';

/** The long run repeats and scales up; nothing in it may be ended for taking its time. */
const isLong = process.env['LINKBACKD_LONG'] === '1';
const LONG_MS = 600_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts', 'test/support/postgres.ts'],
    // Processes, not threads: tests start servers, load a native module and send themselves signals.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: isLong ? LONG_MS : 30_000,
    hookTimeout: isLong ? LONG_MS : 60_000,
    teardownTimeout: 10_000,
  },
});
