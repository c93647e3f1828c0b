import { Halt } from '../linkback/halt.ts';
import { Mistake } from '../linkback/mistake.ts';
import { Unavailable } from '../linkback/unavailable.ts';

/** What every verb takes. */
export type VerbOptions = {
  /** Whether a script reads along. */
  readonly json?: boolean;
};

export type ChangingOptions = VerbOptions & {
  /** Whether to say only what would be done. */
  readonly dryRun?: boolean;
};

export const jsonOption = ['--json', 'say it in JSON, for scripts'] as const;
export const dryRunOption = ['--dry-run', 'say what would be done, and do nothing'] as const;

/** What a verb has to say: for scripts, and for people. */
export type Said = { readonly json: unknown; readonly text: string };

/**
 * Says what some work gives on standard output, and what went wrong on standard error.
 *
 * Exit codes: 0 done, 1 it failed, 2 wrong use.
 */
export async function say(options: VerbOptions, work: () => Promise<Said>): Promise<void> {
  try {
    const { json, text } = await work();
    process.stdout.write(options.json === true ? `${JSON.stringify(json)}\n` : `${text}\n`);
  } catch (error) {
    const { code, sentence } = explained(error);
    process.stderr.write(`${sentence}\n`);
    process.exitCode = code;
  }
}

function explained(error: unknown): { readonly code: number; readonly sentence: string } {
  if (error instanceof Mistake) return { code: error.statusCode === 400 ? 2 : 1, sentence: error.message };
  if (error instanceof Halt) return { code: 1, sentence: `${error.message}\n${error.remedy}` };
  if (error instanceof Unavailable)
    return { code: 1, sentence: 'The database cannot be written at the moment; try again later.' };
  throw error;
}

/** Rows of a table as lines, its columns below one another. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}
