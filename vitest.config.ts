import { defineConfig } from 'vitest/config';

/** The long run repeats and scales up; nothing in it may be ended for taking its time. */
const isLong = process.env['LINKBACKD_LONG'] === '1';
const LONG_MS = 600_000;

/** Journeys that are the same on both engines, and are made on both: what a service does, seen from outside. */
const onBothEngines = [
  'main-job',
  'one-linkback',
  'owner-api',
  'live',
  'moderation-live',
  'session',
  'webhooks',
  'webhooks-api',
  'filing',
];

/** Tests that start nothing and change nothing of their process: they share one, and what it has read of the sources. */
const together = [
  'linkback/*',
  'verify/*',
  'moderation/**/*',
  'display/*',
  'protocols/{trackback,webmention}/*',
  'web/{charset,facts,form,hidden,plain-text,scan,text,body,cap}*',
  'queue/{retry,outcomes}',
].map((files) => `test/${files}.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts', 'test/support/postgres.ts'],
    // Processes, not threads: tests start servers, load a native module and send themselves signals.
    pool: 'forks',
    // One more than a small machine has cores: most journeys wait for something.
    maxWorkers: 3,
    testTimeout: isLong ? LONG_MS : 30_000,
    hookTimeout: isLong ? LONG_MS : 60_000,
    teardownTimeout: 10_000,
    projects: [
      { extends: true, test: { name: 'all', include: ['test/**/*.test.ts'], exclude: together } },
      { extends: true, test: { name: 'together', include: together, isolate: false } },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: onBothEngines.map((name) => `test/journeys/${name}.test.ts`),
          env: { TEST_ENGINE: 'postgres' },
        },
      },
    ],
  },
});
