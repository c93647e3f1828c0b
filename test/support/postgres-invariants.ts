import {
  brokenHistories,
  histories,
  neverFound,
  neverFoundBeside,
  type Move,
  type Stored,
} from './invariants.ts';
import { statement } from './postgres.ts';

const neverFoundOnPostgres: Readonly<Record<string, string>> = {
  'a job whose lease ran out, and that nobody took up':
    "SELECT linkback_id AS id FROM job WHERE state = 'leased' AND lease_until < extract(epoch FROM clock_timestamp()) * 1000 - 5000",
  'a constraint that does not hold for all': 'SELECT conname AS id FROM pg_constraint WHERE NOT convalidated',
};

/** Looks through a database for what must never be there, as `findViolations` does on SQLite. */
export async function findViolationsAt(url: string): Promise<string[]> {
  const found: string[] = [];
  const all = { ...neverFoundOnPostgres, ...neverFound, ...neverFoundBeside };
  for (const [what, text] of Object.entries(all)) {
    for (const { id } of await statement<{ id: string }>(url, text)) found.push(`${what}: ${id}`);
  }
  const moves = await statement<Move>(url, histories.moves);
  return [...found, ...brokenHistories(moves, await statement<Stored>(url, histories.stored))];
}

/**
 * Looks for work that was not done exactly once, when no job is left: linkbacks that are not verified by one event, or,
 * where all are public, not published once.
 */
export async function findUnequalEffects(url: string): Promise<string[]> {
  const rows = await statement<{ id: string; verified: number; published: number; jobs: number }>(
    url,
    `SELECT id,
       (SELECT count(*) FROM event WHERE linkback_id = linkback.id AND to_state = 'verified') AS verified,
       (SELECT count(*) FROM publication WHERE linkback_id = linkback.id) AS published,
       (SELECT count(*) FROM job WHERE linkback_id = linkback.id) AS jobs
     FROM linkback`,
  );
  return rows
    .filter(({ verified, published, jobs }) => verified !== 1 || published !== 1 || jobs !== 0)
    .map((row) => JSON.stringify(row));
}
