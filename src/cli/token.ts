import { Option, type Command } from 'commander';
import { Mistake } from '../linkback/mistake.ts';
import { scopes, type Scope, type Token } from '../linkback/owner-ports.ts';
import { issueToken } from '../moderation/token.ts';
import { toTokenJson } from '../moderation/tokens.ts';
import { withStore, type Opened } from './opened.ts';
import { columns, dryRunOption, jsonOption, say, type ChangingOptions, type Said } from './verb.ts';

type AddOptions = ChangingOptions & {
  readonly scope: readonly Scope[];
  readonly site?: string;
  readonly expires?: string;
};

/** Adds the verbs `token add`, `token list` and `token revoke`. */
export function addTokenVerbs(program: Command): void {
  const token = program.command('token').description('Who may use the moderation page and the API.');
  token
    .command('add')
    .description('Make a token; it is shown this once.')
    .argument('<name>', 'stands in the events of what it is used for')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(scopes).makeOptionMandatory())
    .option('--site <name>', 'the one site it is for')
    .option('--expires <time>', 'when it ends, such as 2027-01-31')
    .option(...dryRunOption)
    .option(...jsonOption)
    .action((name: string, options: AddOptions) =>
      say(options, () => withStore((opened) => addToken(name, options, opened))),
    );
  token
    .command('list')
    .description('List the tokens, without the one of the settings.')
    .option(...jsonOption)
    .action((options: ChangingOptions) => say(options, () => withStore(listTokens)));
  token
    .command('revoke')
    .description('End a token at once, with every session that came in with it.')
    .argument('<id>', 'its id, or its name where no other has it')
    .option(...dryRunOption)
    .option(...jsonOption)
    .action((id: string, options: ChangingOptions) =>
      say(options, () => withStore((opened) => revokeToken(id, options, opened))),
    );
}

async function addToken(name: string, options: AddOptions, opened: Opened): Promise<Said> {
  const { scope, site = null, expires, dryRun = false } = options;
  const { store, directory, newId, now } = opened;
  if (name.length < 1 || name.length > 100) throw new Mistake('A name has 1 to 100 characters.');
  if (site !== null && directory.siteOf(site) === undefined) throw new Mistake(`There is no site "${site}".`);
  const draft = { name, scopes: scope, site, expiresAt: expires === undefined ? null : readTime(expires) };
  const { token, stored } = issueToken(draft, newId(), now());
  if (dryRun) return { json: toTokenJson(stored, null), text: `A token "${name}" would be made.` };
  await store.saveToken(stored);
  const text = `${token}\nKeep it safe: it is stored as a digest only, and not shown again.`;
  return { json: { ...toTokenJson(stored, null), token }, text };
}

function readTime(text: string): number {
  const at = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/u.test(text) && !Number.isNaN(at)) return at;
  throw new Mistake(`"${text}" is no time, such as 2027-01-31 or 2027-01-31T12:00:00Z.`);
}

async function listTokens({ store }: Opened): Promise<Said> {
  const tokens = await store.tokens();
  const rows = tokens.map(({ id, name, scopes: held, site, expiresAt, lastUsedAt }) => [
    id,
    name,
    held.join(','),
    site ?? 'all sites',
    expiresAt === null ? 'does not end' : `ends ${new Date(expiresAt).toISOString()}`,
    lastUsedAt === null ? 'never used' : `used ${new Date(lastUsedAt).toISOString()}`,
  ]);
  const text = rows.length === 0 ? 'There is no token.' : columns(rows);
  return { json: tokens.map((token) => toTokenJson(token, null)), text };
}

async function revokeToken(
  id: string,
  { dryRun = false }: ChangingOptions,
  { store }: Opened,
): Promise<Said> {
  const token = findToken(id, await store.tokens());
  if (!dryRun) await store.deleteToken(token.id);
  const text = dryRun ? `The token "${token.name}" would end.` : `The token "${token.name}" has ended.`;
  return { json: toTokenJson(token, null), text };
}

function findToken(idOrName: string, tokens: readonly Token[]): Token {
  const byId = tokens.find(({ id }) => id === idOrName);
  const [byName, ...more] = tokens.filter(({ name }) => name === idOrName);
  if (byId !== undefined) return byId;
  if (more.length > 0) throw new Mistake(`Several tokens are named "${idOrName}": say which by its id.`);
  if (byName !== undefined) return byName;
  throw new Mistake(`There is no token "${idOrName}".`, 409);
}
