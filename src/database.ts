import type { Config } from './config.ts';
import type { Engine, TellOfStore } from './store/engine.ts';
import { openPostgres } from './store/postgres.ts';
import { openSqlite } from './store/sqlite.ts';

export type DatabaseNeeds = {
  /** The folder with the steps of the schema. */
  readonly migrations: string;
  /** Whether this is the service, and not a command beside it. */
  readonly isService: boolean;
  readonly tell?: TellOfStore;
  /** Is told of each transaction how many units shared it, where they share them. */
  readonly committed?: (units: number) => void;
};

/**
 * Opens the database that the settings name.
 *
 * Throws: `Halt` when it cannot be opened.
 */
export async function openDatabase({ database }: Config, needs: DatabaseNeeds): Promise<Engine> {
  return database.kind === 'sqlite'
    ? openSqlite({ file: database.file, ...needs })
    : openPostgres({ ...database, ...needs });
}
