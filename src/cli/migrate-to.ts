import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { readConfig, readEnvironment } from '../config.ts';
import { Mistake } from '../linkback/mistake.ts';
import { copyToPostgres, type CopiedRows } from '../store/copy.ts';
import { showProgress } from './progress.ts';
import { columns, dryRunOption, jsonOption, say, type ChangingOptions, type Said } from './verb.ts';

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url));

type MigrateToOptions = ChangingOptions & { readonly replace?: boolean };

/** Adds the verb `migrate-to`. */
export function addMigrateToVerb(program: Command): void {
  program
    .command('migrate-to')
    .description(
      'Copy the SQLite database to PostgreSQL, beside the running service; again, to copy what has changed since.',
    )
    .argument('<address>', 'the PostgreSQL database, as postgres://USER@HOST/DATABASE')
    .option('--replace', 'overwrite what others have written there')
    .option(...dryRunOption)
    .option(...jsonOption)
    .action((address: string, options: MigrateToOptions) => say(options, () => migrateTo(address, options)));
}

async function migrateTo(
  address: string,
  { json = false, dryRun = false, replace = false }: MigrateToOptions,
): Promise<Said> {
  const { database } = readConfig(readEnvironment());
  if (database.kind !== 'sqlite')
    throw new Mistake(
      'DATABASE_URL names the database to copy: a SQLite file, as in sqlite:data/linkbackd.db.',
    );
  const { file } = database;
  const url = readAddress(address);
  const progress = json ? undefined : showProgress();
  try {
    const tables = await copyToPostgres({
      file,
      to: { url },
      migrations,
      isDryRun: dryRun,
      replaces: replace,
      tell: ({ step, table, done, total }) => progress?.tell(step, table, done, total),
    });
    return { json: { isDryRun: dryRun, tables }, text: inWords(tables, dryRun) };
  } finally {
    progress?.end();
  }
}

function readAddress(text: string): string {
  const isAddress = /^postgres(?:ql)?:\/\//u.test(text) && URL.canParse(text);
  if (isAddress) return text;
  // What was typed may hold a password.
  throw new Mistake('The address of the PostgreSQL database must be like postgres://USER@HOST/DATABASE.');
}

function inWords(tables: readonly CopiedRows[], isDryRun: boolean): string {
  const rows = tables.map(({ name, hash, ...counts }) => [
    name,
    String(counts.rows),
    `+${counts.added}`,
    `~${counts.changed}`,
    `-${counts.removed}`,
    hash?.slice(0, 12) ?? '',
  ]);
  const head = ['table', 'rows', 'added', 'changed', 'removed', isDryRun ? '' : 'hash'];
  const end = isDryRun
    ? 'Nothing was copied: this is what would be.'
    : 'All tables were read again: both sides have the same rows.\n' +
      'To move: stop the service, run this once more, and start with DATABASE_URL set to the PostgreSQL database.';
  return `${columns([head, ...rows])}\n${end}`;
}
