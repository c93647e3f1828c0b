import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Halt } from '../linkback/halt.ts';

/** One numbered step of the schema. Where engines must differ the file's suffix names the engine. */
export type Migration = {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
};

export type AppliedMigration = Pick<Migration, 'number' | 'name' | 'checksum'>;

/** The table that remembers what was applied; runs on both engines. */
export const migrationTable = `CREATE TABLE IF NOT EXISTS migration (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL
)`;

/** Reads the folder's `NNNN-name.sql` files, and `NNNN-name.ENGINE.sql` for one engine only, in order. */
export function readMigrations(folder: string, engine: 'sqlite' | 'postgres'): readonly Migration[] {
  const other = engine === 'sqlite' ? 'postgres' : 'sqlite';
  return readdirSync(folder)
    .filter((file) => /^\d{4}-.*\.sql$/u.test(file) && !file.endsWith(`.${other}.sql`))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(folder, file), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return {
        number: Number(file.slice(0, 4)),
        name: file.slice(5).replace(/(\.\w+)?\.sql$/u, ''),
        sql,
        checksum,
      };
    });
}

/**
 * Tells which steps are still to be taken.
 *
 * Throws: {@link Halt} when the database is newer than this program, or was made by other files.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const newest = known.at(-1)?.number ?? 0;
  const newer = applied.find((each) => each.number > newest);
  if (newer !== undefined) {
    throw new Halt(
      `The database is from a newer linkbackd: it has schema ${newer.number} (${newer.name}), this program knows ${newest}.`,
      'Install the newer version again, or restore a backup that was made before the upgrade.',
    );
  }
  for (const each of applied) {
    const file = known.find((migration) => migration.number === each.number);
    if (file?.checksum === each.checksum) continue;
    throw new Halt(
      `The database was made by another migrations/${String(each.number).padStart(4, '0')}-${each.name}.sql than the one here.`,
      'Restore the migrations folder as it was released; applied migrations never change.',
    );
  }
  return known.filter((migration) => !applied.some((each) => each.number === migration.number));
}
