import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildApp, type App, type AppDependencies } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { adminToken, callApi, databaseOf, defaults, type Service } from './service.ts';

/** A linkbackd in this very process, on real sockets and a real database, whose clock a test moves. */
export type Here = Pick<Service, 'url' | 'get' | 'api'> & {
  readonly now: () => number;
  /** Lets time pass at once; the service notices within a second, or when a ping comes in. */
  readonly pass: (ms: number) => void;
  readonly routes: App['routes'];
  /** The token that the first start has made, where none was given. */
  readonly firstToken: string | undefined;
  /** Where its database is. */
  readonly folder: string;
  readonly close: () => Promise<void>;
};

export type HereOptions = Pick<AppDependencies, 'maxOpenJobs' | 'hostRestMs'> & {
  /** The clock stands until the test moves it. */
  readonly isStanding?: boolean;
};

/** Starts a service whose settings are those of {@link defaults} and what a test says. */
export async function startHere(
  env: Readonly<Record<string, string>>,
  { isStanding = false, ...limits }: HereOptions = {},
): Promise<Here> {
  const folder = mkdtempSync(join(tmpdir(), 'linkbackd-test-'));
  let passed = 0;
  const startedAt = Date.now();
  const now = (): number => (isStanding ? startedAt : Date.now()) + passed;
  const database = await databaseOf(folder);
  const app = await buildApp(readConfig({ ...defaults(folder), ...database, ...env }), {
    version: '0.0.0',
    migrations: fileURLToPath(new URL('../../migrations', import.meta.url)),
    logger: false,
    now,
    ...limits,
  });
  const firstToken = await app.start();
  const url = app.baseUrl();
  return {
    url,
    now,
    routes: app.routes,
    firstToken,
    folder,
    pass: (ms) => void (passed += ms),
    get: (path, headers = {}) => fetch(`${url}${path}`, { headers, redirect: 'manual' }),
    api: (method, path, body) => callApi(`${url}${path}`, adminToken, method, body),
    close: async () => {
      await app.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
