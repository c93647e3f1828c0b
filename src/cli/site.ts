import { Argument, Option, type Command } from 'commander';
import { setupOf } from '../display/setup.ts';
import { Mistake } from '../linkback/mistake.ts';
import { assertApart, makeSite } from '../linkback/site-parts.ts';
import { policies, type Policy, type Site } from '../linkback/site.ts';
import { toSiteJson } from '../moderation/site-json.ts';
import { baseUrlOf, withStore, type Opened } from './opened.ts';
import { columns, dryRunOption, jsonOption, say, type ChangingOptions, type Said } from './verb.ts';

type AddOptions = ChangingOptions & { readonly slug?: string; readonly policy?: Policy };

/** Adds the verbs `site add`, `site list` and `site remove`. */
export function addSiteVerbs(program: Command): void {
  const site = program.command('site').description('Whose pages may be targets.');
  site
    .command('add')
    .description('Add a site: a running service takes its pings within half a minute.')
    .addArgument(new Argument('<address...>', 'where its pages are, its own address first, then its aliases'))
    .option('--slug <name>', 'its name, which stands in addresses; else the first label of its host')
    .addOption(
      new Option('--policy <policy>', 'what happens to what nobody has decided on').choices(policies),
    )
    .option(...dryRunOption)
    .option(...jsonOption)
    .action((addresses: readonly string[], options: AddOptions) =>
      say(options, () => withStore((opened) => addSite(addresses, options, opened))),
    );
  site
    .command('list')
    .description('List the sites, those of the settings included.')
    .option(...jsonOption)
    .action((options: ChangingOptions) => say(options, () => withStore(listSites)));
  site
    .command('remove')
    .description('Remove a site; its linkbacks stay.')
    .argument('<name>', 'its name')
    .option(...dryRunOption)
    .option(...jsonOption)
    .action((name: string, options: ChangingOptions) =>
      say(options, () => withStore((opened) => removeSite(name, options, opened))),
    );
}

async function addSite(addresses: readonly string[], options: AddOptions, opened: Opened): Promise<Said> {
  const { slug, policy, dryRun = false } = options;
  const { config, store, directory } = opened;
  const draft = {
    addresses,
    ...(slug === undefined ? {} : { slug }),
    ...(policy === undefined ? {} : { policy }),
  };
  const site = makeSite(draft, config.usualChoices);
  assertApart(site, directory.sites());
  if (!dryRun) await store.saveSite(site);
  const where = `${baseUrlOf(config)}/setup?target=${encodeURIComponent(site.addresses[0].href)}`;
  const text = dryRun
    ? `The site "${site.slug}" would be added.`
    : `The site "${site.slug}" is added. What to paste into its pages: ${where}`;
  return { json: toJson(site, opened), text };
}

async function listSites({ directory, ...opened }: Opened): Promise<Said> {
  const sites = directory.sites();
  const rows = sites.map(({ slug, addresses, policy }) => [
    slug,
    policy,
    addresses.map(({ href }) => href).join(' '),
    directory.isConfigured(slug) ? '(from the settings)' : '',
  ]);
  const text = rows.length === 0 ? 'There is no site yet.' : columns(rows);
  return { json: sites.map((site) => toJson(site, { directory, ...opened })), text };
}

async function removeSite(name: string, { dryRun = false }: ChangingOptions, opened: Opened): Promise<Said> {
  const { store, directory } = opened;
  const site = directory.siteOf(name);
  if (site === undefined) throw new Mistake(`There is no site "${name}".`, 409);
  if (directory.isConfigured(name))
    throw new Mistake(`The site "${name}" stands in the settings, and can be removed there only.`, 409);
  if (!dryRun) await store.deleteSite(name);
  const text = dryRun ? `The site "${name}" would be removed.` : `The site "${name}" is removed.`;
  return { json: toJson(site, opened), text };
}

function toJson(site: Site, { config, directory }: Opened): unknown {
  const base = baseUrlOf(config);
  return toSiteJson(site, directory.isConfigured(site.slug), (each) =>
    setupOf(each, each.addresses[0], each.slug, base),
  );
}
