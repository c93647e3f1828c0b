#!/usr/bin/env node
import './runtime.ts';
import { Command } from 'commander';
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
  .action(async () => {
    await import('./main.ts');
  });

addSiteVerbs(program);
addTokenVerbs(program);

await program.parseAsync();
