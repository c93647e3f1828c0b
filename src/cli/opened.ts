import { fileURLToPath } from 'node:url';
import { v7 as newId } from 'uuid';
import { openDatabase } from '../database.ts';
import { readConfig, readEnvironment, type Config } from '../config.ts';
import { makeDirectory, type Directory } from '../linkback/directory.ts';
import type { Store } from '../linkback/store.ts';
import { addressOf } from '../server.ts';
import { makeStore } from '../store/store.ts';

/** What a verb works with: the settings, and the database beside a service that may be running. */
export type Opened = {
  readonly config: Config;
  readonly store: Store;
  readonly directory: Directory;
  readonly newId: () => string;
  readonly now: () => number;
};

/**
 * Opens the database that the settings name for as long as some work takes.
 *
 * A service on the same database goes on meanwhile, and notices what changes within half a minute.
 *
 * Throws: `Halt` when it cannot be opened.
 */
export async function withStore<Result>(work: (opened: Opened) => Promise<Result>): Promise<Result> {
  const config = readConfig(readEnvironment());
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));
  const engine = await openDatabase(config, { migrations, isService: false });
  const store = makeStore(engine, { now: Date.now, newId });
  try {
    const directory = makeDirectory(config.sites, store);
    await directory.reload();
    return await work({ config, store, directory, newId, now: Date.now });
  } finally {
    await store.close();
  }
}

/** The address of the service that these settings make. */
export function baseUrlOf({ baseUrl, host, port }: Config): string {
  return (baseUrl ?? addressOf(host, port)).href.replace(/\/$/u, '');
}
