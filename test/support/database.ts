import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Where a service under test keeps its database. */
export function databaseIn(folder: string): string {
  return join(folder, 'linkbackd.db');
}

/** Reads rows past the service, which may run meanwhile. */
export function readRows<Row>(folder: string, statement: string): Row[] {
  const database = new Database(databaseIn(folder), { readonly: true });
  try {
    return database.prepare<[], Row>(statement).all();
  } finally {
    database.close();
  }
}

/** Makes the job of a source due now, beside the running service: as if all that time had passed. */
export function makeJobDue(folder: string, source: string): void {
  const database = new Database(databaseIn(folder), { timeout: 5000 });
  try {
    const { changes } = database
      .prepare(
        "UPDATE job SET due_at = 1 WHERE state = 'waiting' AND linkback_id IN (SELECT id FROM linkback WHERE source = ?)",
      )
      .run(source);
    if (changes !== 1) throw new Error(`${changes} jobs wait for ${source}`);
  } finally {
    database.close();
  }
}
