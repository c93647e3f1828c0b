import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { readConfig, readEnvironment } from '../config.ts';
import { openDatabase } from '../database.ts';
import { migratePostgres } from '../store/postgres-schema.ts';
import { jsonOption, say, type Said, type VerbOptions } from './verb.ts';

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));

export function addMigrateVerbs(program: Command): void {
  program
    .command('migrate')
    .description('Bring the database to the schema of this version. On SQLite, serving does it by itself.')
    .option(...jsonOption)
    .action((options: VerbOptions) => say(options, migrate));
}

async function migrate(): Promise<Said> {
  const config = readConfig(readEnvironment());
  const { database } = config;
  const steps = database.kind === 'postgres' ? await migratePostgres({ ...database, migrations }) : undefined;
  if (steps === undefined) await (await openDatabase(config, { migrations, isService: false })).close();
  const done = steps?.map((step) => `  ${step}`).join('\n') ?? '';
  return {
    json: { steps: steps ?? null },
    text:
      done === ''
        ? 'The database is up to date.'
        : `The database is up to date; these steps were taken:\n${done}`,
  };
}
