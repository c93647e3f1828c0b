import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requirements, type Requirement } from '../test/conformance/requirements.ts';

/** Writes docs/conformance.md: which requirement of which specification has which proof. */

const root = new URL('..', import.meta.url).pathname;
const page = join(root, 'docs/conformance.md');

type Proof = { readonly file: string; readonly title: string };

/** The proofs of each requirement: titles of tests with its number in brackets. */
function findProofs(): ReadonlyMap<string, readonly Proof[]> {
  const proofs = new Map<string, Proof[]>();
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  );
  for (const file of files.sort()) {
    const text = readFileSync(join(root, 'test', file), 'utf8');
    for (const [, ids = '', title = ''] of text.matchAll(
      /['"`]\[((?:R|S|WR|TB )[\d., RSWTB]*)\] ([^'"`\n]+)['"`]/gu,
    )) {
      for (const id of ids.split(',').map((each) => each.trim())) {
        proofs.set(id, [...(proofs.get(id) ?? []), { file, title }]);
      }
    }
  }
  return proofs;
}

/** The page as it ought to be. */
export function conformancePage(): string {
  const proofs = findProofs();
  const sections = Object.entries(requirements).map(([name, rows]) => {
    const lines = rows.map((row) => `| ${row.id} | ${row.asks} | ${proofOf(row, proofs)} |`);
    return `## ${name}\n\n| | asks | proof |\n|---|---|---|\n${lines.join('\n')}\n`;
  });
  return `# Conformance

Which requirement of which specification has which proof. Made by \`npm run conformance\` from
\`test/conformance/requirements.ts\` and the titles of the tests; a test holds it to them. The sender's requirements come with
the sender.

${sections.join('\n')}`;
}

function proofOf({ id, without }: Requirement, proofs: ReadonlyMap<string, readonly Proof[]>): string {
  const found = proofs.get(id) ?? [];
  if (found.length === 0) return without === undefined ? '**none**' : `none: ${without}`;
  const more = found.length > 3 ? ` and ${found.length - 3} more` : '';
  return `${found
    .slice(0, 3)
    .map(({ file, title }) => `${title} (\`${file}\`)`)
    .join('; ')}${more}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(page, conformancePage());
