import { answerParent } from '../program.ts';
import { makeReadPage } from './page.ts';
import { openRows } from './rows.ts';

export type Verifications = { readonly sources: readonly string[]; readonly target: string };
export type Verified = { readonly perSecond: number };

const atOnce = 64;

/** The limit of P3: a loop of a request, one pass over the page, and one row in a transaction with others. */
const [file = '', dns = ''] = process.argv.slice(2);
const rows = await openRows(file);
const readPage = makeReadPage(dns);

answerParent({}, async ({ sources, target }: Verifications): Promise<Verified> => {
  const startedAt = performance.now();
  let at = 0;
  const loop = async (): Promise<void> => {
    for (let source = sources[at++]; source !== undefined; source = sources[at++]) {
      await readPage(source, target);
      await rows.file(new URL(source), new URL(target), 'pingback');
    }
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  return { perSecond: (sources.length / (performance.now() - startedAt)) * 1000 };
});
