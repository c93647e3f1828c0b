/**
 * A program of its own: reads every page of a SQLite database's tables and indexes, and writes what is wrong with the
 * first of them that is damaged; nothing when all are sound. Each table is read as it is at one moment, so that the log
 * of what is written meanwhile need not be kept for long. It lets everybody else go first.
 */
import { setPriority } from 'node:os';
import Database from 'better-sqlite3';

setPriority(19);
const [file = ''] = process.argv.slice(2);
const database = new Database(file, { readonly: true, fileMustExist: true });

function firstFault(): string {
  const tables = database.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck();
  for (const table of tables.all()) {
    const found = String(database.pragma(`quick_check("${table}")`, { simple: true }));
    if (found !== 'ok') return found;
  }
  return '';
}

try {
  process.stdout.write(firstFault());
} catch (error) {
  const isDamage = error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/u.test(error.code);
  if (!isDamage) throw error;
  process.stdout.write(error.message);
}
