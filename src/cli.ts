#!/usr/bin/env node
import './runtime.ts';
import { Command } from 'commander';
import { addMigrateVerbs } from './cli/migrate.ts';
import { addMigrateToVerb } from './cli/migrate-to.ts';
import { addSiteVerbs } from './cli/site.ts';
import { addTokenVerbs } from './cli/token.ts';
import { readVersion } from './config.ts';

const program = new Command('linkbackd')
  .description('Receives, verifies, moderates and displays linkbacks: Pingback, TrackBack and Webmention.')
  .version(readVersion())
  .showHelpAfterError()
  // 2 says "wrong use", 1 that the work itself failed.
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : 2);
  });

program
  .command('serve')
  .description('Serve, and do the background work. Settings come from the environment and .env.')
  .option('--no-work', 'leave the background work to `linkbackd work` (PostgreSQL)')
  .action(async ({ work }: { readonly work: boolean }) => {
    const { serve } = await import('./serving.ts');
    await serve(work ? 'both' : 'serve');
  });

program
  .command('work')
  .description(
    'Do the background work only: any number of processes, on any number of machines (PostgreSQL).',
  )
  .action(async () => {
    const { serve } = await import('./serving.ts');
    await serve('work');
  });

addMigrateVerbs(program);
addMigrateToVerb(program);
addSiteVerbs(program);
addTokenVerbs(program);

await program.parseAsync();
